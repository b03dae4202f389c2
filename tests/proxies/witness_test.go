package proxies

import (
	"bufio"
	"bytes"
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
	breaks   bool
	listener net.Listener
	mutex    sync.Mutex
	whole    map[string]int
	open     map[net.Conn]bool
	ended    sync.WaitGroup
}

// startWitness breaks its connections in all ways where it is told to: see breaking.
func startWitness(t *testing.T, upi string, breaks bool) *witness {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	w := &witness{upi: upi, breaks: breaks, listener: listener, whole: map[string]int{}, open: map[net.Conn]bool{}}
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
	for number := 0; ; number++ {
		gateway, err := w.listener.Accept()
		if err != nil {
			return
		}
		upi, err := net.Dial("tcp", w.upi)
		if err != nil {
			_ = gateway.Close()
			continue
		}
		way := steady
		if w.breaks {
			way = breaking[number%len(breaking)]
		}
		w.ended.Go(func() { w.pass(gateway.(*net.TCPConn), upi.(*net.TCPConn), way) })
	}
}

// pass hands on bytes both ways, and an end as it came: in order or by a reset.
func (w *witness) pass(gateway, upi *net.TCPConn, way way) {
	w.remember(gateway, upi)
	defer w.forget(gateway, upi)
	var answers sync.WaitGroup
	answers.Go(func() {
		if _, err := io.Copy(gateway, way.answers(upi)); errors.Is(err, syscall.ECONNRESET) {
			reset(gateway)
		}
		if _ = gateway.CloseWrite(); way.linger != never {
			_ = gateway.Close()
		}
	})
	w.requests(way.requests(gateway), upi, way)
	if way.resets {
		reset(gateway)
	}
	_ = upi.Close()
	answers.Wait()
}

func reset(connection *net.TCPConn) {
	_ = connection.SetLinger(0)
	_ = connection.Close()
}

var orderID = regexp.MustCompile(`"orderID":"([^"]{35})"`)

// requests hands on whole requests. Each is counted before, so that no answer can be seen earlier than its request.
func (w *witness) requests(gateway io.Reader, upi io.Writer, way way) {
	var raw bytes.Buffer
	reader := bufio.NewReader(io.TeeReader(gateway, &raw))
	for {
		request, err := http.ReadRequest(reader)
		if err != nil {
			return
		}
		body, err := io.ReadAll(request.Body)
		if err != nil {
			return
		}
		var order string
		if found := orderID.FindSubmatch(body); found != nil {
			order = string(found[1])
		}
		w.count(order, 1)
		if way.swallows {
			return
		}
		if _, err := raw.WriteTo(upi); err != nil {
			w.count(order, -1)
			return
		}
	}
}

func (w *witness) count(order string, more int) {
	w.mutex.Lock()
	defer w.mutex.Unlock()
	w.whole[order] += more
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
