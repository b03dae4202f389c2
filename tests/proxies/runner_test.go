package proxies

import (
	"context"
	"os"
	"sync"
	"testing"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	pb "idphoto.example/clients/go/gen/idphoto/v1"
)

const (
	// callers is how many cells are under way at once: as many as leave short deadlines a chance.
	callers = 24
	// perConnection is how many cells share a connection to a proxy: Envoy ends one on which 500 calls were given up.
	perConnection = 60
)

// runner takes the evidence of cells.
type runner struct {
	backend backend
	// asks is a connection of its own for GetVerification, without a proxy.
	asks   pb.IdPhotoServiceClient
	images map[string][]byte
}

func newRunner(t *testing.T, backend backend) *runner {
	t.Helper()
	images := map[string][]byte{}
	for _, photo := range photos {
		image, err := os.ReadFile("../data/photos/" + photo)
		if err != nil {
			t.Fatal(err)
		}
		images[photo] = image
	}
	return &runner{backend, pb.NewIdPhotoServiceClient(connect(t, backend.gateway)), images}
}

// run gives the evidence of all cells, whose calls go to these addresses by the names of the proxies.
func (r *runner) run(t *testing.T, cells []cell, addresses map[string]string) []evidence {
	t.Helper()
	found := make([]evidence, len(cells))
	work := make(chan func())
	var workers sync.WaitGroup
	for range callers {
		workers.Go(func() {
			for one := range work {
				one()
			}
		})
	}
	connections, used := map[string]*grpc.ClientConn{}, map[string]int{}
	for place, cell := range cells {
		// The gateway itself must bear all cancels on one connection.
		if used[cell.proxy] == 0 || cell.proxy != direct && used[cell.proxy]%perConnection == 0 {
			connections[cell.proxy] = connect(t, addresses[cell.proxy])
		}
		used[cell.proxy]++
		calls := pb.NewIdPhotoServiceClient(connections[cell.proxy])
		message := request(t, cell.scenario.usage)
		message.Photo = r.images[cell.photo]
		work <- func() { found[place] = r.cell(t.Context(), cell, calls, message) }
	}
	close(work)
	workers.Wait()
	own := r.backend.received(t)
	for place := range found {
		order := found[place].order
		found[place].last, found[place].sandbox = r.backend.witness.received(order), own[order]
	}
	return found
}

func (r *runner) cell(ctx context.Context, cell cell, calls pb.IdPhotoServiceClient, message *pb.VerifyIdPhotoRequest) evidence {
	e := evidence{cell: cell, order: message.GetOrderId()}
	if e.first.end = cell.call(ctx, calls, message); !cell.hasty {
		e.first = r.settled(ctx, e.order, e.first.end)
	}
	cell.deadline, cell.cancel = patience, never
	e.second = r.settled(ctx, e.order, cell.call(ctx, calls, message))
	return e
}

// call is a call with the cell's deadline and cancel. Nothing waits for ever.
func (c cell) call(ctx context.Context, calls pb.IdPhotoServiceClient, message *pb.VerifyIdPhotoRequest) end {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	if c.deadline > 0 {
		ctx, cancel = context.WithTimeout(ctx, c.deadline)
		defer cancel()
	}
	from, instant := time.Now(), c.cancel
	if instant == never {
		instant = patience
	}
	defer time.AfterFunc(instant, cancel).Stop()
	answer, err := calls.VerifyIdPhoto(ctx, message)
	return ended(answer, err, from)
}

// settled asks until the order is no more in flight.
func (r *runner) settled(ctx context.Context, order string, end end) round {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	found := round{end: end}
	for {
		found.before = r.backend.witness.received(order)
		found.kept = r.ask(ctx, order)
		if found.kept.state != pb.VerificationState_VERIFICATION_STATE_IN_FLIGHT || ctx.Err() != nil {
			found.received = r.backend.witness.received(order)
			return found
		}
		select {
		case <-ctx.Done():
		case <-time.After(20 * time.Millisecond):
		}
	}
}

func (r *runner) ask(ctx context.Context, order string) kept {
	found, err := r.asks.GetVerification(ctx, &pb.GetVerificationRequest{OrderId: order})
	switch end := ended(nil, err, time.Time{}); {
	case err == nil && found.GetOrderId() != order:
		return kept{trouble: "another order"}
	case err == nil:
		return kept{state: found.GetState(), result: found.GetResult()}
	case end.code == codes.NotFound && end.info.GetReason() == "VERIFICATION_NOT_FOUND":
		return kept{}
	default:
		return kept{trouble: status.Convert(err).String()}
	}
}
