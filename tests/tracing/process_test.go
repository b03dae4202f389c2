package tracing

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

// patience is the longest wait for something that must come.
const patience = 30 * time.Second

// process is a running idphoto that exports to a collector.
type process struct {
	command *exec.Cmd
	lines   chan string
	stderr  bytes.Buffer
	// stop ends it by SIGTERM and waits, so that it exports what it still has.
	stop func() error
}

func start(t *testing.T, c *collector, args ...string) *process {
	t.Helper()
	path := os.Getenv("IDPHOTO_BIN")
	if path == "" {
		t.Fatal("IDPHOTO_BIN must name the gateway's binary, for example target/debug/idphoto")
	}
	ctx, cancel := context.WithCancel(context.Background())
	p := &process{command: exec.CommandContext(ctx, path, args...), lines: make(chan string, 100)}
	p.command.Env = environment(c)
	p.command.Stderr = &p.stderr
	p.command.Cancel = func() error { return p.command.Process.Signal(syscall.SIGTERM) }
	p.command.WaitDelay = patience
	stdout, err := p.command.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := p.command.Start(); err != nil {
		t.Fatal(err)
	}
	p.stop = sync.OnceValue(func() error {
		cancel()
		// Cancelled, and then a good exit: that is how this error comes about.
		if err := p.command.Wait(); !errors.Is(err, context.Canceled) {
			return err
		}
		return nil
	})
	t.Cleanup(func() { _ = p.stop() })
	go p.read(bufio.NewScanner(stdout))
	return p
}

// environment is the present one without what could configure idphoto otherwise.
func environment(c *collector) []string {
	// The admin port is a fixed one by default, and several gateways run at once.
	variables := []string{"IDPHOTO_ADMIN__LISTEN=none", "OTEL_EXPORTER_OTLP_ENDPOINT=http://" + c.address}
	for _, variable := range os.Environ() {
		if !strings.HasPrefix(variable, "IDPHOTO_") && !strings.HasPrefix(variable, "OTEL_") {
			variables = append(variables, variable)
		}
	}
	return variables
}

func (p *process) read(stdout *bufio.Scanner) {
	for stdout.Scan() {
		select {
		case p.lines <- stdout.Text():
		default:
		}
	}
	close(p.lines)
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
				_ = p.stop()
				t.Fatalf("ended without %q; it said: %s", beginning, p.stderr.String())
			}
		case <-late:
			_ = p.stop()
			t.Fatalf("no %q within %v; it said: %s", beginning, patience, p.stderr.String())
		}
	}
}

func (p *process) end(t *testing.T) {
	t.Helper()
	if err := p.stop(); err != nil {
		t.Fatalf("ended by SIGTERM with %v; it said: %s", err, p.stderr.String())
	}
}

// estate is a gateway and the sandbox behind it, a process each.
type estate struct {
	gateway, sandbox *process
	address          string
}

func startEstate(t *testing.T, c *collector, settings ...string) *estate {
	t.Helper()
	folder := filepath.Join(t.TempDir(), "upi")
	sandbox := start(t, c, "sandbox", "--dir", folder)
	sandbox.line(t, "sandbox listening on ")
	args := []string{"serve", "--listen", "127.0.0.1:0", "--config", filepath.Join(folder, "idphoto.toml"), "--set", "server.drain_delay=0s"}
	for _, setting := range settings {
		args = append(args, "--set", setting)
	}
	gateway := start(t, c, args...)
	return &estate{gateway, sandbox, gateway.line(t, "gRPC listening on ")}
}

// end ends both. Everything is exported then.
func (e *estate) end(t *testing.T) {
	t.Helper()
	e.gateway.end(t)
	e.sandbox.end(t)
}
