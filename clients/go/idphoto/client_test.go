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

func TestAMintedOrderIDIsInTheRequestAndStays(t *testing.T) {
	inBubble(t, func(t *testing.T, gateway *idphototest.Server, client *idphoto.Client) {
		req := request()
		gateway.Reply(idphototest.Fail(idphoto.Error{Reason: idphoto.OutcomeUnknown}))
		_, err := client.VerifyIDPhoto(t.Context(), req)
		failure(t, err, req.OrderID)
		first := req.OrderID
		_, err = client.VerifyIDPhoto(t.Context(), req)
		if req.OrderID != first || !errors.Is(err, idphoto.OutcomeUnknown) {
			t.Errorf("the second call has order %s and ended with %v", req.OrderID, err)
		}
		if calls := gateway.Calls(); len(calls) != 2 || calls[0].OrderID != first || calls[1].OrderID != first {
			t.Errorf("received %v", calls)
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
		gateway.Reply(idphototest.Fail(idphoto.Error{Reason: idphoto.AnswerPending}))
		req, start := request(), time.Now()
		_, err := client.VerifyIDPhoto(t.Context(), req)
		e := failure(t, err, req.OrderID)
		if e.Reason != idphoto.AnswerPending || e.Dispatch != idphoto.InFlight || e.Retry != idphoto.SameOrder {
			t.Errorf("got %v", err)
		}
		if !errors.Is(err, context.DeadlineExceeded) || time.Since(start) != idphoto.DefaultTimeout {
			t.Errorf("ended after %v with %v", time.Since(start), err)
		}
		start = time.Now()
		_, err = client.Await(t.Context(), req.OrderID)
		if !errors.Is(err, idphoto.AnswerPending) || time.Since(start) != idphoto.DefaultAwaitTimeout {
			t.Errorf("waited %v and ended with %v", time.Since(start), err)
		}
	})
}

func TestACancelledWaitSaysThatTheAnswerIsPending(t *testing.T) {
	inBubble(t, func(t *testing.T, gateway *idphototest.Server, client *idphoto.Client) {
		gateway.Reply(idphototest.Fail(idphoto.Error{Reason: idphoto.AnswerPending}))
		ctx, cancel := context.WithCancel(t.Context())
		time.AfterFunc(3*time.Second, cancel)
		req := request()
		_, err := client.VerifyIDPhoto(ctx, req)
		if !errors.Is(err, context.Canceled) || !errors.Is(err, idphoto.AnswerPending) {
			t.Errorf("ended with %v", err)
		}
		failure(t, err, req.OrderID)
	})
}

func TestAwaitEndsWithWhatIsCertain(t *testing.T) {
	inBubble(t, func(t *testing.T, gateway *idphototest.Server, client *idphoto.Client) {
		req := request()
		_, err := client.Await(t.Context(), idphoto.MintOrderID())
		if !errors.Is(err, idphoto.VerificationNotFound) {
			t.Errorf("an order never seen: %v", err)
		}
		gateway.Reply(idphototest.Fail(idphoto.Error{Reason: idphoto.OutcomeUnknown}))
		_, err = client.VerifyIDPhoto(t.Context(), req)
		again, awaited := failure(t, err, req.OrderID), (*idphoto.Error)(nil)
		_, err = client.Await(t.Context(), req.OrderID)
		if awaited = failure(t, err, req.OrderID); awaited.Reason != again.Reason || awaited.Retry != again.Retry || awaited.Dispatch != again.Dispatch {
			t.Errorf("a call ends with %v, waiting with %v", again, awaited)
		}
	})
}

func TestOnlyUnavailableIsTriedAgain(t *testing.T) {
	for code := codes.Canceled; code <= codes.Unauthenticated; code++ {
		t.Run(code.String(), func(t *testing.T) {
			inBubble(t, func(t *testing.T, gateway *idphototest.Server, client *idphoto.Client) {
				for range 3 {
					gateway.Reply(idphototest.Fail(idphoto.Error{Code: code}))
				}
				req, attempts := request(), 1
				if code == codes.Unavailable {
					attempts = 3
				}
				_, err := client.VerifyIDPhoto(t.Context(), req)
				if e := failure(t, err, req.OrderID); e.Code != code || e.Reason != "" || e.Dispatch != "" {
					t.Errorf("got %v", err)
				}
				if got := len(gateway.Calls()); got != attempts {
					t.Errorf("%d attempts", got)
				}
			})
		})
	}
}

func TestEachReasonIsFoundByIsAndNoOther(t *testing.T) {
	inBubble(t, func(t *testing.T, gateway *idphototest.Server, client *idphoto.Client) {
		later := idphoto.Reason("A_LATER_REASON")
		for _, reason := range []idphoto.Reason{idphoto.Overloaded, idphoto.UPIRefused, idphoto.GatewayFault, later} {
			sent := idphoto.Error{
				Code: codes.FailedPrecondition, Reason: reason, Dispatch: "HALF_SENT", Retry: "TOMORROW",
				Violations: []idphoto.Violation{{Field: "a.later.field", Description: "must be so"}}, RetryAfter: 3 * time.Second,
			}
			gateway.Reply(idphototest.Fail(sent))
			req := request()
			_, err := client.VerifyIDPhoto(t.Context(), req)
			sent.OrderID = req.OrderID
			if got := failure(t, err, req.OrderID); fmt.Sprintf("%#v", *got) != fmt.Sprintf("%#v", sent) {
				t.Errorf("sent %#v, got %#v", sent, got)
			}
			if !errors.Is(err, reason) || errors.Is(err, idphoto.DeadlineTooShort) {
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
		gateway.Reply(idphototest.Fail(idphoto.Error{Reason: idphoto.InvalidField, Violations: []idphoto.Violation{{Field: "photo", Description: "must be a JPEG or PNG"}}}))
		err := client.Validate(t.Context(), req)
		if !errors.Is(err, idphoto.InvalidField) || !strings.Contains(err.Error(), "photo: must be a JPEG or PNG") {
			t.Errorf("got %v", err)
		}
		if _, err := client.GetVerification(t.Context(), req.OrderID); !errors.Is(err, idphoto.VerificationNotFound) {
			t.Errorf("the order is used: %v", err)
		}
	})
}

func TestARejectionIsNoComparison(t *testing.T) {
	inBubble(t, func(t *testing.T, gateway *idphototest.Server, client *idphoto.Client) {
		gateway.Reply(idphototest.Answer(idphoto.NewRejection(idphoto.NotConfirmed, "70", "message", "detail")))
		req := request()
		answer, err := client.VerifyIDPhoto(t.Context(), req)
		if err != nil {
			t.Fatal(err)
		}
		rejection, ok := answer.Outcome.(idphoto.Rejection)
		if !ok || rejection.Category != idphoto.NotConfirmed || rejection.Code != "70" || rejection.Message() != "message" || rejection.Detail() != "detail" {
			t.Errorf("got %v", answer.Outcome)
		}
		found, err := client.GetVerification(t.Context(), req.OrderID)
		if err != nil || found.State != idphoto.StateAnswered || found.Answer == nil || found.Consent != req.Consent {
			t.Errorf("found %+v, %v", found, err)
		}
	})
}
