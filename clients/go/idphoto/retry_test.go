package idphoto_test

import (
	"testing"
	"time"

	"google.golang.org/grpc/codes"

	"idphoto.example/clients/go/idphoto"
	"idphoto.example/clients/go/idphototest"
)

var draining = idphototest.Fail(idphoto.Error{Reason: idphoto.ReasonDraining})

func TestWhatTheGatewayHasNotSaidIsNotTriedAgain(t *testing.T) {
	for code := codes.Canceled; code <= codes.Unauthenticated; code++ {
		t.Run(code.String(), func(t *testing.T) {
			inBubble(t, func(t *testing.T, gateway *idphototest.Server, client *idphoto.Client) {
				gateway.Reply(idphototest.Fail(idphoto.Error{Code: code}))
				req := request()
				_, err := client.VerifyIDPhoto(t.Context(), req)
				e := failure(t, err, req.OrderID)
				if e.Code != code || e.Reason != "" || e.Dispatch != idphoto.DispatchUnknownToClient || e.Retry == idphoto.RetrySameOrder {
					t.Errorf("got %v", err)
				}
				if got := len(gateway.Calls()); got != 1 {
					t.Errorf("%d attempts", got)
				}
			})
		})
	}
}

func TestAPauseIsAsLongAsTheGatewayAsks(t *testing.T) {
	inBubble(t, func(t *testing.T, gateway *idphototest.Server, client *idphoto.Client) {
		gateway.Reply(idphototest.Fail(idphoto.Error{Reason: idphoto.ReasonDraining, RetryAfter: 7 * time.Second}))
		start := time.Now()
		if _, err := client.VerifyIDPhoto(t.Context(), request()); err != nil || time.Since(start) != 7*time.Second {
			t.Errorf("ended after %v with %v", time.Since(start), err)
		}
	})
}

func TestPausesGrowFromAQuarterOfASecond(t *testing.T) {
	inBubble(t, func(t *testing.T, gateway *idphototest.Server, client *idphoto.Client) {
		gateway.Reply(draining, draining)
		start := time.Now()
		_, err := client.VerifyIDPhoto(t.Context(), request())
		// 0.25 s and 0.75 s, each a fifth more or less.
		if took := time.Since(start); err != nil || took < 800*time.Millisecond || took > 1200*time.Millisecond {
			t.Errorf("ended after %v with %v", took, err)
		}
	})
}

func TestManyFailuresEndTheFurtherAttempts(t *testing.T) {
	inBubble(t, func(t *testing.T, gateway *idphototest.Server, client *idphoto.Client) {
		for range 100 {
			gateway.Reply(draining)
		}
		for range 20 {
			if _, err := client.VerifyIDPhoto(t.Context(), request()); err == nil {
				t.Error("a draining gateway answers")
			}
		}
		// 16 calls of three attempts and one of two take half of the hundred tokens.
		if got := len(gateway.Calls()); got != 16*3+2+3 {
			t.Errorf("%d attempts in 20 calls", got)
		}
	})
}
