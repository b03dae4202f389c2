package proxies

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"fmt"
	"math/big"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/status"

	pb "idphoto.example/clients/go/gen/idphoto/v1"
)

const forwarded = "x-forwarded-client-cert"

// authority is a small CA.
type authority struct {
	certificate *x509.Certificate
	key         *ecdsa.PrivateKey
}

func newAuthority(t *testing.T) *authority {
	t.Helper()
	a := &authority{}
	template := &x509.Certificate{
		Subject:               pkix.Name{CommonName: "authority of the test"},
		IsCA:                  true,
		BasicConstraintsValid: true,
		KeyUsage:              x509.KeyUsageCertSign,
	}
	var pair tls.Certificate
	pair, a.certificate = a.sign(t, template)
	a.key, _ = pair.PrivateKey.(*ecdsa.PrivateKey)
	return a
}

// sign makes a key and its certificate; the authority's own when it has none yet.
func (a *authority) sign(t *testing.T, template *x509.Certificate) (tls.Certificate, *x509.Certificate) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template.SerialNumber = big.NewInt(time.Now().UnixNano())
	template.NotBefore, template.NotAfter = time.Now().Add(-time.Hour), time.Now().Add(time.Hour)
	parent, signer := a.certificate, a.key
	if parent == nil {
		parent, signer = template, key
	}
	der, err := x509.CreateCertificate(rand.Reader, template, parent, key.Public(), signer)
	if err != nil {
		t.Fatal(err)
	}
	parsed, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}, parsed
}

// workload has a certificate with this SPIFFE id.
func (a *authority) workload(t *testing.T, id string) tls.Certificate {
	t.Helper()
	uri, err := url.Parse(id)
	if err != nil {
		t.Fatal(err)
	}
	pair, _ := a.sign(t, &x509.Certificate{URIs: []*url.URL{uri}})
	return pair
}

func (a *authority) pool() *x509.CertPool {
	pool := x509.NewCertPool()
	pool.AddCert(a.certificate)
	return pool
}

func writePEM(t *testing.T, folder, name, kind string, der []byte) string {
	t.Helper()
	path := filepath.Join(folder, name)
	if err := os.WriteFile(path, pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: der}), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// sidecarTLS is what a sidecar's listener has beside the plain one: certificate, key and the callers' authority.
const sidecarTLS = `
      transport_socket:
        name: envoy.transport_sockets.tls
        typed_config:
          "@type": type.googleapis.com/envoy.extensions.transport_sockets.tls.v3.DownstreamTlsContext
          require_client_certificate: true
          common_tls_context:
            alpn_protocols: [h2]
            tls_certificates: [{certificate_chain: {filename: %s}, private_key: {filename: %s}}]
            validation_context: {trusted_ca: {filename: %s}}
`

// startSidecar gives the address of an Envoy that ends the callers' TLS, and says in this way who they are.
func (a *authority) startSidecar(t *testing.T, gateway, details string) string {
	t.Helper()
	folder := t.TempDir()
	pair, _ := a.sign(t, &x509.Certificate{DNSNames: []string{"localhost"}})
	key, err := x509.MarshalPKCS8PrivateKey(pair.PrivateKey)
	if err != nil {
		t.Fatal(err)
	}
	socket := fmt.Sprintf(sidecarTLS,
		writePEM(t, folder, "cert.pem", "CERTIFICATE", pair.Certificate[0]),
		writePEM(t, folder, "key.pem", "PRIVATE KEY", key),
		writePEM(t, folder, "ca.pem", "CERTIFICATE", a.certificate.Raw))
	plain := forwarding(gateway, details)
	sidecar := strings.Replace(plain, "  clusters:\n", strings.TrimPrefix(socket, "\n")+"  clusters:\n", 1)
	return configured(t, folder, sidecar)
}

// forwarding is the configuration of an Envoy that does this with the header.
func forwarding(gateway, details string) string {
	host, port, _ := strings.Cut(gateway, ":")
	plain := fmt.Sprintf(envoyConfig, host, port)
	return strings.Replace(plain, "          codec_type: HTTP2\n", "          codec_type: HTTP2\n"+
		"          forward_client_cert_details: "+details+"\n"+
		"          set_current_client_cert_details: {uri: true, dns: true}\n", 1)
}

func configured(t *testing.T, folder, configuration string) string {
	t.Helper()
	config := filepath.Join(folder, "envoy.yaml")
	if err := os.WriteFile(config, []byte(configuration), 0o600); err != nil {
		t.Fatal(err)
	}
	return envoy(t, config)
}

// as is a connection of a workload to a sidecar.
func (a *authority) as(t *testing.T, sidecar, id string) pb.IdPhotoServiceClient {
	t.Helper()
	config := &tls.Config{
		RootCAs:      a.pool(),
		ServerName:   "localhost",
		Certificates: []tls.Certificate{a.workload(t, id)},
	}
	connection, err := grpc.NewClient(sidecar,
		grpc.WithTransportCredentials(credentials.NewTLS(config)), grpc.WithDisableRetry())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = connection.Close() })
	return pb.NewIdPhotoServiceClient(connection)
}

const (
	loans = "spiffe://bank.example/ns/loans/sa/api"
	audit = "spiffe://bank.example/audit"
	rules = `callers=[` +
		`{ name = "loans", identities = ["spiffe://bank.example/ns/loans/*"] }, ` +
		`{ name = "audit", identities = ["` + audit + `"], methods = ["GetVerification"], reads = "all" }]`
)

// startRuled gives the address of a gateway with callers, which believes proxies in these networks.
func startRuled(t *testing.T, proxies string) string {
	t.Helper()
	log := filepath.Join(t.TempDir(), "gateway.log")
	return says(t, log, "gRPC listening on ", "serve", "--sandbox", "--listen", "127.0.0.1:0",
		"--set", rules, "--set", "auth.trusted_proxies="+proxies)
}

// verifies is the code of a verification with these headers.
func verifies(t *testing.T, client pb.IdPhotoServiceClient, headers ...string) codes.Code {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	_, err := client.VerifyIdPhoto(metadata.AppendToOutgoingContext(ctx, headers...), request(t, "test"))
	if status.Code(err) == codes.Unavailable {
		t.Log(err)
	}
	return status.Code(err)
}

// forgeries are what a client may write itself, in the hope to be taken for the auditor or for loans.
var forgeries = []string{
	"URI=" + audit,
	`Hash=ab;Subject="CN=x";URI=` + loans,
	`By=spiffe://bank.example/gateway;URI="` + loans + `"`,
	`URI=` + loans + `,Subject="`,
	`Subject="open`,
}

func TestASidecarSaysWhoCallsAndNobodyElse(t *testing.T) {
	for _, details := range []string{"SANITIZE_SET", "APPEND_FORWARD"} {
		t.Run(details, func(t *testing.T) {
			ca := newAuthority(t)
			saysWhoCalls(t, ca, ca.startSidecar(t, startRuled(t, `["127.0.0.0/8"]`), details))
		})
	}
}

// The sidecar of the gateway passes on what the edge of the mesh says, which alone can reach it.
func TestASidecarMayPassOnTheWordOfAnEdge(t *testing.T) {
	ca := newAuthority(t)
	gateway := startRuled(t, `["127.0.0.0/8"]`)
	sidecar := configured(t, t.TempDir(), forwarding(gateway, "ALWAYS_FORWARD_ONLY"))
	saysWhoCalls(t, ca, ca.startSidecar(t, sidecar, "SANITIZE_SET"))
}

// A proxy that says nothing makes its callers nobody.
func TestASidecarThatSaysNothingProvesNothing(t *testing.T) {
	ca := newAuthority(t)
	known := ca.as(t, ca.startSidecar(t, startRuled(t, `["127.0.0.0/8"]`), "SANITIZE"), loans)
	for _, forged := range append(forgeries, "") {
		if code := verifies(t, known, forwarded, forged); code != codes.Unauthenticated {
			t.Errorf("with %q: %v", forged, code)
		}
	}
}

func saysWhoCalls(t *testing.T, ca *authority, sidecar string) {
	t.Helper()
	known, stranger := ca.as(t, sidecar, loans), ca.as(t, sidecar, "spiffe://bank.example/ns/cards/sa/api")
	if code := verifies(t, known); code != codes.OK {
		t.Errorf("the caller is refused as %v", code)
	}
	if code := verifies(t, stranger); code != codes.PermissionDenied {
		t.Errorf("a stranger ends as %v", code)
	}
	for _, forged := range forgeries {
		if code := verifies(t, known, forwarded, forged); code != codes.OK {
			t.Errorf("with %q the caller is refused as %v", forged, code)
		}
		if code := verifies(t, stranger, forwarded, forged); code != codes.PermissionDenied {
			t.Errorf("with %q a stranger ends as %v", forged, code)
		}
	}
}

// A client that reaches the gateway past its sidecar is nobody, whatever it writes.
func TestTheHeaderOfAnyOtherPeerCountsForNothing(t *testing.T) {
	client := pb.NewIdPhotoServiceClient(connect(t, startRuled(t, `["10.1.2.3"]`)))
	for _, forged := range append(forgeries, "") {
		if code := verifies(t, client, forwarded, forged); code != codes.Unauthenticated {
			t.Errorf("with %q: %v", forged, code)
		}
	}
}
