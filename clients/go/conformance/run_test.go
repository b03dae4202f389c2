package conformance

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/resolver"
	"google.golang.org/grpc/resolver/manual"

	"idphoto.example/clients/go/idphoto"
)

// maker makes a caller for a target.
type maker func(target string, spec clientSpec, folder string, dial []grpc.DialOption) (caller, error)

// backend is a *gateway, a *fake, or nil where there is only an address.
type backend struct {
	address string
	gateway *gateway
	fake    *fake
}

// run is one scenario in progress.
type run struct {
	t        *testing.T
	scenario scenario
	base     fields
	raw      bool
	make     maker
	folder   string
	backends []backend

	mutex  sync.Mutex
	caller caller
	orders map[string]string
	calls  map[string]*call
}

// call is one that was started and not yet waited for.
type call struct {
	cancel context.CancelFunc
	begun  time.Time
	result chan result
}

func (r *run) setUp(shared func(*testing.T) *gateway, certs string) {
	r.orders, r.calls = map[string]string{}, map[string]*call{}
	r.folder = r.t.TempDir()
	if err := os.CopyFS(r.folder, os.DirFS(certs)); err != nil {
		r.t.Fatal(err)
	}
	r.t.Cleanup(func() {
		if r.caller != nil {
			r.caller.close()
		}
	})
	if r.scenario.Backends == nil {
		g := shared(r.t)
		r.backends = []backend{{g.address, g, nil}}
	}
	for _, spec := range r.scenario.Backends {
		r.backends = append(r.backends, r.begin(spec))
	}
}

func (r *run) begin(spec backendSpec) backend {
	switch spec.Kind {
	case "gateway":
		g := startGateway(r.t, spec, r.folder)
		r.t.Cleanup(g.close)
		return backend{g.address, g, nil}
	case "fake":
		f := startFake(r.t, spec)
		r.t.Cleanup(f.server.Stop)
		return backend{f.address, nil, f}
	case "silent":
		return backend{address: silent(r.t)}
	case "closed":
		return backend{address: closed(r.t)}
	}
	r.t.Fatalf("no backend of kind %q", spec.Kind)
	return backend{}
}

// client is made at the first step that needs it.
func (r *run) client() (caller, error) {
	r.mutex.Lock()
	defer r.mutex.Unlock()
	if r.caller != nil {
		return r.caller, nil
	}
	target, dial := r.backends[0].address, []grpc.DialOption(nil)
	if len(r.backends) > 1 {
		addresses := manual.NewBuilderWithScheme("scenario")
		state := resolver.State{}
		for _, b := range r.backends {
			state.Endpoints = append(state.Endpoints, resolver.Endpoint{Addresses: []resolver.Address{{Addr: b.address}}})
		}
		addresses.InitialState(state)
		target, dial = "scenario:///backends", append(dial, grpc.WithResolvers(addresses))
	}
	made, err := r.make(target, r.scenario.Client, r.folder, dial)
	if err == nil {
		r.caller = made
	}
	return made, err
}

// refused is an error when a client is made of what none can be made of.
func (r *run) refused() error {
	if !r.scenario.Client.Refused {
		return nil
	}
	if _, err := r.client(); err == nil {
		return errors.New("a client was made")
	}
	return nil
}

// order is the id that a label stands for.
func (r *run) order(label string) string {
	if label == "" {
		return ""
	}
	if label[0] == '=' {
		return label[1:]
	}
	r.mutex.Lock()
	defer r.mutex.Unlock()
	if r.orders[label] == "" {
		r.orders[label] = idphoto.MintOrderID()
	}
	return r.orders[label]
}

// rpc makes one call as a step says.
func (r *run) rpc(ctx context.Context, s step, orderID string) result {
	c, err := r.client()
	if err != nil {
		return result{broken: err}
	}
	if s.Deadline > 0 {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, time.Duration(s.Deadline))
		defer cancel()
	}
	begun := time.Now()
	var got result
	switch s.Do {
	case "get":
		got = c.get(ctx, orderID)
	case "await":
		got = c.await(ctx, orderID)
	default:
		got = r.verify(ctx, c, s, orderID)
	}
	got.took = time.Since(begun)
	return got
}

func (r *run) verify(ctx context.Context, c caller, s step, orderID string) result {
	request := r.base.with(s.Request)
	if unknown := request.unknown(); unknown != nil {
		return result{broken: fmt.Errorf("no fields %v in a request", unknown)}
	}
	got := c.verify(ctx, orderID, request, s.Do == "validate")
	if orderID == "" && got.broken == nil {
		if !minted.MatchString(got.order) {
			got.broken = fmt.Errorf("minted order id %q", got.order)
		}
		r.mutex.Lock()
		r.orders[got.order] = got.order
		r.mutex.Unlock()
	}
	return got
}

func (r *run) expectation(s step) *expectation {
	switch {
	case r.raw && s.Raw != nil:
		return s.Raw
	case s.Expect != nil:
		return s.Expect
	}
	return &expectation{}
}

// posted sums the posts of an order over all sandboxes.
func (r *run) posted(orderID string) (postCounts, error) {
	var sum postCounts
	for _, b := range r.backends {
		if b.gateway == nil {
			continue
		}
		orders, err := b.gateway.orders()
		if err != nil {
			return sum, err
		}
		sum.Posts += orders[orderID].Posts
		sum.Refused += orders[orderID].Refused
	}
	return sum, nil
}

// sentTwice is an error when an order was posted more than once.
func (r *run) sentTwice() error {
	var wrong []error
	for label, orderID := range r.orders {
		sum, err := r.posted(orderID)
		if err == nil && sum.Posts > 1 {
			err = fmt.Errorf("order %s was posted %d times", label, sum.Posts)
		}
		wrong = append(wrong, err)
	}
	return errors.Join(wrong...)
}

// install copies files in the scenario's folder, each in one step as rotation does.
func (r *run) install(files map[string]string) error {
	for to, from := range files {
		content, err := os.ReadFile(filepath.Join(r.folder, from))
		if err != nil {
			return err
		}
		fresh := filepath.Join(r.folder, to+".new")
		if err := os.WriteFile(fresh, content, 0o600); err != nil {
			return err
		}
		if err := os.Rename(fresh, filepath.Join(r.folder, to)); err != nil {
			return err
		}
	}
	return nil
}
