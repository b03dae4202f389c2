package idphoto_test

import (
	"context"
	"net"
	"path/filepath"
	"strings"
	"testing"

	"google.golang.org/grpc"
	"google.golang.org/grpc/metadata"

	"idphoto.example/clients/go/idphoto"

	idphotov1 "idphoto.example/clients/go/gen/idphoto/v1"
)

func TestTargetsThatLeadNowhereAreRefused(t *testing.T) {
	for target, text := range map[string]string{
		"": "empty", "gateway.example": "port", "gateway.example:": "port", "gateway.example:https": "port",
		"gateway.example:0": "port", "gateway.example:65536": "port", "::1": "port", "[::1]": "port",
		"dns:gateway.example": "port", "dns:///gateway.example": "port", "dns://192.0.2.1/gateway.example": "port",
		"http://gateway.example:443": "URL", "https://gateway.example:443": "URL", "HTTPS://gateway.example:443": "URL",
	} {
		if _, err := idphoto.New(target); err == nil || !strings.Contains(err.Error(), text) {
			t.Errorf("%q: %v", target, err)
		}
	}
}

func TestTargetsThatGRPCReadsAreTaken(t *testing.T) {
	for _, target := range []string{
		"gateway.example:443", "127.0.0.1:443", "[::1]:443", "id_photo.default:443", "dns:gateway.example:443",
		"dns:///gateway.example:443", "dns:///id_photo:443", "dns:[::1]:443", "unix:/run/idphoto.sock",
		"unix:///run/idphoto.sock", "passthrough:///anything",
	} {
		client, err := idphoto.New(target)
		if err != nil {
			t.Errorf("%q: %v", target, err)
			continue
		}
		_ = client.Close()
	}
}

// bare is a gateway without methods.
type bare struct {
	idphotov1.UnimplementedIdPhotoServiceServer
}

func TestAUnixSocketIsReached(t *testing.T) {
	// A path is no authority: the gateway would refuse it.
	if authority := reach(t, "unix", filepath.Join(t.TempDir(), "socket"), "unix:"); authority != "localhost" {
		t.Errorf("the authority is %q", authority)
	}
}

func TestAnIPv6LiteralIsReached(t *testing.T) {
	probe, err := net.Listen("tcp", "[::1]:0")
	if err != nil {
		t.Skip("this machine has no IPv6 loopback")
	}
	defer probe.Close()
	reach(t, "tcp", "[::1]:0", "")
}

// reach sends a call to a server that implements nothing: its UNIMPLEMENTED is the proof. It
// returns the authority that the call named.
func reach(t *testing.T, network, address, scheme string) (authority string) {
	t.Helper()
	listener, err := net.Listen(network, address)
	if err != nil {
		t.Fatal(err)
	}
	named := make(chan string, 1)
	server := grpc.NewServer(grpc.UnaryInterceptor(func(ctx context.Context, request any, _ *grpc.UnaryServerInfo, handler grpc.UnaryHandler) (any, error) {
		headers, _ := metadata.FromIncomingContext(ctx)
		named <- strings.Join(headers.Get(":authority"), " ")
		return handler(ctx, request)
	}))
	idphotov1.RegisterIdPhotoServiceServer(server, bare{})
	go func() { _ = server.Serve(listener) }()
	defer server.Stop()
	client, err := idphoto.New(scheme+listener.Addr().String(), idphoto.WithPlaintext())
	if err != nil {
		t.Fatal(err)
	}
	defer client.Close()
	if _, err := client.VerifyIDPhoto(t.Context(), request()); err == nil || !strings.Contains(err.Error(), "Unimplemented") {
		t.Fatalf("got %v", err)
	}
	return <-named
}
