package proxies

import (
	"bufio"
	"context"
	"encoding/json"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// backend is a gateway with a witness between it and a sandbox of its own.
type backend struct {
	gateway, sandbox string
	witness          *witness
	log              string
}

// upiTimeout is longer than the longest deadline of the matrix and its longest answer, and short since some faults take
// all of it.
const upiTimeout = "4s"

// startBackend takes settings of the gateway.
func startBackend(t *testing.T, breaks bool, settings ...string) backend {
	t.Helper()
	folder := t.TempDir()
	sandbox := says(t, filepath.Join(folder, "sandbox.log"), "sandbox listening on http://",
		"sandbox", "--dir", folder, "--listen", "127.0.0.1:0")
	witness := startWitness(t, sandbox, breaks)
	log := filepath.Join(folder, "gateway.log")
	arguments := []string{"serve", "--config", filepath.Join(folder, "idphoto.toml"), "--listen", "127.0.0.1:0",
		"--set", "upi.base_url=http://" + witness.address(),
		"--set", "upi.timeout=" + upiTimeout, "--set", "upi.connect_timeout=1s",
		"--set", "telemetry.log_level=debug", "--set", "server.drain_delay=0s"}
	for _, setting := range settings {
		arguments = append(arguments, "--set", setting)
	}
	gateway := says(t, log, "gRPC listening on ", arguments...)
	return backend{gateway, sandbox, witness, log}
}

// says starts idphoto with a log in this file, and gives what follows these words in its first lines.
func says(t *testing.T, log, words string, arguments ...string) string {
	t.Helper()
	_, said := started(t, log, words, arguments...)
	return said
}

// started is the same with the process.
func started(t *testing.T, log, words string, arguments ...string) (*exec.Cmd, string) {
	t.Helper()
	command := run(t, "IDPHOTO_BIN", arguments...)
	file, err := os.Create(log)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = file.Close() })
	command.Stderr = file
	output, err := command.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := command.Start(); err != nil {
		t.Fatal(err)
	}
	lines := bufio.NewScanner(output)
	for lines.Scan() {
		if found, is := strings.CutPrefix(lines.Text(), words); is {
			return command, found
		}
	}
	said, _ := os.ReadFile(log)
	t.Fatalf("%s ended before it listened; it said: %s", arguments[0], said)
	return nil, ""
}

// received is the sandbox's own count of requests by order.
func (b backend) received(t *testing.T) map[string]int {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+b.sandbox+"/orders", nil)
	if err != nil {
		t.Fatal(err)
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	var told struct {
		Orders map[string]struct{ Posts, Refused int }
	}
	if err := json.NewDecoder(response.Body).Decode(&told); err != nil {
		t.Fatal(err)
	}
	counts := map[string]int{}
	for order, post := range told.Orders {
		counts[order] = post.Posts + post.Refused
	}
	return counts
}
