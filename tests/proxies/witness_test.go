package proxies

import (
	"bufio"
	"errors"
	"io"
	"net"
	"net/http"
	"regexp"
	"sync"
	"syscall"
	"testing"
)

// witness stands between gateway and sandbox, and counts each request for an order that went through it whole. It sees
// bytes only, so what it says does not depend on what gateway or sandbox believe.
type witness struct {
	upi      string
	listener net.Listener
	mutex    sync.Mutex
	whole    map[string]int
	open     map[net.Conn]bool
	ended    sync.WaitGroup
}

func startWitness(t *testing.T, upi string) *witness {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	w := &witness{upi: upi, listener: listener, whole: map[string]int{}, open: map[net.Conn]bool{}}
	w.ended.Go(w.accept)
	t.Cleanup(w.close)
	return w
}

func (w *witness) address() string { return w.listener.Addr().String() }

// received is how many whole requests there were for this order.
func (w *witness) received(order string) int {
	w.mutex.Lock()
	defer w.mutex.Unlock()
	return w.whole[order]
}

func (w *witness) accept() {
	for {
		gateway, err := w.listener.Accept()
		if err != nil {
			return
		}
		upi, err := net.Dial("tcp", w.upi)
		if err != nil {
			_ = gateway.Close()
			continue
		}
		w.ended.Go(func() { w.pass(gateway.(*net.TCPConn), upi.(*net.TCPConn)) })
	}
}

// pass hands on bytes both ways, and an end as it came: in order or by a reset.
func (w *witness) pass(gateway, upi *net.TCPConn) {
	w.remember(gateway, upi)
	defer w.forget(gateway, upi)
	seen, see := io.Pipe()
	var threads sync.WaitGroup
	threads.Go(func() { w.count(seen) })
	threads.Go(func() {
		if _, err := io.Copy(gateway, upi); errors.Is(err, syscall.ECONNRESET) {
			_ = gateway.SetLinger(0)
			_ = gateway.Close()
		}
		_ = gateway.CloseWrite()
	})
	// The sandbox comes first: what could not be handed to it was not received.
	_, _ = io.Copy(io.MultiWriter(upi, see), gateway)
	_ = upi.Close()
	_ = see.Close()
	threads.Wait()
}

var orderID = regexp.MustCompile(`"orderID":"([^"]{35})"`)

func (w *witness) count(seen *io.PipeReader) {
	reader := bufio.NewReader(seen)
	for {
		request, err := http.ReadRequest(reader)
		if err != nil {
			break
		}
		body, err := io.ReadAll(request.Body)
		if err != nil {
			break
		}
		if found := orderID.FindSubmatch(body); found != nil {
			w.mutex.Lock()
			w.whole[string(found[1])]++
			w.mutex.Unlock()
		}
	}
	// The pipe must never hold up the connection.
	_, _ = io.Copy(io.Discard, seen)
}

func (w *witness) remember(connections ...net.Conn) {
	w.mutex.Lock()
	defer w.mutex.Unlock()
	for _, connection := range connections {
		w.open[connection] = true
	}
}

func (w *witness) forget(connections ...net.Conn) {
	w.mutex.Lock()
	defer w.mutex.Unlock()
	for _, connection := range connections {
		_ = connection.Close()
		delete(w.open, connection)
	}
}

func (w *witness) close() {
	_ = w.listener.Close()
	w.mutex.Lock()
	for connection := range w.open {
		_ = connection.Close()
	}
	w.mutex.Unlock()
	w.ended.Wait()
}
