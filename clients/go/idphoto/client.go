package idphoto

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"google.golang.org/grpc"
	// Registers the check that the service config's healthCheckConfig asks for; without
	// this import gRPC leaves it out silently.
	_ "google.golang.org/grpc/health"

	idphotov1 "idphoto.example/clients/go/gen/idphoto/v1"
)

var errURL = errors.New("idphoto: the target is host:port, not a URL")

// Client calls a gateway. It is safe for concurrent use; one is enough for a program.
type Client struct {
	conn    *grpc.ClientConn
	stub    idphotov1.IdPhotoServiceClient
	timeout time.Duration
}

// New makes a client of the gateway at a target: host:port, all of whose addresses are
// used, or any other name that gRPC knows. It does not connect before the first call.
func New(target string, options ...Option) (*Client, error) {
	if strings.HasPrefix(target, "http://") || strings.HasPrefix(target, "https://") {
		return nil, fmt.Errorf("%w: %s", errURL, target)
	}
	s := &settings{timeout: DefaultTimeout}
	for _, option := range options {
		option(s)
	}
	dial, err := s.dial()
	if err != nil {
		return nil, err
	}
	conn, err := grpc.NewClient(target, dial...)
	if err != nil {
		return nil, fmt.Errorf("idphoto: %w", err)
	}
	return &Client{conn, idphotov1.NewIdPhotoServiceClient(conn), s.timeout}, nil
}

// Close closes the connections. Calls in progress end with an error; their answers are
// not lost.
func (c *Client) Close() error { return c.conn.Close() }

// VerifyIDPhoto asks how alike the photo is to the one on the customer's ID card.
//
// The deadline of ctx is the whole budget; without one it is the client's timeout. A
// single call takes no longer than that timeout. When the answer is still awaited then,
// VerifyIDPhoto goes on as [Client.Await] does for as long as ctx allows, and fails with
// [AnswerPending] when it is over: call it again with the same request, or Await.
//
// It fills req.OrderID when it is empty, so calls at the same time need a Request each
// or an order id. The error is always an [*Error] with that order id.
func (c *Client) VerifyIDPhoto(ctx context.Context, req *Request) (*Answer, error) {
	ctx, cancel := withDefault(ctx, c.timeout)
	defer cancel()
	call, cancel := context.WithTimeout(ctx, c.timeout)
	defer cancel()
	response, err := c.verify(call, req, false)
	if err == nil {
		return answerFromProto(response)
	}
	// The gateway's word that the answer is pending can come too late for the call.
	if ctx.Err() == nil && (isInFlight(err) || call.Err() != nil) {
		answer, awaited := c.await(ctx, req.OrderID, err)
		if !errors.Is(awaited, VerificationNotFound) {
			return answer, awaited
		}
	}
	return nil, err
}

// Validate lets the gateway run all its checks on a request and sends nothing to UPI.
// The order id stays unused.
func (c *Client) Validate(ctx context.Context, req *Request) error {
	ctx, cancel := context.WithTimeout(ctx, c.timeout)
	defer cancel()
	_, err := c.verify(ctx, req, true)
	return err
}

func (c *Client) verify(ctx context.Context, req *Request, validateOnly bool) (*idphotov1.VerifyIdPhotoResponse, error) {
	if req.OrderID == "" {
		req.OrderID = MintOrderID()
	}
	request := req.toProto(validateOnly)
	if err := checkText(request); err != nil {
		return nil, err
	}
	response, err := c.stub.VerifyIdPhoto(ctx, request)
	if err != nil {
		return nil, fromStatus(err, req.OrderID)
	}
	return response, nil
}

// GetVerification returns what the gateway knows of an order. It sends nothing to UPI.
func (c *Client) GetVerification(ctx context.Context, orderID string) (*Verification, error) {
	ctx, cancel := context.WithTimeout(ctx, c.timeout)
	defer cancel()
	response, err := c.stub.GetVerification(ctx, &idphotov1.GetVerificationRequest{OrderId: orderID})
	if err != nil {
		return nil, fromStatus(err, orderID)
	}
	return verificationFromProto(response)
}
