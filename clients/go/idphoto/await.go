package idphoto

import (
	"context"
	"errors"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
)

// Await waits for the answer to an order that was sent, by asking until there is one. It
// sends nothing to UPI. Without a deadline in ctx it waits [DefaultAwaitTimeout].
//
// Trouble on the way does not end it. It fails with [ReasonOutcomeUnknown] when no answer
// will come, with the dispatch [DispatchNotSent] when the order can be sent again, and with
// [ReasonAnswerPending] when ctx ends before the answer comes. [ReasonVerificationNotFound] is
// for an order that the gateway's ledger does not have: a gateway with another ledger may
// have sent it.
func (c *Client) Await(ctx context.Context, orderID string, options ...grpc.CallOption) (*Answer, error) {
	if failure := checkOrderID(orderID); failure != nil {
		return nil, failure
	}
	ctx, cancel, err := c.open(ctx, DefaultAwaitTimeout, orderID, DispatchUnknownToClient)
	if err != nil {
		return nil, err
	}
	defer cancel()
	return c.await(ctx, orderID, nil, options)
}

// await reports latest, the newest that is known of the order, when its time is over.
func (c *Client) await(ctx context.Context, orderID string, latest error, options []grpc.CallOption) (*Answer, error) {
	for pause := awaitPauseFirst; ; pause = min(2*pause, awaitPauseLongest) {
		verification, err := c.get(ctx, orderID, options)
		switch {
		case err == nil && verification.State != StateInFlight:
			return verification.Answer, ending(verification)
		case err == nil:
			latest = pending(orderID)
		case ctx.Err() == nil && !isPassing(err):
			return nil, err
		case latest == nil:
			latest = err
		}
		select {
		case <-ctx.Done():
			return nil, ended(ctx, latest)
		case <-time.After(pause):
		}
	}
}

func pending(orderID string) error {
	return &Error{
		Code: codes.DeadlineExceeded, Reason: ReasonAnswerPending, Dispatch: DispatchInFlight, Retry: RetrySameOrder,
		OrderID: orderID, Message: "the answer is still awaited",
	}
}

// ending is nil for an answer, and else why none will come.
func ending(v *Verification) error {
	switch v.State {
	case StateAnswered:
		return nil
	case StateNotSent:
		return &Error{
			Code: codes.Unavailable, Dispatch: DispatchNotSent, Retry: RetrySameOrder,
			OrderID: v.OrderID, Message: "the order was not sent and can be sent again",
		}
	case StateOutcomeUnknown:
		return &Error{
			Code: codes.Unknown, Reason: ReasonOutcomeUnknown, Dispatch: DispatchUnknown, Retry: RetryNewOrder,
			OrderID: v.OrderID, Message: "the order was sent and no valid answer came",
		}
	}
	return &Error{Code: codes.Internal, OrderID: v.OrderID, Message: "a state that this client does not know"}
}

// ended is the latest news of the order, with the code of how the waiting ended.
func ended(ctx context.Context, latest error) error {
	e := (*Error)(nil)
	if !errors.As(latest, &e) {
		return latest
	}
	told := *e
	if told.Code = codes.DeadlineExceeded; errors.Is(ctx.Err(), context.Canceled) {
		told.Code = codes.Canceled
	}
	return &told
}

func withDefault(ctx context.Context, timeout time.Duration) (context.Context, context.CancelFunc) {
	if _, ok := ctx.Deadline(); ok {
		return ctx, func() {}
	}
	return context.WithTimeout(ctx, timeout)
}
