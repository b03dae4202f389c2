package idphoto

import (
	"context"
	"errors"
	"time"

	"google.golang.org/grpc"
	grpcbackoff "google.golang.org/grpc/backoff"
	"google.golang.org/grpc/credentials"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/keepalive"
)

// Option changes a default of [New].
type Option func(*settings)

type settings struct {
	plaintext   bool
	noProxy     bool
	files       tlsFiles
	withTokens  bool
	tokens      bearer
	timeout     time.Duration
	dialOptions []grpc.DialOption
}

// WithPlaintext turns TLS off: names, ID numbers and photos travel readable to anybody on the
// way. For loopback, a Unix socket, and a mesh whose proxy on the same host encrypts.
func WithPlaintext() Option {
	return func(s *settings) { s.plaintext = true }
}

// WithCAFile trusts the CAs of a PEM file, and no longer the system's. The file is read
// again for each connection.
func WithCAFile(path string) Option {
	return func(s *settings) { s.files.ca = path }
}

// WithClientCertificateFiles presents a client certificate: the PEM files of its chain
// and of its key. They are read again for each connection, so they can be replaced while
// the client is in use.
func WithClientCertificateFiles(certFile, keyFile string) Option {
	return func(s *settings) { s.files.cert, s.files.key = certFile, keyFile }
}

// WithBearerToken sends a token with each call, as "authorization: Bearer …". The supplier is
// asked for every attempt, by several goroutines at once, so that tokens may change; one that
// is costly to get is the supplier's to keep. It must return when its context, the call's, ends.
// White space around a token is dropped.
//
// Over plaintext a token goes to loopback and to a Unix socket; to anything else a call fails
// with [codes.FailedPrecondition]. An error of the supplier fails the call with
// [codes.Unavailable] and is found by [errors.Is]. Nothing was sent in both cases.
func WithBearerToken(supplier func(context.Context) (string, error)) Option {
	return func(s *settings) { s.withTokens, s.tokens.supply = true, supplier }
}

// WithTokenOverPlaintext sends tokens over plaintext to anybody. For a mesh whose proxy on the
// same host encrypts: the client sees the address behind it.
func WithTokenOverPlaintext() Option {
	return func(s *settings) { s.tokens.inPlaintext = true }
}

// WithoutProxy connects directly where gRPC would go through the forward proxy of the
// environment (HTTPS_PROXY, NO_PROXY). Plaintext never goes through it.
func WithoutProxy() Option {
	return func(s *settings) { s.noProxy = true }
}

// WithTimeout sets the longest that one call takes instead of [DefaultTimeout].
func WithTimeout(timeout time.Duration) Option {
	return func(s *settings) { s.timeout = timeout }
}

// WithDialOptions passes options on to gRPC: interceptors, stats handlers such as
// OpenTelemetry's, other credentials. They come after this package's own, and win.
func WithDialOptions(options ...grpc.DialOption) Option {
	return func(s *settings) { s.dialOptions = append(s.dialOptions, options...) }
}

var (
	errPlaintextTLS = errors.New("idphoto: plaintext and TLS files exclude each other")
	errKeyPair      = errors.New("idphoto: a client certificate needs its certificate file and its key file")
	errTimeout      = errors.New("idphoto: the timeout must be longer than zero")
)

func (s *settings) check() error {
	switch {
	case s.plaintext && s.files != tlsFiles{}:
		return errPlaintextTLS
	case (s.files.cert == "") != (s.files.key == ""):
		return errKeyPair
	case s.withTokens && s.tokens.supply == nil:
		return errNoSupplier
	case s.timeout <= 0:
		return errTimeout
	}
	return nil
}

func (s *settings) transport() (credentials.TransportCredentials, error) {
	if s.plaintext {
		return plaintext{insecure.NewCredentials()}, nil
	}
	return newRereadingTLS(s.files)
}

func (s *settings) dial() ([]grpc.DialOption, error) {
	if err := s.check(); err != nil {
		return nil, err
	}
	transport, err := s.transport()
	if err != nil {
		return nil, err
	}
	options := []grpc.DialOption{
		grpc.WithStatsHandler(watchHandover{}),
		grpc.WithTransportCredentials(transport),
		// Whoever can write DNS must not be able to change what is tried again.
		grpc.WithDisableServiceConfig(),
		grpc.WithDefaultServiceConfig(serviceConfig),
		grpc.WithKeepaliveParams(keepalive.ClientParameters{
			Time:                keepaliveTime,
			Timeout:             keepaliveTimeout,
			PermitWithoutStream: keepaliveWithoutCalls,
		}),
		grpc.WithConnectParams(reconnecting()),
	}
	// A forward proxy would read what is not encrypted.
	if s.plaintext || s.noProxy {
		options = append(options, grpc.WithNoProxy())
	}
	if s.withTokens {
		// Not for all that goes over a connection: health needs no token.
		options = append(options, grpc.WithDefaultCallOptions(grpc.PerRPCCredentials(s.tokens)))
	}
	options = append(options, s.dialOptions...)
	return append(options, grpc.WithChainUnaryInterceptor(reachGRPC)), nil
}

// reconnecting is gRPC's way of trying again, bounded: a gateway that is back shall be seen.
func reconnecting() grpc.ConnectParams {
	params := grpc.ConnectParams{Backoff: grpcbackoff.DefaultConfig, MinConnectTimeout: 20 * time.Second}
	params.Backoff.MaxDelay = reconnectLongest
	return params
}
