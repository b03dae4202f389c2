package idphoto

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"math/big"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"google.golang.org/grpc/credentials"
)

// selfSigned is a certificate for localhost and its PEM.
func selfSigned(t *testing.T) (tls.Certificate, []byte) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), DNSNames: []string{"localhost"}, NotAfter: time.Now().Add(time.Hour),
		IsCA: true, BasicConstraintsValid: true,
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})
}

// handshake is with a server that shows a certificate.
func handshake(t *testing.T, client credentials.TransportCredentials, server tls.Certificate) error {
	t.Helper()
	near, far := net.Pipe()
	defer near.Close()
	go func() {
		defer far.Close()
		// Whether it succeeded shows at the client.
		_ = tls.Server(far, &tls.Config{Certificates: []tls.Certificate{server}, NextProtos: []string{"h2"}}).HandshakeContext(t.Context())
	}()
	_, _, err := client.ClientHandshake(t.Context(), "localhost", near)
	return err
}

func TestEachHandshakeReadsTheFilesAgainAndBadOnesDoNotCount(t *testing.T) {
	first, firstPEM := selfSigned(t)
	second, secondPEM := selfSigned(t)
	file := filepath.Join(t.TempDir(), "ca.pem")
	write := func(content []byte) {
		if err := os.WriteFile(file, content, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	write(firstPEM)
	made, err := newRereadingTLS(tlsFiles{ca: file})
	if err != nil {
		t.Fatal(err)
	}
	client := made.Clone()

	if err := handshake(t, client, first); err != nil {
		t.Errorf("the CA that is in the file is not trusted: %v", err)
	}
	if handshake(t, client, second) == nil {
		t.Error("a CA that is not in the file is trusted")
	}
	write([]byte("half a fi"))
	if err := handshake(t, client, first); err != nil {
		t.Errorf("a bad file replaces a good one: %v", err)
	}
	write(secondPEM)
	if err := handshake(t, client, second); err != nil {
		t.Errorf("the new file is not read: %v", err)
	}
	if handshake(t, client, first) == nil {
		t.Error("the old CA is still trusted")
	}
}

func TestFilesOfNoUseAreRefusedByName(t *testing.T) {
	pair, cert := selfSigned(t)
	other, _ := selfSigned(t)
	folder := t.TempDir()
	for name, content := range map[string][]byte{
		"cert": cert, "key": keyPEM(t, pair), "other-key": keyPEM(t, other), "empty": nil, "text": []byte("no PEM\n"),
	} {
		if err := os.WriteFile(filepath.Join(folder, name), content, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	in := func(name string) string { return filepath.Join(folder, name) }
	for name, files := range map[string]tlsFiles{
		"empty": {ca: in("empty")}, "text": {ca: in("text")}, "key": {ca: in("key")}, "none": {ca: in("none")},
		"other-key": {cert: in("cert"), key: in("other-key")},
	} {
		if _, err := newRereadingTLS(files); err == nil || !strings.Contains(err.Error(), in(name)) {
			t.Errorf("%s: %v", name, err)
		}
	}
	for _, files := range []tlsFiles{{cert: in("cert"), key: in("empty")}, {cert: in("empty"), key: in("key")}} {
		if _, err := newRereadingTLS(files); err == nil || !strings.Contains(err.Error(), in("empty")) {
			t.Errorf("%v: %v", files, err)
		}
	}
}

func TestAByteOrderMarkAndTextBeforeThePEMDoNoHarm(t *testing.T) {
	pair, cert := selfSigned(t)
	folder := t.TempDir()
	files := tlsFiles{filepath.Join(folder, "ca"), filepath.Join(folder, "cert"), filepath.Join(folder, "key")}
	for _, before := range []string{"\xef\xbb\xbf", "subject=CN=localhost\n"} {
		for path, content := range map[string][]byte{files.ca: cert, files.cert: cert, files.key: keyPEM(t, pair)} {
			if err := os.WriteFile(path, append([]byte(before), content...), 0o600); err != nil {
				t.Fatal(err)
			}
		}
		if _, err := newRereadingTLS(files); err != nil {
			t.Errorf("after %q: %v", before, err)
		}
	}
}

func keyPEM(t *testing.T, pair tls.Certificate) []byte {
	t.Helper()
	der, err := x509.MarshalPKCS8PrivateKey(pair.PrivateKey)
	if err != nil {
		t.Fatal(err)
	}
	return pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der})
}
