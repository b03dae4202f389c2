package idphoto

import (
	"context"
	"sync/atomic"

	"google.golang.org/grpc"
	"google.golang.org/grpc/stats"
)

// handover tells whether gRPC gave a call to a connection. From then on the gateway may
// have it, whatever the end of the call.
type handover struct{ reached, handed atomic.Bool }

type handoverKey struct{}

// isProvenUnsent needs both: that gRPC got the call with its context, so that its events
// come here, and that it told of no headers written.
func (h *handover) isProvenUnsent() bool { return h.reached.Load() && !h.handed.Load() }

func withHandover(ctx context.Context) (context.Context, *handover) {
	h := new(handover)
	return context.WithValue(ctx, handoverKey{}, h), h
}

func handoverOf(ctx context.Context) *handover {
	h, _ := ctx.Value(handoverKey{}).(*handover)
	return h
}

// reachGRPC is the innermost interceptor: an interceptor of the user's may end the call
// before, or go on with another context, and then nothing is proven.
func reachGRPC(ctx context.Context, method string, request, reply any, conn *grpc.ClientConn, invoke grpc.UnaryInvoker, options ...grpc.CallOption) error {
	if h := handoverOf(ctx); h != nil {
		h.reached.Store(true)
	}
	return invoke(ctx, method, request, reply, conn, options...)
}

// watchHandover is a stats handler: gRPC tells it of each attempt's headers, those of
// its own transparent retries included.
type watchHandover struct{}

// TagRPC is stats.Handler's.
func (watchHandover) TagRPC(ctx context.Context, _ *stats.RPCTagInfo) context.Context { return ctx }

// HandleRPC is stats.Handler's.
func (watchHandover) HandleRPC(ctx context.Context, event stats.RPCStats) {
	if _, ok := event.(*stats.OutHeader); !ok {
		return
	}
	if h := handoverOf(ctx); h != nil {
		h.handed.Store(true)
	}
}

// TagConn is stats.Handler's.
func (watchHandover) TagConn(ctx context.Context, _ *stats.ConnTagInfo) context.Context { return ctx }

// HandleConn is stats.Handler's.
func (watchHandover) HandleConn(context.Context, stats.ConnStats) {}
