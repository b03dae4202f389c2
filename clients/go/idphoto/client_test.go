package idphoto_test

import (
	"context"
	"errors"
	"fmt"
	"regexp"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"idphoto.example/clients/go/idphoto"
	"idphoto.example/clients/go/idphototest"
)

func request() *idphoto.Request {
	return &idphoto.Request{
		OrderID:  idphoto.MintOrderID(),
		Customer: idphoto.NewCustomer("李雷", "11010519491231002X"),
		Photo:    idphoto.NewPhoto([]byte("no photo")),
		Consent:  idphoto.Consent{UsageScenario: "test", Purpose: "test", AgreementVersion: "terms 1", AgreementSerial: "20260101000001"},
	}
}

// inBubble runs a test against a fake gateway on a clock of its own.
func inBubble(t *testing.T, test func(t *testing.T, gateway *idphototest.Server, client *idphoto.Client)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		gateway := idphototest.NewServer()
		defer gateway.Close()
		test(t, gateway, gateway.Client())
	})
}

// failure is the *Error in err, and checks what holds for each.
func failure(t *testing.T, err error, orderID string) *idphoto.Error {
	t.Helper()
	var e *idphoto.Error
	if !errors.As(err, &e) {
		t.Fatalf("got %v", err)
	}
	if e.OrderID != orderID || status.Code(err) != e.Code {
		t.Errorf("got order %q and code %v in %v", e.OrderID, status.Code(err), err)
	}
	return e
}

func TestAMintedOrderIDIsToldAndTheRequestStaysAsItWas(t *testing.T) {
	inBubble(t, func(t *testing.T, gateway *idphototest.Server, client *idphoto.Client) {
		req := request()
		req.OrderID = ""
		before := *req
		answer, err := client.VerifyIDPhoto(t.Context(), req)
		if calls := gateway.Calls(); err != nil || answer.OrderID != calls[0].OrderID {
			t.Errorf("got %+v and %v, received %v", answer, err, calls)
		}
		gateway.Reply(idphototest.Fail(idphoto.Error{Reason: idphoto.ReasonOutcomeUnknown}))
		_, err = client.VerifyIDPhoto(t.Context(), req)
		failure(t, err, gateway.Calls()[1].OrderID)
		if *req != before || gateway.Calls()[0].OrderID == gateway.Calls()[1].OrderID {
			t.Errorf("the request is %+v", req)
		}
	})
}

func TestMintedOrderIDsAreTimeAndChance(t *testing.T) {
	shape := regexp.MustCompile(`^[0-9]{14}[0-9A-Z]{21}$`)
	seen := map[string]bool{}
	for range 1000 {
		id := idphoto.MintOrderID()
		if !shape.MatchString(id) || seen[id] {
			t.Fatalf("minted %s", id)
		}
		seen[id] = true
		minted, err := time.Parse("20060102150405", id[:14])
		if age := time.Since(minted); err != nil || age < 0 || age > time.Minute {
			t.Fatalf("minted %s, %v ago", id, age)
		}
	}
}

func TestAPendingAnswerIsAwaitedInTheCallersTime(t *testing.T) {
	inBubble(t, func(t *testing.T, gateway *idphototest.Server, client *idphoto.Client) {
		gateway.Reply(idphototest.Pending(idphoto.Comparison{Confidence: 42}))
		answer, err := client.VerifyIDPhoto(t.Context(), request())
		if err != nil || answer.Outcome != (idphoto.Comparison{Confidence: 42}) || !answer.Replayed {
			t.Errorf("got %+v, %v", answer, err)
		}
	})
}

func TestWhenTheTimeIsOverTheAnswerIsPending(t *testing.T) {
	inBubble(t, func(t *testing.T, gateway *idphototest.Server, client *idphoto.Client) {
		gateway.Reply(idphototest.Fail(idphoto.Error{Reason: idphoto.ReasonAnswerPending}))
		req, start := request(), time.Now()
		_, err := client.VerifyIDPhoto(t.Context(), req)
		e := failure(t, err, req.OrderID)
		if e.Reason != idphoto.ReasonAnswerPending || e.Dispatch != idphoto.DispatchInFlight || e.Retry != idphoto.RetrySameOrder {
			t.Errorf("got %v", err)
		}
		if !errors.Is(err, context.DeadlineExceeded) || time.Since(start) != idphoto.DefaultTimeout {
			t.Errorf("ended after %v with %v", time.Since(start), err)
		}
		start = time.Now()
		_, err = client.Await(t.Context(), req.OrderID)
		if !errors.Is(err, idphoto.ReasonAnswerPending) || time.Since(start) != idphoto.DefaultAwaitTimeout {
			t.Errorf("waited %v and ended with %v", time.Since(start), err)
		}
	})
}

func TestACancelledWaitSaysThatTheAnswerIsPending(t *testing.T) {
	inBubble(t, func(t *testing.T, gateway *idphototest.Server, client *idphoto.Client) {
		gateway.Reply(idphototest.Fail(idphoto.Error{Reason: idphoto.ReasonAnswerPending}))
		ctx, cancel := context.WithCancel(t.Context())
		time.AfterFunc(3*time.Second, cancel)
		req := request()
		_, err := client.VerifyIDPhoto(ctx, req)
		if !errors.Is(err, context.Canceled) || !errors.Is(err, idphoto.ReasonAnswerPending) {
			t.Errorf("ended with %v", err)
		}
		failure(t, err, req.OrderID)
	})
}

func TestAwaitEndsWithWhatIsCertain(t *testing.T) {
	inBubble(t, func(t *testing.T, gateway *idphototest.Server, client *idphoto.Client) {
		req := request()
		_, err := client.Await(t.Context(), idphoto.MintOrderID())
		if !errors.Is(err, idphoto.ReasonVerificationNotFound) {
			t.Errorf("an order never seen: %v", err)
		}
		gateway.Reply(idphototest.Fail(idphoto.Error{Reason: idphoto.ReasonOutcomeUnknown}))
		_, err = client.VerifyIDPhoto(t.Context(), req)
		again, awaited := failure(t, err, req.OrderID), (*idphoto.Error)(nil)
		_, err = client.Await(t.Context(), req.OrderID)
		if awaited = failure(t, err, req.OrderID); awaited.Reason != again.Reason || awaited.Retry != again.Retry || awaited.Dispatch != again.Dispatch {
			t.Errorf("a call ends with %v, waiting with %v", again, awaited)
		}
	})
}

// public is an error without what only its package sees.
func public(e *idphoto.Error) idphoto.Error {
	return idphoto.Error{
		Code: e.Code, Reason: e.Reason, Dispatch: e.Dispatch, Retry: e.Retry, OrderID: e.OrderID,
		Violations: e.Violations, RetryAfter: e.RetryAfter, Message: e.Message,
	}
}

func TestEachReasonIsFoundByIsAndNoOther(t *testing.T) {
	inBubble(t, func(t *testing.T, gateway *idphototest.Server, client *idphoto.Client) {
		later := idphoto.Reason("A_LATER_REASON")
		for _, reason := range []idphoto.Reason{idphoto.ReasonOverloaded, idphoto.ReasonUPIRefused, idphoto.ReasonGatewayFault, later} {
			sent := idphoto.Error{
				Code: codes.FailedPrecondition, Reason: reason, Dispatch: "HALF_SENT", Retry: "TOMORROW",
				Violations: []idphoto.Violation{{Field: "a.later.field", Description: "must be so"}}, RetryAfter: 3 * time.Second,
			}
			gateway.Reply(idphototest.Fail(sent))
			req := request()
			_, err := client.VerifyIDPhoto(t.Context(), req)
			sent.OrderID = req.OrderID
			if got := failure(t, err, req.OrderID); fmt.Sprintf("%#v", public(got)) != fmt.Sprintf("%#v", sent) {
				t.Errorf("sent %#v, got %#v", sent, got)
			}
			if !errors.Is(err, reason) || errors.Is(err, idphoto.ReasonDeadlineTooShort) {
				t.Errorf("Is does not tell %v", err)
			}
		}
	})
}

func TestValidationFindsAndSendsNothing(t *testing.T) {
	inBubble(t, func(t *testing.T, gateway *idphototest.Server, client *idphoto.Client) {
		req := request()
		if err := client.Validate(t.Context(), req); err != nil {
			t.Error(err)
		}
		gateway.Reply(idphototest.Fail(idphoto.Error{Reason: idphoto.ReasonInvalidField, Violations: []idphoto.Violation{{Field: "photo", Description: "must be a JPEG or PNG"}}}))
		err := client.Validate(t.Context(), req)
		if !errors.Is(err, idphoto.ReasonInvalidField) || !strings.Contains(err.Error(), "photo: must be a JPEG or PNG") {
			t.Errorf("got %v", err)
		}
		if _, err := client.GetVerification(t.Context(), req.OrderID); !errors.Is(err, idphoto.ReasonVerificationNotFound) {
			t.Errorf("the order is used: %v", err)
		}
	})
}

func TestARejectionIsNoComparison(t *testing.T) {
	inBubble(t, func(t *testing.T, gateway *idphototest.Server, client *idphoto.Client) {
		gateway.Reply(idphototest.Answer(idphoto.NewRejection(idphoto.CategoryNotConfirmed, "70", "message", "detail")))
		req := request()
		answer, err := client.VerifyIDPhoto(t.Context(), req)
		if err != nil {
			t.Fatal(err)
		}
		rejection, ok := answer.Outcome.(idphoto.Rejection)
		if !ok || rejection.Category != idphoto.CategoryNotConfirmed || rejection.Code != "70" || rejection.Message() != "message" || rejection.Detail() != "detail" {
			t.Errorf("got %v", answer.Outcome)
		}
		found, err := client.GetVerification(t.Context(), req.OrderID)
		if err != nil || found.State != idphoto.StateAnswered || found.Answer == nil || found.Consent != req.Consent {
			t.Errorf("found %+v, %v", found, err)
		}
	})
}
