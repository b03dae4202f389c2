package idphoto_test

import (
	"bufio"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"io"
	"math/big"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"sync/atomic"
	"testing"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials"
	"google.golang.org/grpc/resolver"
	"google.golang.org/grpc/resolver/manual"

	idphotov1 "idphoto.example/clients/go/gen/idphoto/v1"
	"idphoto.example/clients/go/idphoto"
)

// Names that tell the child process, which alone has the proxy in its environment, what to call.
const (
	childMode = "PROXY_TEST_MODE"
	childPort = "PROXY_TEST_PORT"
	childCA   = "PROXY_TEST_CA"
)

func TestPlaintextGoesThroughNoForwardProxy(t *testing.T) { proxied(t, "plaintext", 0) }

func TestTLSGoesThroughTheProxyOfTheEnvironment(t *testing.T) { proxied(t, "tls", 1) }

func TestWithoutProxyTLSConnectsDirectly(t *testing.T) { proxied(t, "direct", 0) }

// proxied runs a child with HTTPS_PROXY, which reaches its gateway, and counts the tunnels.
func proxied(t *testing.T, mode string, want int64) {
	t.Helper()
	port, ca := proxyGateway(t, mode != "plaintext")
	proxy, tunnels := connectProxy(t)
	child := exec.Command(os.Args[0], "-test.run=^TestProxyChild$", "-test.v")
	child.Env = append(os.Environ(), "HTTPS_PROXY=http://"+proxy, "https_proxy=http://"+proxy, "NO_PROXY=", "no_proxy=",
		childMode+"="+mode, childPort+"="+port, childCA+"="+ca)
	if out, err := child.CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	if got := tunnels.Load(); got != want {
		t.Errorf("%d tunnels through the proxy, not %d", got, want)
	}
}

// TestProxyChild is the other process of those tests. Neither the name nor the address looks
// like loopback, for which no proxy is asked; 0.0.0.0 leads there all the same.
func TestProxyChild(t *testing.T) {
	mode := os.Getenv(childMode)
	if mode == "" {
		return
	}
	addresses := manual.NewBuilderWithScheme("proxied")
	addresses.InitialState(resolver.State{Endpoints: []resolver.Endpoint{{Addresses: []resolver.Address{{Addr: net.JoinHostPort("0.0.0.0", os.Getenv(childPort))}}}}})
	options := []idphoto.Option{idphoto.WithDialOptions(grpc.WithResolvers(addresses)), idphoto.WithTimeout(10 * time.Second)}
	switch mode {
	case "plaintext":
		options = append(options, idphoto.WithPlaintext())
	case "direct":
		options = append(options, idphoto.WithCAFile(os.Getenv(childCA)), idphoto.WithoutProxy())
	default:
		options = append(options, idphoto.WithCAFile(os.Getenv(childCA)))
	}
	client, err := idphoto.New("proxied:///gateway.example:443", options...)
	if err != nil {
		t.Fatal(err)
	}
	defer client.Close()
	var e *idphoto.Error
	if _, err := client.VerifyIDPhoto(t.Context(), request()); !errors.As(err, &e) || e.Code != codes.Unimplemented {
		t.Errorf("the gateway was not reached: %v", err)
	}
}

// proxyGateway implements nothing: its UNIMPLEMENTED is the proof that it was reached.
func proxyGateway(t *testing.T, encrypted bool) (port, ca string) {
	t.Helper()
	var options []grpc.ServerOption
	if encrypted {
		certificate, encoded := gatewayCertificate(t)
		ca = filepath.Join(t.TempDir(), "ca.pem")
		if err := os.WriteFile(ca, encoded, 0o600); err != nil {
			t.Fatal(err)
		}
		options = append(options, grpc.Creds(credentials.NewServerTLSFromCert(&certificate)))
	}
	server := grpc.NewServer(options...)
	idphotov1.RegisterIdPhotoServiceServer(server, bare{})
	listener := loopback(t)
	go func() { _ = server.Serve(listener) }()
	t.Cleanup(server.Stop)
	_, port, err := net.SplitHostPort(listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	return port, ca
}

func gatewayCertificate(t *testing.T) (tls.Certificate, []byte) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), DNSNames: []string{"gateway.example"}, NotAfter: time.Now().Add(time.Hour),
		IsCA: true, BasicConstraintsValid: true,
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})
}

// connectProxy knows CONNECT and counts it.
func connectProxy(t *testing.T) (string, *atomic.Int64) {
	t.Helper()
	listener, tunnels := loopback(t), new(atomic.Int64)
	t.Cleanup(func() { _ = listener.Close() })
	go func() {
		for {
			near, err := listener.Accept()
			if err != nil {
				return
			}
			go tunnel(near, tunnels)
		}
	}()
	return listener.Addr().String(), tunnels
}

// tunnel ends with either of its two connections.
func tunnel(near net.Conn, tunnels *atomic.Int64) {
	defer near.Close()
	reader := bufio.NewReader(near)
	asked, err := http.ReadRequest(reader)
	if err != nil || asked.Method != http.MethodConnect {
		return
	}
	tunnels.Add(1)
	far, err := net.Dial("tcp", asked.Host)
	if err != nil {
		return
	}
	defer far.Close()
	if _, err := io.WriteString(near, "HTTP/1.1 200 OK\r\n\r\n"); err != nil {
		return
	}
	go func() {
		_, _ = io.Copy(far, reader)
		_ = far.Close()
	}()
	_, _ = io.Copy(near, far)
}

func loopback(t *testing.T) net.Listener {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	return listener
}
