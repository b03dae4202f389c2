package proxies

import (
	"fmt"
	"io"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// balancerConfig takes the endpoints. It repeats calls as meshes do by default, to another gateway where there is one, and
// leaves out gateways that are not healthy.
const balancerConfig = `
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
                route:
                  cluster: gateways
                  timeout: 0s
                  retry_policy:
                    retry_on: connect-failure,refused-stream,unavailable,cancelled,retriable-status-codes
                    retriable_status_codes: [503]
                    num_retries: 2
                    host_selection_retry_max_attempts: 5
                    retry_host_predicate:
                    - name: envoy.retry_host_predicates.previous_hosts
                      typed_config: {"@type": type.googleapis.com/envoy.extensions.retry.host.previous_hosts.v3.PreviousHostsPredicate}
          http_filters:
          - name: envoy.filters.http.router
            typed_config: {"@type": type.googleapis.com/envoy.extensions.filters.http.router.v3.Router}
  clusters:
  - name: gateways
    type: STATIC
    connect_timeout: 1s
    health_checks:
    - {timeout: 1s, interval: 1s, unhealthy_threshold: 2, healthy_threshold: 1, grpc_health_check: {}}
    typed_extension_protocol_options:
      envoy.extensions.upstreams.http.v3.HttpProtocolOptions:
        "@type": type.googleapis.com/envoy.extensions.upstreams.http.v3.HttpProtocolOptions
        explicit_http_config: {http2_protocol_options: {}}
    load_assignment:
      cluster_name: gateways
      endpoints:
      - lb_endpoints:
%s`

// startBalancer gives the address of an Envoy in front of these gateways.
func startBalancer(t *testing.T, gateways []string) string {
	t.Helper()
	var endpoints strings.Builder
	for _, gateway := range gateways {
		host, port, _ := strings.Cut(gateway, ":")
		fmt.Fprintf(&endpoints, "        - endpoint: {address: {socket_address: {address: %s, port_value: %s}}}\n", host, port)
	}
	config := filepath.Join(t.TempDir(), "envoy.yaml")
	if err := os.WriteFile(config, fmt.Appendf(nil, balancerConfig, endpoints.String()), 0o600); err != nil {
		t.Fatal(err)
	}
	return envoy(t, config)
}

// severable passes connections on, and ends all of them when it is told to.
type severable struct {
	to string
	*witness
}

func startSeverable(t *testing.T, to string) *severable {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	s := &severable{to, &witness{listener: listener, open: map[net.Conn]bool{}}}
	s.ended.Go(s.accept)
	t.Cleanup(s.close)
	return s
}

func (s *severable) accept() {
	for {
		one, err := s.listener.Accept()
		if err != nil {
			return
		}
		other, err := net.Dial("tcp", s.to)
		if err != nil {
			_ = one.Close()
			continue
		}
		s.remember(one, other)
		for _, way := range [][2]net.Conn{{one, other}, {other, one}} {
			s.ended.Go(func() {
				_, _ = io.Copy(way[0], way[1])
				s.forget(one, other)
			})
		}
	}
}

// cut ends all connections that there are.
func (s *severable) cut() {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	for connection := range s.open {
		_ = connection.Close()
	}
}
