package proxies

import (
	"context"
	"encoding/base64"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"google.golang.org/grpc/health/grpc_health_v1"

	pb "idphoto.example/clients/go/gen/idphoto/v1"
)

// direct is the way without a proxy.
const direct = "direct"

// What can go wrong at UPI's side, what callers do meanwhile, and the proxies between: whatever comes together, callers
// are told the truth and no order is sent twice. IDPHOTO_MATRIX=all tries every combination, anything else a sample.
func TestEveryFaultCancelAndDeadlineKeepsTheContract(t *testing.T) {
	tries(t, startBackend(t, false), scenarios(t))
}

// The same where connections to UPI end before, within and after a request: what is called NOT_SENT was never there.
func TestEveryBrokenLineKeepsTheContract(t *testing.T) {
	for _, connections := range []string{"reuse", "one_per_call"} {
		t.Run(connections, func(t *testing.T) {
			tries(t, startBackend(t, true, "upi.connections="+connections), breaks())
		})
	}
}

// And where nobody listens at UPI's address.
func TestAShutDoorKeepsTheContract(t *testing.T) {
	backend := startBackend(t, false)
	backend.witness.close()
	tries(t, backend, []scenario{{usage: "at a shut door", ending: shut}})
}

func tries(t *testing.T, backend backend, scenarios []scenario) {
	t.Helper()
	ways, addresses := front(t, backend.gateway)
	cells, all := matrix(scenarios, ways), os.Getenv("IDPHOTO_MATRIX") == "all"
	if !all {
		cells = sample(cells)
	}
	from := time.Now()
	judged := judged{judge{errorTable(t)}, newRunner(t, backend).run(t, cells, addresses)}
	if all {
		judged.print(os.Stdout)
		fmt.Printf("took: %v\n\n", time.Since(from).Round(time.Second))
	}
	log, err := os.ReadFile(backend.log)
	if err != nil {
		t.Fatal(err)
	}
	judged.report(t, string(log))
	stillServes(t, backend)
	saysNothingPersonal(t, string(log))
}

// front starts the proxies that there are. It gives the ways to the gateway, and the address of each.
func front(t *testing.T, gateway string) ([]string, map[string]string) {
	t.Helper()
	ways, addresses := []string{direct, "envoy"}, map[string]string{direct: gateway, "envoy": startEnvoy(t, gateway)}
	for _, proxy := range []struct {
		name, variable string
		start          func(*testing.T, string) string
	}{{"nginx", "NGINX_BIN", startNginx}, {"haproxy", "HAPROXY_BIN", startHAProxy}} {
		path, err := exec.LookPath(proxy.name)
		if err != nil {
			t.Logf("%s is not installed: left out", proxy.name)
			continue
		}
		t.Setenv(proxy.variable, path)
		ways = append(ways, proxy.name)
		addresses[proxy.name] = proxy.start(t, gateway)
	}
	return ways, addresses
}

// stillServes is that the gateway accepts calls after all this.
func stillServes(t *testing.T, backend backend) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	health := grpc_health_v1.NewHealthClient(connect(t, backend.gateway))
	for _, service := range []string{"", pb.IdPhotoService_ServiceDesc.ServiceName, "live"} {
		found, err := health.Check(ctx, &grpc_health_v1.HealthCheckRequest{Service: service})
		if err != nil || found.GetStatus() != grpc_health_v1.HealthCheckResponse_SERVING {
			t.Errorf("health of %q: %v, %v", service, found.GetStatus(), err)
		}
	}
}

// saysNothingPersonal is that the gateway's log has no person in it, and no panic.
func saysNothingPersonal(t *testing.T, log string) {
	t.Helper()
	image, err := os.ReadFile(photo)
	if err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(log, "order_id") {
		t.Error("the log has no orders")
	}
	words := []string{
		"panic", "GATEWAY_FAULT", "李雷", "\\u674e", "\\u{674e}", "11010519491231002X", "19491231",
		base64.StdEncoding.EncodeToString(image[:24]),
	}
	for _, word := range words {
		for line := range strings.Lines(log) {
			if strings.Contains(line, word) {
				t.Errorf("the log has %q: %s", word, line)
				break
			}
		}
	}
}
