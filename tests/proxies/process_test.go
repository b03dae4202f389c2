package proxies

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

// patience is how long anything may take to come up or to end.
const patience = 60 * time.Second

// run starts a program, which ends with the test.
func run(t *testing.T, variable string, arguments ...string) *exec.Cmd {
	t.Helper()
	path := os.Getenv(variable)
	if path == "" {
		t.Fatalf("%s must name a binary; make test-proxies sets it", variable)
	}
	command := exec.Command(path, arguments...)
	for _, entry := range os.Environ() {
		if !strings.HasPrefix(entry, "IDPHOTO_") {
			command.Env = append(command.Env, entry)
		}
	}
	// Its port is a fixed one by default.
	command.Env = append(command.Env, "IDPHOTO_ADMIN__LISTEN=none")
	command.WaitDelay = patience
	t.Cleanup(func() {
		_ = command.Process.Signal(syscall.SIGTERM)
		_ = command.Wait()
	})
	return command
}

// startGateway gives the address of a gateway with a sandbox behind it.
func startGateway(t *testing.T) string {
	t.Helper()
	log := filepath.Join(t.TempDir(), "gateway.log")
	return says(t, log, "gRPC listening on ", "serve", "--sandbox", "--listen", "127.0.0.1:0")
}

// envoyConfig takes the gateway's host and port. One connection to the gateway is all that it makes with one thread.
const envoyConfig = `
admin: {address: {socket_address: {address: 127.0.0.1, port_value: 0}}}
static_resources:
  listeners:
  - name: calls
    address: {socket_address: {address: 127.0.0.1, port_value: 0}}
    filter_chains:
    - filters:
      - name: envoy.filters.network.http_connection_manager
        typed_config:
          "@type": type.googleapis.com/envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager
          stat_prefix: calls
          codec_type: HTTP2
          route_config:
            virtual_hosts:
            - name: gateway
              domains: ["*"]
              routes:
              - match: {prefix: "/"}
                route: {cluster: gateway, timeout: 0s}
          http_filters:
          - name: envoy.filters.http.router
            typed_config: {"@type": type.googleapis.com/envoy.extensions.filters.http.router.v3.Router}
  clusters:
  - name: gateway
    type: STATIC
    circuit_breakers: {thresholds: [{max_requests: 10000, max_pending_requests: 10000}]}
    typed_extension_protocol_options:
      envoy.extensions.upstreams.http.v3.HttpProtocolOptions:
        "@type": type.googleapis.com/envoy.extensions.upstreams.http.v3.HttpProtocolOptions
        explicit_http_config: {http2_protocol_options: {max_concurrent_streams: 2048}}
    load_assignment:
      cluster_name: gateway
      endpoints:
      - lb_endpoints:
        - endpoint: {address: {socket_address: {address: %s, port_value: %s}}}
`

// startEnvoy gives the address of an Envoy in front of the gateway.
func startEnvoy(t *testing.T, gateway string) string {
	t.Helper()
	host, port, found := strings.Cut(gateway, ":")
	if !found {
		t.Fatalf("no address: %s", gateway)
	}
	config := filepath.Join(t.TempDir(), "envoy.yaml")
	if err := os.WriteFile(config, fmt.Appendf(nil, envoyConfig, host, port), 0o600); err != nil {
		t.Fatal(err)
	}
	return envoy(t, config)
}

func envoy(t *testing.T, config string) string {
	t.Helper()
	admin := filepath.Join(t.TempDir(), "admin")
	command := run(t, "ENVOY_BIN", "--config-path", config, "--admin-address-path", admin,
		"--concurrency", "1", "--use-dynamic-base-id", "--log-level", "error")
	if err := command.Start(); err != nil {
		t.Fatal(err)
	}
	return listening(t, admin)
}

// listening is the address of Envoy's listener, which its admin port tells once it is open.
func listening(t *testing.T, admin string) string {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	for ctx.Err() == nil {
		if address, err := os.ReadFile(admin); err == nil {
			if found := listener(ctx, string(address)); found != "" {
				return found
			}
		}
		// Sleeps: between two questions.
		time.Sleep(20 * time.Millisecond)
	}
	t.Fatal("Envoy does not listen")
	return ""
}

func listener(ctx context.Context, admin string) string {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+admin+"/listeners?format=json", nil)
	if err != nil {
		return ""
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return ""
	}
	defer response.Body.Close()
	var told struct {
		Statuses []struct {
			Address struct {
				Socket struct {
					Address string `json:"address"`
					Port    int    `json:"port_value"`
				} `json:"socket_address"`
			} `json:"local_address"`
		} `json:"listener_statuses"`
	}
	if json.NewDecoder(response.Body).Decode(&told) != nil || len(told.Statuses) == 0 {
		return ""
	}
	socket := told.Statuses[0].Address.Socket
	return fmt.Sprintf("%s:%d", socket.Address, socket.Port)
}
