package conformance

import (
	"context"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"google.golang.org/genproto/googleapis/rpc/errdetails"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/health"
	"google.golang.org/grpc/health/grpc_health_v1"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/protoadapt"
	"google.golang.org/protobuf/types/known/durationpb"

	idphotov1 "idphoto.example/clients/go/gen/idphoto/v1"
)

// fake is a gRPC server that says what a script says.
type fake struct {
	idphotov1.UnimplementedIdPhotoServiceServer

	address string
	server  *grpc.Server

	connections *breakable

	mutex  sync.Mutex
	script []reply
	calls  int
	orders map[string]bool
	tokens []string
}

func startFake(t *testing.T, spec backendSpec) *fake {
	t.Helper()
	listener, address := fakeListener(t, spec.Listen)
	f := &fake{address: address, server: grpc.NewServer(), connections: listener, orders: map[string]bool{}}
	idphotov1.RegisterIdPhotoServiceServer(f.server, f)
	serving := grpc_health_v1.HealthCheckResponse_SERVING
	if spec.Health == "NOT_SERVING" {
		serving = grpc_health_v1.HealthCheckResponse_NOT_SERVING
	}
	checks := health.NewServer()
	checks.SetServingStatus(idphotov1.IdPhotoService_ServiceDesc.ServiceName, serving)
	grpc_health_v1.RegisterHealthServer(f.server, checks)
	go func() { _ = f.server.Serve(listener) }()
	return f
}

// fakeListener is on loopback, or on a Unix socket. A socket's path is short, and that of a
// test's folder may be long.
func fakeListener(t *testing.T, network string) (*breakable, string) {
	t.Helper()
	if network != "unix" {
		listener := &breakable{Listener: listen(t)}
		return listener, listener.Addr().String()
	}
	folder, err := os.MkdirTemp("", "uds")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(folder) })
	listener, err := net.Listen("unix", filepath.Join(folder, "socket"))
	if err != nil {
		t.Fatal(err)
	}
	return &breakable{Listener: listener}, "unix:" + listener.Addr().String()
}

func (f *fake) say(replies []reply) {
	f.mutex.Lock()
	defer f.mutex.Unlock()
	f.script, f.calls, f.orders, f.tokens = replies, 0, map[string]bool{}, nil
}

func (f *fake) counts() (calls, orders int) {
	f.mutex.Lock()
	defer f.mutex.Unlock()
	return f.calls, len(f.orders)
}

// showed compares the bearer tokens of the calls; nil is anything.
func (f *fake) showed(want []string) error {
	f.mutex.Lock()
	defer f.mutex.Unlock()
	if want != nil && !slices.Equal(f.tokens, want) {
		return fmt.Errorf("tokens %q, not %q", f.tokens, want)
	}
	return nil
}

func (f *fake) next(ctx context.Context, orderID string) (reply, error) {
	f.mutex.Lock()
	defer f.mutex.Unlock()
	headers, _ := metadata.FromIncomingContext(ctx)
	for _, shown := range headers.Get("authorization") {
		f.tokens = append(f.tokens, strings.TrimPrefix(shown, "Bearer "))
	}
	f.calls++
	f.orders[orderID] = true
	if len(f.script) == 0 {
		return reply{}, status.Error(codes.Internal, "no script")
	}
	said := f.script[0]
	if len(f.script) > 1 {
		f.script = f.script[1:]
	}
	if said.Break {
		f.connections.cut()
	}
	if said.Error != nil {
		return reply{}, said.Error.status(orderID)
	}
	return said, nil
}

func (f *fake) VerifyIdPhoto(ctx context.Context, r *idphotov1.VerifyIdPhotoRequest) (*idphotov1.VerifyIdPhotoResponse, error) {
	said, err := f.next(ctx, r.GetOrderId())
	if err != nil {
		return nil, err
	}
	return said.Answer.response(r.GetOrderId()), nil
}

func (f *fake) GetVerification(ctx context.Context, r *idphotov1.GetVerificationRequest) (*idphotov1.GetVerificationResponse, error) {
	said, err := f.next(ctx, r.GetOrderId())
	if err != nil {
		return nil, err
	}
	if said.State == "" {
		said.State = "ANSWERED"
	}
	return &idphotov1.GetVerificationResponse{
		OrderId: r.GetOrderId(),
		State:   idphotov1.VerificationState(idphotov1.VerificationState_value["VERIFICATION_STATE_"+said.State]),
		Result:  said.Answer.response(r.GetOrderId()),
	}, nil
}

func (a *answerSpec) response(orderID string) *idphotov1.VerifyIdPhotoResponse {
	if a == nil {
		return nil
	}
	response := &idphotov1.VerifyIdPhotoResponse{OrderId: orderID, UpiUuid: strings.Repeat("0", 32)}
	response.Replayed = a.Replayed != nil && *a.Replayed
	if a.Confidence != nil {
		response.Outcome = &idphotov1.VerifyIdPhotoResponse_Comparison{Comparison: &idphotov1.Comparison{Confidence: uint32(*a.Confidence)}}
		return response
	}
	category := idphotov1.RejectionCategory_value["REJECTION_CATEGORY_"+a.Category]
	response.Outcome = &idphotov1.VerifyIdPhotoResponse_Rejection{Rejection: &idphotov1.Rejection{
		Category: idphotov1.RejectionCategory(category), Code: a.Code, Message: "refused",
	}}
	return response
}

func (e *errorSpec) status(orderID string) error {
	var code codes.Code
	if err := code.UnmarshalJSON([]byte(`"` + e.Code + `"`)); err != nil {
		return status.Error(codes.Internal, "a code that is none in the script")
	}
	made := status.New(code, "by script")
	if e.Reason == nil {
		return made.Err()
	}
	info := &errdetails.ErrorInfo{Reason: *e.Reason, Domain: "idphoto", Metadata: map[string]string{"order_id": orderID}}
	if e.Domain != "" {
		info.Domain = e.Domain
	}
	for name, value := range map[string]*string{"dispatch": e.Dispatch, "retry": e.Retry} {
		if value != nil {
			info.Metadata[name] = *value
		}
	}
	details := []protoadapt.MessageV1{info}
	if e.Fields != nil {
		bad := &errdetails.BadRequest{}
		for _, field := range e.Fields {
			bad.FieldViolations = append(bad.FieldViolations, &errdetails.BadRequest_FieldViolation{Field: field, Description: "by script"})
		}
		details = append(details, bad)
	}
	if e.Quota != nil {
		quota := &errdetails.QuotaFailure{}
		for _, limit := range e.Quota {
			subject, description, _ := strings.Cut(limit, " ")
			quota.Violations = append(quota.Violations, &errdetails.QuotaFailure_Violation{Subject: subject, Description: description})
		}
		details = append(details, quota)
	}
	if e.RetryAfter > 0 {
		details = append(details, &errdetails.RetryInfo{RetryDelay: durationpb.New(time.Duration(e.RetryAfter))})
	}
	full, err := made.WithDetails(details...)
	if err != nil {
		return status.Error(codes.Internal, "bad details in the script")
	}
	return full.Err()
}

// breakable is a listener that can cut all of its connections.
type breakable struct {
	net.Listener

	mutex sync.Mutex
	open  []net.Conn
}

func (b *breakable) Accept() (net.Conn, error) {
	conn, err := b.Listener.Accept()
	if err != nil {
		return nil, err
	}
	b.mutex.Lock()
	defer b.mutex.Unlock()
	b.open = append(b.open, conn)
	return conn, nil
}

func (b *breakable) cut() {
	b.mutex.Lock()
	defer b.mutex.Unlock()
	for _, conn := range b.open {
		// The server may have closed it already.
		_ = conn.Close()
	}
	b.open = nil
}

func listen(t *testing.T) net.Listener {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	return listener
}

// silent accepts connections and never writes a byte. It returns its address.
func silent(t *testing.T) string {
	t.Helper()
	listener := listen(t)
	t.Cleanup(func() { _ = listener.Close() })
	go func() {
		var open []net.Conn
		for {
			conn, err := listener.Accept()
			if err != nil {
				break
			}
			open = append(open, conn)
		}
		for _, conn := range open {
			_ = conn.Close()
		}
	}()
	return listener.Addr().String()
}

// closed is an address where nobody listens.
func closed(t *testing.T) string {
	t.Helper()
	listener := listen(t)
	defer listener.Close()
	return listener.Addr().String()
}
