package idphoto

import (
	"context"
	"errors"
	"fmt"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	// Registers the check that the service config's healthCheckConfig asks for; without
	// this import gRPC leaves it out silently.
	_ "google.golang.org/grpc/health"

	idphotov1 "idphoto.example/clients/go/gen/idphoto/v1"
)

// Client calls a gateway. It is safe for concurrent use; one is enough for a program.
type Client struct {
	conn    *grpc.ClientConn
	stub    idphotov1.IdPhotoServiceClient
	timeout time.Duration
	tokens  *tokens
	// life ends with Close, and every call with it.
	life context.Context
	end  context.CancelFunc
}

// New makes a client of the gateway at a target: host:port, all of whose addresses are
// used, or any other name that gRPC knows, such as dns:///host:port and unix:/path. It does
// not connect before the first call.
func New(target string, options ...Option) (*Client, error) {
	if err := checkTarget(target); err != nil {
		return nil, err
	}
	s := &settings{timeout: DefaultTimeout, tokens: bearer{inPlaintext: tokenOverPlaintext}}
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
	life, end := context.WithCancel(context.Background())
	return &Client{conn, idphotov1.NewIdPhotoServiceClient(conn), s.timeout, newTokens(), life, end}, nil
}

// Close closes the connections. Calls in progress end with [codes.Canceled]; their answers
// are not lost. Later calls fail with [codes.FailedPrecondition].
func (c *Client) Close() error {
	c.end()
	return c.conn.Close()
}

// VerifyIDPhoto asks how alike the photo is to the one on the customer's ID card.
//
// The deadline of ctx is the whole budget; without one it is the client's timeout. A
// single call takes no longer than that timeout. When the answer is still awaited then,
// VerifyIDPhoto goes on as [Client.Await] does for as long as ctx allows, and fails with
// [ReasonAnswerPending] when it is over: Await, or call again with the same order id.
//
// It does not change req. An order id that it mints is in the [Answer] or in the [*Error],
// which every error is: to be the same order, a further call needs it in its Request.
func (c *Client) VerifyIDPhoto(ctx context.Context, req *Request, options ...grpc.CallOption) (*Answer, error) {
	request, failure := req.toProto(false)
	if failure != nil {
		return nil, failure
	}
	orderID := request.GetOrderId()
	ctx, cancel, err := c.open(ctx, c.timeout, orderID, DispatchNotSent)
	if err != nil {
		return nil, err
	}
	defer cancel()
	call, cancelCall := context.WithTimeout(ctx, c.timeout)
	defer cancelCall()
	response, failure := c.send(call, request, options)
	if failure == nil {
		return answerFromProto(response)
	}
	// The gateway's word that the answer is pending can come too late for the call.
	late := call.Err() != nil && failure.Dispatch != DispatchNotSent
	if ctx.Err() == nil && (isInFlight(failure) || late) {
		answer, awaited := c.await(ctx, orderID, failure, options)
		if !errors.Is(awaited, ReasonVerificationNotFound) {
			return answer, awaited
		}
	}
	return nil, failure
}

// Validate lets the gateway run all its checks on a request and sends nothing to UPI.
// The order id stays unused.
func (c *Client) Validate(ctx context.Context, req *Request, options ...grpc.CallOption) error {
	request, failure := req.toProto(true)
	if failure != nil {
		return failure
	}
	ctx, cancel, err := c.open(ctx, c.timeout, request.GetOrderId(), DispatchNotSent)
	if err != nil {
		return err
	}
	defer cancel()
	ctx, cancelCall := context.WithTimeout(ctx, c.timeout)
	defer cancelCall()
	if _, failure := c.send(ctx, request, options); failure != nil {
		return failure
	}
	return nil
}

// GetVerification returns what the gateway knows of an order. It sends nothing to UPI.
func (c *Client) GetVerification(ctx context.Context, orderID string, options ...grpc.CallOption) (*Verification, error) {
	if failure := checkOrderID(orderID); failure != nil {
		return nil, failure
	}
	ctx, cancel, err := c.open(ctx, c.timeout, orderID, DispatchUnknownToClient)
	if err != nil {
		return nil, err
	}
	defer cancel()
	return c.get(ctx, orderID, options)
}

func (c *Client) get(ctx context.Context, orderID string, options []grpc.CallOption) (*Verification, error) {
	ctx, cancel := context.WithTimeout(ctx, c.timeout)
	defer cancel()
	response, err := c.stub.GetVerification(ctx, &idphotov1.GetVerificationRequest{OrderId: orderID}, options...)
	if err != nil {
		return nil, c.told(ctx, questionFailure(err, orderID))
	}
	return verificationFromProto(response)
}

// open is the context of a call, which ends with the client. Of a call that is made
// after that, dispatch is what is certain.
func (c *Client) open(ctx context.Context, timeout time.Duration, orderID string, dispatch Dispatch) (context.Context, context.CancelFunc, error) {
	if c.life.Err() != nil {
		return nil, nil, &Error{
			Code: codes.FailedPrecondition, Dispatch: dispatch, Retry: RetryNever,
			OrderID: orderID, Message: "the client is closed",
		}
	}
	ctx, cancel := withDefault(ctx, timeout)
	ctx, cancelCause := context.WithCancelCause(ctx)
	stop := context.AfterFunc(c.life, func() { cancelCause(errClosed) })
	return ctx, func() {
		stop()
		cancelCause(nil)
		cancel()
	}, nil
}

var errClosed = errors.New("idphoto: the client was closed")

// told gives a call that ended with the client the one code for it: gRPC's is a matter of
// which of its connections ends first.
func (c *Client) told(ctx context.Context, e *Error) *Error {
	if e.isFromGateway || c.life.Err() == nil || (e.Code != codes.Unavailable && e.Code != codes.Canceled) {
		return e
	}
	if ctx.Err() != nil && context.Cause(ctx) != errClosed {
		return e
	}
	e.Code, e.Message = codes.Canceled, "the client was closed during the call"
	e.Retry = adviceOf(e.Code, e.Dispatch)
	return e
}
