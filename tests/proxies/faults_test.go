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
	backend := startBackend(t)
	addresses := map[string]string{direct: backend.gateway, "envoy": startEnvoy(t, backend.gateway)}
	ways := []string{direct, "envoy"}
	for _, proxy := range []struct {
		name, variable string
		start          func(*testing.T, string) string
	}{{"nginx", "NGINX_BIN", startNginx}, {"haproxy", "HAPROXY_BIN", startHAProxy}} {
		if path, err := exec.LookPath(proxy.name); err != nil {
			t.Logf("%s is not installed: left out", proxy.name)
		} else {
			t.Setenv(proxy.variable, path)
			addresses[proxy.name] = proxy.start(t, backend.gateway)
			ways = append(ways, proxy.name)
		}
	}
	cells := matrix(scenarios(t), ways)
	if os.Getenv("IDPHOTO_MATRIX") != "all" {
		cells = sample(cells)
	}
	from := time.Now()
	all := newRunner(t, backend).run(t, cells, addresses)
	judged := judged{judge: judge{errorTable(t)}, evidence: all}
	if os.Getenv("IDPHOTO_MATRIX") == "all" {
		judged.print(os.Stdout)
		fmt.Printf("took: %v\n", time.Since(from).Round(time.Second))
	}
	judged.report(t)
	stillServes(t, backend)
	saysNothingPersonal(t, backend)
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
func saysNothingPersonal(t *testing.T, backend backend) {
	t.Helper()
	log, err := os.ReadFile(backend.log)
	if err != nil {
		t.Fatal(err)
	}
	image, err := os.ReadFile(photo)
	if err != nil {
		t.Fatal(err)
	}
	words := []string{
		"panic", "GATEWAY_FAULT", "李雷", "\\u674e", "\\u{674e}", "11010519491231002X", "19491231",
		base64.StdEncoding.EncodeToString(image[:24]),
	}
	for _, word := range words {
		for line := range strings.Lines(string(log)) {
			if strings.Contains(line, word) {
				t.Errorf("the log has %q: %s", word, line)
				break
			}
		}
	}
}
