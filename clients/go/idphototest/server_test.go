package idphototest_test

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"google.golang.org/grpc/codes"

	"idphoto.example/clients/go/idphoto"
	"idphoto.example/clients/go/idphototest"
)

func request(name string) *idphoto.Request {
	return &idphoto.Request{
		OrderID:  idphoto.MintOrderID(),
		Customer: idphoto.NewCustomer(name, "11010519491231002X"),
		Merchant: &idphoto.Merchant{ID: "1", Name: "shop", CategoryCode: "6011"},
	}
}

func TestTheSameOrderReplaysAndTakesNoReply(t *testing.T) {
	gateway := idphototest.NewServer(idphototest.Answer(idphoto.Comparison{Confidence: 1}), idphototest.Answer(idphoto.Comparison{Confidence: 2}))
	defer gateway.Close()
	client, req := gateway.Client(), request("李雷")
	first, err := client.VerifyIDPhoto(t.Context(), req)
	if err != nil || first.Replayed {
		t.Fatalf("got %+v, %v", first, err)
	}
	again, err := client.VerifyIDPhoto(t.Context(), req)
	if err != nil || !again.Replayed || again.Outcome != first.Outcome {
		t.Errorf("got %+v, %v", again, err)
	}
	other, err := client.VerifyIDPhoto(t.Context(), request("李雷"))
	if err != nil || other.Outcome != (idphoto.Comparison{Confidence: 2}) {
		t.Errorf("got %+v, %v", other, err)
	}
}

func TestOtherContentIsRefused(t *testing.T) {
	gateway := idphototest.NewServer()
	defer gateway.Close()
	client, req := gateway.Client(), request("李雷")
	if _, err := client.VerifyIDPhoto(t.Context(), req); err != nil {
		t.Fatal(err)
	}
	req.Customer = idphoto.NewCustomer("韩梅梅", "11010519491231002X")
	if _, err := client.VerifyIDPhoto(t.Context(), req); !errors.Is(err, idphoto.ReasonOrderIDReused) {
		t.Errorf("got %v", err)
	}
}

func TestEachReasonComesWithItsRowOfTheContract(t *testing.T) {
	gateway := idphototest.NewServer()
	defer gateway.Close()
	client := gateway.Client()
	for reason, code := range map[idphoto.Reason]codes.Code{
		idphoto.ReasonInvalidField: codes.InvalidArgument, idphoto.ReasonOrderIDReused: codes.AlreadyExists,
		idphoto.ReasonQuotaExceeded: codes.ResourceExhausted, idphoto.ReasonDeadlineTooShort: codes.DeadlineExceeded,
		idphoto.ReasonUPIRefused: codes.Internal, idphoto.ReasonOutcomeUnknown: codes.Unknown,
		"A_LATER_REASON": codes.Unknown, "": codes.Unknown,
	} {
		gateway.Reply(idphototest.Fail(idphoto.Error{Reason: reason}))
		_, err := client.VerifyIDPhoto(t.Context(), request("李雷"))
		var failure *idphoto.Error
		if !errors.As(err, &failure) || failure.Code != code || failure.Reason != reason {
			t.Errorf("%q comes as %v", reason, err)
		}
	}
}

func TestAPendingOrderIsInFlightAndThenAnswered(t *testing.T) {
	gateway := idphototest.NewServer(idphototest.Pending(idphoto.Comparison{Confidence: 42}))
	defer gateway.Close()
	client, req := gateway.Client(), request("李雷")
	answer, err := client.VerifyIDPhoto(t.Context(), req)
	if err != nil || answer.Outcome != (idphoto.Comparison{Confidence: 42}) {
		t.Errorf("got %+v, %v", answer, err)
	}
	call := gateway.Calls()[0]
	if call.Name != "李雷" || call.IDNumber != "11010519491231002X" || call.OrderID != req.OrderID || *call.Merchant != *req.Merchant {
		t.Errorf("received %+v", call)
	}
}

func TestADelayedAnswerIsInFlightUntilItComes(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		gateway := idphototest.NewServer(idphototest.Answer(idphoto.Comparison{Confidence: 42}).After(time.Minute))
		defer gateway.Close()
		client, req := gateway.Client(), request("李雷")
		ctx, cancel := context.WithTimeout(t.Context(), 3*time.Second)
		defer cancel()
		if _, err := client.VerifyIDPhoto(ctx, req); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("got %v", err)
		}
		if found, err := client.GetVerification(t.Context(), req.OrderID); err != nil || found.State != idphoto.StateInFlight {
			t.Errorf("found %+v, %v", found, err)
		}
		answer, err := client.Await(t.Context(), req.OrderID)
		if err != nil || answer.Outcome != (idphoto.Comparison{Confidence: 42}) {
			t.Errorf("got %+v, %v", answer, err)
		}
	})
}

func TestADelayedFailureTakesItsTime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		gateway := idphototest.NewServer(idphototest.Fail(idphoto.Error{Reason: idphoto.ReasonOverloaded}).After(5 * time.Second))
		defer gateway.Close()
		start := time.Now()
		_, err := gateway.Client().VerifyIDPhoto(t.Context(), request("李雷"))
		if !errors.Is(err, idphoto.ReasonOverloaded) || time.Since(start) != 5*time.Second {
			t.Errorf("got %v after %v", err, time.Since(start))
		}
	})
}

func TestAHangingCallEndsWithItsDeadline(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		gateway := idphototest.NewServer(idphototest.Hang())
		defer gateway.Close()
		start := time.Now()
		_, err := gateway.Client().VerifyIDPhoto(t.Context(), request("李雷"))
		var failure *idphoto.Error
		if !errors.As(err, &failure) || failure.Dispatch != idphoto.DispatchUnknownToClient || failure.Retry != idphoto.RetryAskFirst {
			t.Errorf("got %v", err)
		}
		if time.Since(start) != idphoto.DefaultTimeout {
			t.Errorf("ended after %v", time.Since(start))
		}
	})
}
