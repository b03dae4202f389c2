package idphoto_test

import (
	"context"
	"errors"
	"math"
	"testing"
	"time"

	"google.golang.org/genproto/googleapis/rpc/errdetails"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/status"

	"idphoto.example/clients/go/idphoto"
	"idphoto.example/clients/go/idphototest"
)

func TestARequestThatIsNilIsAnError(t *testing.T) {
	inBubble(t, func(t *testing.T, gateway *idphototest.Server, client *idphoto.Client) {
		_, err := client.VerifyIDPhoto(t.Context(), nil)
		for _, err := range []error{err, client.Validate(t.Context(), nil)} {
			if e := failure(t, err, ""); e.Code != codes.InvalidArgument || e.Dispatch != idphoto.DispatchNotSent || e.Retry != idphoto.RetryFixRequest {
				t.Errorf("got %v", err)
			}
		}
		if calls := gateway.Calls(); len(calls) != 0 {
			t.Errorf("received %v", calls)
		}
	})
}

func TestDetailsOfAStatusAreReachable(t *testing.T) {
	sent, err := status.New(codes.ResourceExhausted, "enough for today").WithDetails(
		&errdetails.ErrorInfo{Reason: "QUOTA_EXCEEDED", Domain: "idphoto", Metadata: map[string]string{"dispatch": "NOT_SENT", "retry": "SAME_ORDER"}},
		&errdetails.QuotaFailure{Violations: []*errdetails.QuotaFailure_Violation{{Subject: "caller:onboarding", Description: "1000 a day"}}},
	)
	if err != nil {
		t.Fatal(err)
	}
	inBubble(t, func(t *testing.T, gateway *idphototest.Server, client *idphoto.Client) {
		gateway.Reply(idphototest.FailStatus(sent))
		_, err := client.VerifyIDPhoto(t.Context(), request())
		got, ok := status.FromError(err)
		if !ok || len(got.Details()) != 2 || !errors.Is(err, idphoto.ReasonQuotaExceeded) {
			t.Fatalf("got %v in %v", got, err)
		}
		quota, ok := got.Details()[1].(*errdetails.QuotaFailure)
		if !ok || quota.GetViolations()[0].GetSubject() != "caller:onboarding" {
			t.Errorf("got %v", got.Details())
		}
	})
}

func TestEachMethodTakesOptionsOfTheCall(t *testing.T) {
	inBubble(t, func(t *testing.T, _ *idphototest.Server, client *idphoto.Client) {
		req := request()
		// An error for an order never seen would have no headers.
		if _, err := client.VerifyIDPhoto(t.Context(), req); err != nil {
			t.Fatal(err)
		}
		for name, call := range map[string]func(grpc.CallOption) error{
			"Validate":      func(o grpc.CallOption) error { return client.Validate(t.Context(), req, o) },
			"VerifyIDPhoto": func(o grpc.CallOption) error { _, err := client.VerifyIDPhoto(t.Context(), req, o); return err },
			"GetVerification": func(o grpc.CallOption) error {
				_, err := client.GetVerification(t.Context(), req.OrderID, o)
				return err
			},
			"Await": func(o grpc.CallOption) error { _, err := client.Await(t.Context(), req.OrderID, o); return err },
		} {
			var header metadata.MD
			if err := call(grpc.Header(&header)); err != nil || header == nil {
				t.Errorf("%s: headers %v, %v", name, header, err)
			}
		}
	})
}

func TestAClosedClientSaysSo(t *testing.T) {
	inBubble(t, func(t *testing.T, gateway *idphototest.Server, client *idphoto.Client) {
		if err := client.Close(); err != nil {
			t.Fatal(err)
		}
		req := request()
		_, verified := client.VerifyIDPhoto(t.Context(), req)
		_, asked := client.GetVerification(t.Context(), req.OrderID)
		_, awaited := client.Await(t.Context(), req.OrderID)
		for err, dispatch := range map[error]idphoto.Dispatch{
			verified: idphoto.DispatchNotSent, client.Validate(t.Context(), req): idphoto.DispatchNotSent,
			asked: idphoto.DispatchUnknownToClient, awaited: idphoto.DispatchUnknownToClient,
		} {
			e := failure(t, err, req.OrderID)
			if e.Code != codes.FailedPrecondition || e.Dispatch != dispatch || e.Retry != idphoto.RetryNever || e.Message != "the client is closed" {
				t.Errorf("got %v", err)
			}
		}
		if calls := gateway.Calls(); len(calls) != 0 {
			t.Errorf("received %v", calls)
		}
	})
}

func TestClosingEndsCallsInProgress(t *testing.T) {
	inBubble(t, func(t *testing.T, gateway *idphototest.Server, client *idphoto.Client) {
		gateway.Reply(idphototest.Hang())
		time.AfterFunc(time.Second, func() { _ = client.Close() })
		req := request()
		_, err := client.VerifyIDPhoto(t.Context(), req)
		if e := failure(t, err, req.OrderID); e.Code != codes.Canceled || e.Dispatch != idphoto.DispatchUnknownToClient || e.Retry != idphoto.RetryAskFirst {
			t.Errorf("got %v", err)
		}
	})
}

func TestClosingEndsAWait(t *testing.T) {
	inBubble(t, func(t *testing.T, gateway *idphototest.Server, client *idphoto.Client) {
		gateway.Reply(idphototest.Fail(idphoto.Error{Reason: idphoto.ReasonAnswerPending}))
		time.AfterFunc(time.Second, func() { _ = client.Close() })
		start := time.Now()
		_, err := client.VerifyIDPhoto(t.Context(), request())
		if !errors.Is(err, idphoto.ReasonAnswerPending) || !errors.Is(err, context.Canceled) || time.Since(start) != time.Second {
			t.Errorf("got %v after %v", err, time.Since(start))
		}
	})
}

// An interceptor of the user's may go on without the context that a proof needs.
func TestWithoutProofNothingIsSaidToBeUnsent(t *testing.T) {
	gateway := idphototest.NewServer(idphototest.Fail(idphoto.Error{Code: codes.Unavailable}))
	defer gateway.Close()
	client := gateway.Client(idphoto.WithDialOptions(grpc.WithChainUnaryInterceptor(
		func(_ context.Context, method string, request, reply any, conn *grpc.ClientConn, invoke grpc.UnaryInvoker, options ...grpc.CallOption) error {
			return invoke(t.Context(), method, request, reply, conn, options...)
		},
	)))
	req := request()
	_, err := client.VerifyIDPhoto(t.Context(), req)
	if e := failure(t, err, req.OrderID); e.Dispatch != idphoto.DispatchUnknownToClient || e.Retry != idphoto.RetryAskFirst {
		t.Errorf("got %v", err)
	}
}

func TestATimeThatIsOverBeforeTheCallSendsNothing(t *testing.T) {
	inBubble(t, func(t *testing.T, gateway *idphototest.Server, client *idphoto.Client) {
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		req := request()
		_, err := client.VerifyIDPhoto(ctx, req)
		if e := failure(t, err, req.OrderID); e.Code != codes.Canceled || e.Dispatch != idphoto.DispatchNotSent || e.Retry != idphoto.RetrySameOrder {
			t.Errorf("got %v", err)
		}
		if calls := gateway.Calls(); len(calls) != 0 {
			t.Errorf("received %v", calls)
		}
	})
}

func TestTheLongestTimeoutIsNoTrouble(t *testing.T) {
	gateway := idphototest.NewServer()
	defer gateway.Close()
	client := gateway.Client(idphoto.WithTimeout(math.MaxInt64))
	if _, err := client.VerifyIDPhoto(t.Context(), request()); err != nil {
		t.Error(err)
	}
}
