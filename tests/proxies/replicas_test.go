package proxies

import (
	"context"
	"math/rand/v2"
	"os"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"google.golang.org/grpc/codes"
	"google.golang.org/protobuf/proto"

	pb "idphoto.example/clients/go/gen/idphoto/v1"
)

const (
	// orders are asked for so often each, at once and in no order.
	orders, askedEach = 500, 4
	// askers are callers at once, and each call's deadline.
	askers   = 64
	deadline = 8 * time.Second
	// frozen is longer than upi.timeout, ledger.timeout, the margin of 10s and two beats of 5s together: the orders of a
	// gateway that sleeps so long are given up.
	frozen = 35 * time.Second
)

// story is what its callers were told of an order in the end.
type story struct {
	request *pb.VerifyIdPhotoRequest
	mutex   sync.Mutex
	answers []*pb.VerifyIdPhotoResponse
	unknown int
	// trouble is an end that no order may have.
	trouble []string
}

// TestReplicasSendEachOrderOnce has two gateways on one database behind an Envoy that repeats calls. One gateway is killed
// and comes back, the other sleeps until its orders are given up, and the database loses its connections and restarts.
func TestReplicasSendEachOrderOnce(t *testing.T) {
	if os.Getenv("IDPHOTO_TEST_POSTGRES") == "" {
		t.Skip("make test-replicas starts a PostgreSQL for it")
	}
	fleet := startFleet(t)
	calls := pb.NewIdPhotoServiceClient(connect(t, startBalancer(t, fleet.addresses())))
	stories, order := make([]*story, orders), make([]*story, 0, orders*askedEach)
	for place := range stories {
		stories[place] = &story{request: request(t, "sandbox:delay=150ms")}
		for range askedEach {
			order = append(order, stories[place])
		}
	}
	rand.Shuffle(len(order), func(i, j int) { order[i], order[j] = order[j], order[i] })
	var done atomic.Int64
	var disturbers sync.WaitGroup
	disturb := func(after int64, what func()) {
		disturbers.Go(func() {
			for done.Load() < after && t.Context().Err() == nil {
				// Sleeps: between two questions.
				time.Sleep(5 * time.Millisecond)
			}
			what()
		})
	}
	disturb(150, fleet.ledger.cut)
	disturb(250, func() { fleet.replicas[0].kill(t); fleet.replicas[0].start(t) })
	disturb(700, func() {
		_ = fleet.replicas[1].process.Process.Signal(syscall.SIGSTOP)
		// No event tells that time has passed.
		<-time.After(frozen)
		_ = fleet.replicas[1].process.Process.Signal(syscall.SIGCONT)
	})
	disturb(1100, func() { fleet.restartDatabase(t) })
	ask(t.Context(), calls, order, &done)
	disturbers.Wait()
	fleet.judge(t, calls, stories)
}

// ask has all calls made, each until its order came to an end.
func ask(ctx context.Context, calls pb.IdPhotoServiceClient, order []*story, done *atomic.Int64) {
	work := make(chan *story)
	var callers sync.WaitGroup
	for range askers {
		callers.Go(func() {
			for one := range work {
				one.ask(ctx, calls)
				done.Add(1)
			}
		})
	}
	for _, one := range order {
		work <- one
	}
	close(work)
	callers.Wait()
}

func (s *story) ask(ctx context.Context, calls pb.IdPhotoServiceClient) {
	ctx, cancel := context.WithTimeout(ctx, 2*patience)
	defer cancel()
	for {
		once, cancel := context.WithTimeout(ctx, deadline)
		answer, err := calls.VerifyIdPhoto(once, s.request)
		cancel()
		if s.ends(ended(answer, err, time.Time{}), ctx.Err() != nil) {
			return
		}
		select {
		case <-ctx.Done():
		case <-time.After(50 * time.Millisecond):
		}
	}
}

// ends is whether this end of a call is the order's.
func (s *story) ends(end end, late bool) bool {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	outcome := end.outcome()
	switch {
	case outcome == "OK":
		s.answers = append(s.answers, bare(end.answer))
	case outcome == "OUTCOME_UNKNOWN":
		s.unknown++
	case !end.repeatable():
		s.trouble = append(s.trouble, outcome+" "+end.text)
	case late:
		s.trouble = append(s.trouble, "never ended: "+outcome)
	default:
		return false
	}
	return true
}

// repeatable is whether the same order may be asked for again: the gateway says so, or something between made the error.
func (e end) repeatable() bool {
	if e.info != nil {
		return e.info.GetMetadata()["retry"] == "SAME_ORDER"
	}
	return e.code == codes.Unavailable || e.code == codes.DeadlineExceeded || e.code == codes.Canceled
}

// bare is an answer without what differs between the first and those that were replayed.
func bare(answer *pb.VerifyIdPhotoResponse) *pb.VerifyIdPhotoResponse {
	answer = proto.CloneOf(answer)
	if answer != nil {
		answer.Replayed = false
	}
	return answer
}
