package conformance

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/health/grpc_health_v1"

	idphotov1 "idphoto.example/clients/go/gen/idphoto/v1"
)

const (
	pause   = 10 * time.Millisecond
	between = 100 * time.Millisecond
)

// perform does a step, again and again where it says eventually.
func (r *run) perform(s step) error {
	err := r.once(s)
	for late := time.After(time.Duration(s.Eventually)); err != nil && pauses(between, late); {
		err = r.once(s)
	}
	if err != nil {
		return fmt.Errorf("%s %s: %w", s.Do, s.Order, err)
	}
	return nil
}

// pauses says whether to ask again after a pause, or that it is late.
func pauses(pause time.Duration, late <-chan time.Time) bool {
	select {
	case <-late:
		return false
	case <-time.After(pause):
		return true
	}
}

func (r *run) once(s step) error {
	want := r.expectation(s)
	switch s.Do {
	case "verify", "validate", "get", "await":
		return r.rpc(r.t.Context(), s, r.order(s.Order)).differs(want)
	case "start":
		r.start(s)
		return nil
	case "cancel":
		return r.finish(s.Call, true).differs(want)
	case "join":
		return r.finish(s.Call, false).differs(want)
	case "sent":
		return r.sent(r.order(s.Order))
	case "parallel":
		return r.parallel(s, want)
	case "stream":
		return r.stream(s, want)
	case "script":
		r.backends[s.backend()].fake.say(s.Replies)
		return nil
	case "count":
		return r.count(s, want)
	case "drain":
		return r.drain(s)
	case "restart":
		return r.backends[s.backend()].gateway.restart(r.t)
	case "kill":
		return r.kill(r.order(s.Order))
	case "close":
		return r.shut()
	case "install":
		return r.install(s.Files)
	}
	return fmt.Errorf("no step of kind %q", s.Do)
}

func (s step) backend() int {
	if s.Backend == nil {
		return 0
	}
	return *s.Backend
}

func (r *run) start(s step) {
	ctx, cancel := context.WithCancel(r.t.Context())
	started := &call{cancel, time.Now(), make(chan result, 1)}
	r.calls[s.Call] = started
	orderID := r.order(s.Order)
	go func() { started.result <- r.rpc(ctx, s, orderID) }()
}

func (r *run) finish(name string, cancelled bool) result {
	started, begun := r.calls[name], time.Now()
	if started == nil {
		return result{broken: fmt.Errorf("no call %q was started", name)}
	}
	if cancelled {
		started.cancel()
	}
	ended := <-started.result
	started.cancel()
	if cancelled {
		ended.took = time.Since(begun)
	}
	return ended
}

func (r *run) sent(orderID string) error {
	for late := time.After(patience); pauses(pause, late); {
		sum, err := r.posted(orderID)
		if err != nil || sum.Posts+sum.Refused > 0 {
			return err
		}
	}
	return errors.New("no sandbox has received it")
}

func (r *run) parallel(s step, want *expectation) error {
	results := make([]result, s.Count)
	orderID := r.order(s.Order)
	var all sync.WaitGroup
	for i := range results {
		all.Go(func() { results[i] = r.rpc(r.t.Context(), s, orderID) })
	}
	all.Wait()
	for _, got := range results {
		if err := got.differs(want); err != nil {
			return err
		}
		if got.answer == nil {
			continue
		}
		one, other := *got.answer, *results[0].answer
		one.replayed, other.replayed = false, false
		if one != other {
			return fmt.Errorf("answers %+v and %+v", one, other)
		}
	}
	return nil
}

func (r *run) stream(s step, want *expectation) error {
	var begun, over atomic.Int64
	var wrong sync.Map
	over.Store(int64(len(s.During)))
	var all sync.WaitGroup
	for range max(s.Width, 1) {
		all.Go(func() {
			for number := begun.Add(1); number <= int64(s.Count) || over.Load() > 0; number = begun.Add(1) {
				orderID := r.order(fmt.Sprintf("stream %d", number))
				if err := r.rpc(r.t.Context(), s, orderID).differs(want); err != nil {
					wrong.Store(number, err)
				}
			}
		})
	}
	var meanwhile error
	for _, also := range s.During {
		meanwhile = errors.Join(meanwhile, r.perform(also))
		over.Add(-1)
	}
	all.Wait()
	count, first := 0, error(nil)
	wrong.Range(func(_, err any) bool {
		count, first = count+1, err.(error)
		return true
	})
	if count > 0 {
		first = fmt.Errorf("%d of %d calls, one of them: %w", count, begun.Load(), first)
	}
	return errors.Join(meanwhile, first)
}

func (r *run) count(s step, want *expectation) error {
	if s.Order != "" {
		sum, err := r.posted(r.order(s.Order))
		return errors.Join(err, number("posts", sum.Posts, want.Posts))
	}
	b := r.backends[s.backend()]
	if b.fake != nil {
		calls, orders := b.fake.counts()
		if want.CallsAtLeast != nil && calls < *want.CallsAtLeast {
			return fmt.Errorf("%d calls, fewer than %d", calls, *want.CallsAtLeast)
		}
		return errors.Join(number("calls", calls, want.Calls), number("orders", orders, want.Orders), b.fake.showed(want.Tokens))
	}
	orders, err := b.gateway.orders()
	posts := 0
	for _, order := range orders {
		posts += order.Posts
	}
	return errors.Join(err, number("posts", posts, want.Posts))
}

func number(name string, got int, want *int) error {
	if want == nil || got == *want {
		return nil
	}
	return fmt.Errorf("%d %s, not %d", got, name, *want)
}

// kill ends the gateways that the order went through, as a machine that fails does.
func (r *run) kill(orderID string) error {
	killed := 0
	for _, b := range r.backends {
		if b.gateway == nil {
			continue
		}
		orders, err := b.gateway.orders()
		if err != nil {
			return err
		}
		if sum := orders[orderID]; sum.Posts+sum.Refused > 0 {
			b.gateway.kill()
			killed++
		}
	}
	if killed == 0 {
		return errors.New("no sandbox has received it")
	}
	return nil
}

func (r *run) shut() error {
	c, err := r.client()
	if err == nil {
		c.close()
	}
	return err
}

// drain returns when the gateway's health says so.
func (r *run) drain(s step) error {
	g := r.backends[s.backend()].gateway
	conn, err := grpc.NewClient(g.address, grpc.WithTransportCredentials(insecure.NewCredentials()))
	if err != nil {
		return err
	}
	defer conn.Close()
	if err := g.terminate(); err != nil {
		return err
	}
	checks := grpc_health_v1.NewHealthClient(conn)
	ask := &grpc_health_v1.HealthCheckRequest{Service: idphotov1.IdPhotoService_ServiceDesc.ServiceName}
	ctx, cancel := context.WithTimeout(r.t.Context(), patience)
	defer cancel()
	for {
		response, err := checks.Check(ctx, ask)
		if err != nil || response.GetStatus() == grpc_health_v1.HealthCheckResponse_NOT_SERVING {
			return err
		}
		pauses(pause, nil)
	}
}
