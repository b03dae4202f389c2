package idphoto

import (
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"os"
	"sync/atomic"

	"google.golang.org/grpc/credentials"
)

var errNoCA = errors.New("no certificate in it")

// tlsFiles are PEM files; an empty path is none.
type tlsFiles struct{ ca, cert, key string }

func (f tlsFiles) read() (*tls.Config, error) {
	config := &tls.Config{MinVersion: tls.VersionTLS12}
	if f.ca != "" {
		pem, err := os.ReadFile(f.ca)
		if err != nil {
			return nil, fmt.Errorf("idphoto: CA file: %w", err)
		}
		config.RootCAs = x509.NewCertPool()
		if !config.RootCAs.AppendCertsFromPEM(withoutMark(pem)) {
			return nil, fmt.Errorf("idphoto: CA file %s: %w", f.ca, errNoCA)
		}
	}
	if f.cert != "" {
		pair, err := f.pair()
		if err != nil {
			return nil, err
		}
		config.Certificates = []tls.Certificate{pair}
	}
	return config, nil
}

func (f tlsFiles) pair() (tls.Certificate, error) {
	cert, err := os.ReadFile(f.cert)
	if err != nil {
		return tls.Certificate{}, fmt.Errorf("idphoto: client certificate: %w", err)
	}
	key, err := os.ReadFile(f.key)
	if err != nil {
		return tls.Certificate{}, fmt.Errorf("idphoto: key of the client certificate: %w", err)
	}
	pair, err := tls.X509KeyPair(withoutMark(cert), withoutMark(key))
	if err != nil {
		return tls.Certificate{}, fmt.Errorf("idphoto: client certificate %s with key %s: %w", f.cert, f.key, err)
	}
	return pair, nil
}

// withoutMark drops the byte order mark that some editors put first, which would hide the
// boundary of the first PEM block.
func withoutMark(pem []byte) []byte { return bytes.TrimPrefix(pem, []byte("\xef\xbb\xbf")) }

// rereadingTLS reads its files for every handshake, which is rare. Files that are bad at
// that moment, because they are just being replaced, do not replace the last good ones.
type rereadingTLS struct {
	credentials.TransportCredentials
	files tlsFiles
	good  *atomic.Pointer[tls.Config]
}

func newRereadingTLS(files tlsFiles) (credentials.TransportCredentials, error) {
	config, err := files.read()
	if err != nil {
		return nil, err
	}
	good := new(atomic.Pointer[tls.Config])
	good.Store(config)
	return rereadingTLS{credentials.NewTLS(config), files, good}, nil
}

// ClientHandshake is credentials.TransportCredentials'.
func (t rereadingTLS) ClientHandshake(ctx context.Context, authority string, conn net.Conn) (net.Conn, credentials.AuthInfo, error) {
	if config, err := t.files.read(); err == nil {
		t.good.Store(config)
	}
	return credentials.NewTLS(t.good.Load()).ClientHandshake(ctx, authority, conn)
}

// Clone is credentials.TransportCredentials'.
func (t rereadingTLS) Clone() credentials.TransportCredentials {
	t.TransportCredentials = t.TransportCredentials.Clone()
	return t
}
