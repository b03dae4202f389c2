package idphoto

import (
	"context"
	"math/rand/v2"
	"sync"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"

	idphotov1 "idphoto.example/clients/go/gen/idphoto/v1"
)

// send makes the attempts of one verification. gRPC's own retries would repeat a call
// whose connection broke: at another gateway that is sent, and charged, once more.
func (c *Client) send(ctx context.Context, request *idphotov1.VerifyIdPhotoRequest, options []grpc.CallOption) (*idphotov1.VerifyIdPhotoResponse, *Error) {
	for attempt := 1; ; attempt++ {
		watched, h := withHandover(ctx)
		response, err := c.stub.VerifyIdPhoto(watched, request, options...)
		if err == nil {
			c.tokens.put()
			return response, nil
		}
		failure := c.told(ctx, orderFailure(err, request.GetOrderId(), h))
		if !isRepeatable(failure) || !c.tokens.take() || attempt == retryAttempts {
			return nil, failure
		}
		if !waitFor(ctx, max(backoff(attempt), failure.RetryAfter)) {
			return nil, failure
		}
	}
}

// isRepeatable says whether nothing was sent, and another attempt may go better.
func isRepeatable(e *Error) bool { return e.Code == codes.Unavailable && e.Dispatch == DispatchNotSent }

// backoff is the pause after an attempt, a fifth more or less as gRPC's is.
func backoff(attempt int) time.Duration {
	pause := float64(retryBackoffFirst)
	for range attempt - 1 {
		pause *= retryBackoffMultiplier
	}
	pause = min(pause, float64(retryBackoffLongest))
	return time.Duration(pause * (0.8 + 0.4*rand.Float64()))
}

// waitFor is false when ctx ends before the pause, which then is not begun.
func waitFor(ctx context.Context, pause time.Duration) bool {
	if end, ok := ctx.Deadline(); ok && time.Until(end) <= pause {
		return false
	}
	select {
	case <-ctx.Done():
		return false
	case <-time.After(pause):
		return true
	}
}

// tokens slow the attempts down when many fail, by the rule of gRPC's retryThrottling:
// a failure takes one, a success gives a part of one back, and half of them must be there.
type tokens struct {
	mutex sync.Mutex
	left  float64
}

func newTokens() *tokens { return &tokens{left: retryTokens} }

func (t *tokens) take() bool {
	t.mutex.Lock()
	defer t.mutex.Unlock()
	t.left = max(t.left-1, 0)
	return t.left > retryTokens/2
}

func (t *tokens) put() {
	t.mutex.Lock()
	defer t.mutex.Unlock()
	t.left = min(t.left+retryTokenRatio, retryTokens)
}
