package conformance

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

// patience is the longest wait for something that must come.
const patience = 30 * time.Second

const noGateway = "runs against the gateway's binary: cargo build --release, and then IDPHOTO_BIN=$PWD/target/release/idphoto go test ./..."

// process is a running idphoto and the lines of its standard output.
type process struct {
	command *exec.Cmd
	lines   chan string
	stderr  bytes.Buffer
}

func binary(t *testing.T) string {
	t.Helper()
	path := os.Getenv("IDPHOTO_BIN")
	if path == "" && os.Getenv("REQUIRE_GATEWAY") == "1" {
		t.Fatal(noGateway)
	}
	if path == "" {
		t.Skip(noGateway)
	}
	if _, err := os.Stat(path); err != nil {
		t.Fatalf("IDPHOTO_BIN names no file: %v", err)
	}
	return path
}

func start(t *testing.T, args ...string) *process {
	t.Helper()
	p := &process{command: exec.Command(binary(t), args...), lines: make(chan string, 100)}
	for _, variable := range os.Environ() {
		if !strings.HasPrefix(variable, "IDPHOTO_") {
			p.command.Env = append(p.command.Env, variable)
		}
	}
	// Its port is a fixed one by default, and several gateways run at once.
	p.command.Env = append(p.command.Env, "IDPHOTO_ADMIN__LISTEN=none")
	p.command.Stderr = &p.stderr
	stdout, err := p.command.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := p.command.Start(); err != nil {
		t.Fatal(err)
	}
	go func() {
		for scanner := bufio.NewScanner(stdout); scanner.Scan(); {
			select {
			case p.lines <- scanner.Text():
			default:
			}
		}
		close(p.lines)
	}()
	return p
}

// line is the rest of the first line that begins so.
func (p *process) line(t *testing.T, beginning string) string {
	t.Helper()
	late := time.After(patience)
	for {
		select {
		case line, ok := <-p.lines:
			if rest, found := strings.CutPrefix(line, beginning); found {
				return strings.TrimSpace(rest)
			}
			if !ok {
				p.kill()
				t.Fatalf("ended without %q; it said: %s", beginning, p.stderr.String())
			}
		case <-late:
			p.kill()
			t.Fatalf("no %q within %v; it said: %s", beginning, patience, p.stderr.String())
		}
	}
}

func (p *process) kill() {
	// Both fail only when it has ended already.
	_ = p.command.Process.Kill()
	_ = p.command.Wait()
}

// gateway is idphoto serve, with its sandbox unless UPI is gone.
type gateway struct {
	args    []string
	address string

	mutex   sync.Mutex
	process *process
	upi     string
}

func startGateway(t *testing.T, spec backendSpec, folder string) *gateway {
	t.Helper()
	g := &gateway{args: []string{"serve", "--sandbox"}}
	if spec.UPI == "gone" {
		sandbox := start(t, "sandbox", "--dir", folder+"/upi")
		sandbox.line(t, "sandbox listening on ")
		sandbox.kill()
		g.args = []string{"serve", "--config", folder + "/upi/idphoto.toml"}
	}
	for _, setting := range spec.Set {
		g.args = append(g.args, "--set", setting)
	}
	if spec.TLS != "" {
		g.args = append(g.args, "--set", "server.tls.cert_file="+folder+"/server.pem", "--set", "server.tls.key_file="+folder+"/server.key")
	}
	if spec.TLS == "mutual" {
		g.args = append(g.args, "--set", "server.tls.client_ca_file="+folder+"/ca.pem")
	}
	g.start(t, "127.0.0.1:0")
	return g
}

func (g *gateway) start(t *testing.T, listen string) {
	t.Helper()
	p := start(t, append(g.args, "--listen", listen)...)
	upi := ""
	if g.args[1] == "--sandbox" {
		upi = p.line(t, "sandbox listening on ")
	}
	g.address = p.line(t, "gRPC listening on ")
	g.mutex.Lock()
	defer g.mutex.Unlock()
	g.process, g.upi = p, upi
}

func (g *gateway) terminate() error {
	return g.process.command.Process.Signal(syscall.SIGTERM)
}

func (g *gateway) restart(t *testing.T) error {
	if err := g.terminate(); err != nil {
		return err
	}
	var exit *exec.ExitError
	if err := g.process.command.Wait(); errors.As(err, &exit) {
		return fmt.Errorf("a drained gateway ended with %w", err)
	}
	g.start(t, g.address)
	return nil
}

func (g *gateway) close() { g.process.kill() }

// kill leaves nobody to ask for orders.
func (g *gateway) kill() {
	g.process.kill()
	g.mutex.Lock()
	defer g.mutex.Unlock()
	g.upi = ""
}

type postCounts struct{ Posts, Refused int }

// orders is what the sandbox received, by order id.
func (g *gateway) orders() (map[string]postCounts, error) {
	g.mutex.Lock()
	upi := g.upi
	g.mutex.Unlock()
	if upi == "" {
		return nil, nil
	}
	response, err := http.Get(upi + "/orders")
	if err != nil {
		return nil, err
	}
	defer response.Body.Close()
	var body struct{ Orders map[string]postCounts }
	err = json.NewDecoder(response.Body).Decode(&body)
	return body.Orders, err
}
