package idphoto_test

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials"
	"google.golang.org/grpc/metadata"

	idphotov1 "idphoto.example/clients/go/gen/idphoto/v1"
	"idphoto.example/clients/go/idphoto"
	"idphoto.example/clients/go/idphototest"
)

// tokens supplies token-1, token-2 and so on.
type tokens struct {
	mutex sync.Mutex
	asked int
}

func (s *tokens) next(context.Context) (string, error) {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	s.asked++
	return fmt.Sprintf("token-%d\n", s.asked), nil
}

func always(token string) func(context.Context) (string, error) {
	return func(context.Context) (string, error) { return token, nil }
}

func TestEachAttemptAsksForItsToken(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		gateway := idphototest.NewServer(idphototest.Fail(idphoto.Error{Reason: idphoto.ReasonDraining}))
		defer gateway.Close()
		supplier := &tokens{}
		client := gateway.Client(idphoto.WithBearerToken(supplier.next))
		for range 2 {
			if _, err := client.VerifyIDPhoto(t.Context(), request()); err != nil {
				t.Fatal(err)
			}
		}
		var sent []string
		for _, call := range gateway.Calls() {
			sent = append(sent, call.Metadata.Get("authorization")...)
		}
		if want := []string{"Bearer token-1", "Bearer token-2", "Bearer token-3"}; !slices.Equal(sent, want) {
			t.Errorf("sent %q", sent)
		}
		// Health, which is looked at meanwhile, needs none.
		if supplier.asked != 3 {
			t.Errorf("asked %d times", supplier.asked)
		}
	})
}

var errVault = errors.New("the vault is sealed")

func TestASupplierThatFailsIsAskedAgainAndNothingIsSent(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		gateway, asked := idphototest.NewServer(), 0
		defer gateway.Close()
		client := gateway.Client(idphoto.WithBearerToken(func(context.Context) (string, error) {
			asked++
			return "", errVault
		}))
		req := request()
		_, err := client.VerifyIDPhoto(t.Context(), req)
		e := failure(t, err, req.OrderID)
		if e.Code != codes.Unavailable || e.Reason != "" || e.Dispatch != idphoto.DispatchNotSent || e.Retry != idphoto.RetrySameOrder {
			t.Errorf("got %v", err)
		}
		if !errors.Is(err, errVault) || !strings.Contains(err.Error(), "no bearer token: the vault is sealed") {
			t.Errorf("got %v", err)
		}
		if asked != 3 || len(gateway.Calls()) != 0 {
			t.Errorf("asked %d times, %d calls", asked, len(gateway.Calls()))
		}
		_, err = client.GetVerification(t.Context(), req.OrderID)
		e = failure(t, err, req.OrderID)
		if !errors.Is(err, errVault) || e.Dispatch != idphoto.DispatchUnknownToClient || e.Retry != idphoto.RetryAskFirst {
			t.Errorf("got %v", err)
		}
	})
}

func TestASupplierThatRecoversCostsNoCall(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		gateway, asked := idphototest.NewServer(), 0
		defer gateway.Close()
		client := gateway.Client(idphoto.WithBearerToken(func(context.Context) (string, error) {
			if asked++; asked == 1 {
				return "", errVault
			}
			return "token", nil
		}))
		if _, err := client.VerifyIDPhoto(t.Context(), request()); err != nil {
			t.Error(err)
		}
	})
}

func TestASupplierHasTheCallsDeadline(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		gateway := idphototest.NewServer()
		defer gateway.Close()
		client := gateway.Client(idphoto.WithBearerToken(func(ctx context.Context) (string, error) {
			<-ctx.Done()
			return "", ctx.Err()
		}))
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		req := request()
		_, err := client.VerifyIDPhoto(ctx, req)
		e := failure(t, err, req.OrderID)
		if e.Code != codes.DeadlineExceeded || e.Dispatch != idphoto.DispatchNotSent || e.Retry != idphoto.RetrySameOrder {
			t.Errorf("got %v", err)
		}
		if len(gateway.Calls()) != 0 {
			t.Error("the call was sent")
		}
	})
}

func TestATokenThatNoHeaderCarriesIsNotSentAndNotShown(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		for token, text := range map[string]string{
			"": "empty", " \n": "empty", "sec ret": "visible ASCII", "sec\nret": "visible ASCII", "séc": "visible ASCII", "sec\x7f": "visible ASCII",
		} {
			gateway := idphototest.NewServer()
			client := gateway.Client(idphoto.WithBearerToken(always(token)))
			req := request()
			_, err := client.VerifyIDPhoto(t.Context(), req)
			if e := failure(t, err, req.OrderID); e.Dispatch != idphoto.DispatchNotSent || !strings.Contains(e.Message, text) {
				t.Errorf("%q: got %v", token, err)
			}
			if strings.Contains(err.Error(), "sec") || len(gateway.Calls()) != 0 {
				t.Errorf("%q: %d calls, and %v", token, len(gateway.Calls()), err)
			}
			gateway.Close()
		}
	})
}

func TestASupplierThatIsNilIsRefused(t *testing.T) {
	if client, err := idphoto.New("localhost:1", idphoto.WithBearerToken(nil)); err == nil {
		t.Errorf("made %v", client)
	}
}

// authorized is a gateway without methods, which notes what callers show.
type authorized struct {
	bare
	mutex sync.Mutex
	shown []string
}

func (a *authorized) VerifyIdPhoto(ctx context.Context, request *idphotov1.VerifyIdPhotoRequest) (*idphotov1.VerifyIdPhotoResponse, error) {
	headers, _ := metadata.FromIncomingContext(ctx)
	a.mutex.Lock()
	defer a.mutex.Unlock()
	a.shown = append(a.shown, headers.Get("authorization")...)
	return a.bare.VerifyIdPhoto(ctx, request)
}

// show makes a call at a server on a listener, and returns what its caller showed there.
func show(t *testing.T, listener net.Listener, serve []grpc.ServerOption, target string, options ...idphoto.Option) ([]string, *idphoto.Error) {
	t.Helper()
	gateway, server := &authorized{}, grpc.NewServer(serve...)
	idphotov1.RegisterIdPhotoServiceServer(server, gateway)
	go func() { _ = server.Serve(listener) }()
	defer server.Stop()
	client, err := idphoto.New(target, append(options, idphoto.WithBearerToken(always("secret")))...)
	if err != nil {
		t.Fatal(err)
	}
	defer client.Close()
	req := request()
	_, err = client.VerifyIDPhoto(t.Context(), req)
	gateway.mutex.Lock()
	defer gateway.mutex.Unlock()
	return gateway.shown, failure(t, err, req.OrderID)
}

var secret = []string{"Bearer secret"}

func TestATokenGoesOverTLS(t *testing.T) {
	certificate, encoded := gatewayCertificate(t)
	listener := loopback(t)
	roots := filepath.Join(t.TempDir(), "ca.pem")
	if err := os.WriteFile(roots, encoded, 0o600); err != nil {
		t.Fatal(err)
	}
	serve := []grpc.ServerOption{grpc.Creds(credentials.NewServerTLSFromCert(&certificate))}
	shown, e := show(t, listener, serve, listener.Addr().String(), idphoto.WithCAFile(roots), idphoto.WithDialOptions(grpc.WithAuthority("gateway.example")))
	if !slices.Equal(shown, secret) {
		t.Errorf("shown %q, and %v", shown, e)
	}
}

func TestATokenGoesOverPlaintextWithinTheHost(t *testing.T) {
	listener := loopback(t)
	if shown, e := show(t, listener, nil, listener.Addr().String(), idphoto.WithPlaintext()); !slices.Equal(shown, secret) {
		t.Errorf("loopback: shown %q, and %v", shown, e)
	}
	socket, err := net.Listen("unix", filepath.Join(t.TempDir(), "socket"))
	if err != nil {
		t.Fatal(err)
	}
	if shown, e := show(t, socket, nil, "unix:"+socket.Addr().String(), idphoto.WithPlaintext()); !slices.Equal(shown, secret) {
		t.Errorf("Unix socket: shown %q, and %v", shown, e)
	}
}

// remote is a connection that seems to lead to another host.
type remote struct{ net.Conn }

func (remote) RemoteAddr() net.Addr {
	return &net.TCPAddr{IP: net.IPv4(192, 0, 2, 1), Port: 50051}
}

func elsewhere(ctx context.Context, address string) (net.Conn, error) {
	conn, err := (&net.Dialer{}).DialContext(ctx, "tcp", address)
	return remote{conn}, err
}

func TestATokenDoesNotLeaveTheHostInPlaintext(t *testing.T) {
	listener := loopback(t)
	away := idphoto.WithDialOptions(grpc.WithContextDialer(elsewhere))
	shown, e := show(t, listener, nil, listener.Addr().String(), idphoto.WithPlaintext(), away)
	if shown != nil || e.Code != codes.FailedPrecondition || e.Dispatch != idphoto.DispatchNotSent || e.Retry != idphoto.RetryNever {
		t.Errorf("shown %q, and %v", shown, e)
	}
	if !strings.Contains(e.Message, "192.0.2.1:50051") || !strings.Contains(e.Message, "WithTokenOverPlaintext") {
		t.Errorf("got %v", e)
	}
	listener = loopback(t)
	shown, e = show(t, listener, nil, listener.Addr().String(), idphoto.WithPlaintext(), away, idphoto.WithTokenOverPlaintext())
	if !slices.Equal(shown, secret) {
		t.Errorf("shown %q, and %v", shown, e)
	}
}

func TestQuotasThatWereReachedShow(t *testing.T) {
	inBubble(t, func(t *testing.T, gateway *idphototest.Server, client *idphoto.Client) {
		gateway.Reply(idphototest.Fail(idphoto.Error{
			Reason: idphoto.ReasonQuotaExceeded, RetryAfter: time.Second,
			Quota: []idphoto.QuotaViolation{{Subject: "caller:loans", Description: "rate"}},
		}))
		req := request()
		_, err := client.VerifyIDPhoto(t.Context(), req)
		e := failure(t, err, req.OrderID)
		if !slices.Equal(e.Quota, []idphoto.QuotaViolation{{Subject: "caller:loans", Description: "rate"}}) || e.RetryAfter != time.Second {
			t.Errorf("got %+v", e)
		}
		if !strings.Contains(err.Error(), "caller:loans: rate") {
			t.Errorf("got %v", err)
		}
	})
}
