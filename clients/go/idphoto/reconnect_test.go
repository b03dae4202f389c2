package idphoto_test

import (
	"context"
	"errors"
	"net"
	"sync"
	"testing"
	"time"

	"google.golang.org/grpc"

	"idphoto.example/clients/go/idphoto"
	"idphoto.example/clients/go/idphototest"
)

func TestAGatewayThatIsBackIsSeenWithinSeconds(t *testing.T) {
	inBubble(t, func(t *testing.T, gateway *idphototest.Server, _ *idphoto.Client) {
		var mutex sync.Mutex
		var tried []time.Time
		client := gateway.Client(idphoto.WithDialOptions(grpc.WithContextDialer(func(context.Context, string) (net.Conn, error) {
			mutex.Lock()
			defer mutex.Unlock()
			tried = append(tried, time.Now())
			return nil, errors.New("nobody listens")
		})))
		req := request()
		_, err := client.VerifyIDPhoto(t.Context(), req)
		if e := failure(t, err, req.OrderID); e.Dispatch != idphoto.DispatchNotSent || e.Retry != idphoto.RetrySameOrder {
			t.Errorf("got %v", err)
		}
		// Sleeps: on the bubble's clock.
		time.Sleep(10 * time.Minute)
		mutex.Lock()
		defer mutex.Unlock()
		for i := 1; i < len(tried); i++ {
			// gRPC adds a fifth at most.
			if pause := tried[i].Sub(tried[i-1]); pause > 6*time.Second {
				t.Fatalf("%v between attempts to connect", pause)
			}
		}
		if len(tried) < 100 {
			t.Errorf("%d attempts in ten minutes", len(tried))
		}
	})
}
