package idphoto

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"google.golang.org/genproto/googleapis/rpc/errdetails"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
)

// Error is every end of a call but an answer. Take it out with [errors.As], or ask for
// its reason with [errors.Is]:
//
//	errors.Is(err, idphoto.AnswerPending)
//
// [context.Canceled] and [context.DeadlineExceeded] are found, too. None of its texts
// holds personal data.
type Error struct {
	// Code is the gRPC status code.
	Code codes.Code
	// Reason is the gateway's own; empty when something on the way failed.
	Reason Reason
	// Dispatch is how far the order came; empty when nobody said.
	Dispatch Dispatch
	// Retry is what to do. Where nobody said, SameOrder for codes that may pass: the same
	// order is never sent twice.
	Retry Retry
	// OrderID is the order of the call.
	OrderID string
	// Violations are the fields to mend.
	Violations []Violation
	// RetryAfter is how long to wait before the next call, when the gateway said so.
	RetryAfter time.Duration
	// Message is for people, and may change.
	Message string
}

// Violation is a field that breaks a rule.
type Violation struct {
	// Field is its path in the request, such as customer.id_number.
	Field string
	// Description is the rule.
	Description string
}

// Reason is why a call failed. It is an error, so that [errors.Is] finds it. Later
// gateways may have more: treat those by code, dispatch and retry.
type Reason string

// The reasons, as the contract's ErrorReason explains them.
const (
	InvalidField         Reason = "INVALID_FIELD"
	RequestTooLarge      Reason = "REQUEST_TOO_LARGE"
	OrderIDReused        Reason = "ORDER_ID_REUSED"
	Unauthenticated      Reason = "UNAUTHENTICATED"
	PermissionDenied     Reason = "PERMISSION_DENIED"
	QuotaExceeded        Reason = "QUOTA_EXCEEDED"
	Overloaded           Reason = "OVERLOADED"
	Draining             Reason = "DRAINING"
	LedgerUnavailable    Reason = "LEDGER_UNAVAILABLE"
	UPIUnreachable       Reason = "UPI_UNREACHABLE"
	DeadlineTooShort     Reason = "DEADLINE_TOO_SHORT"
	UPIRefused           Reason = "UPI_REFUSED"
	AnswerPending        Reason = "ANSWER_PENDING"
	OutcomeUnknown       Reason = "OUTCOME_UNKNOWN"
	VerificationNotFound Reason = "VERIFICATION_NOT_FOUND"
	GatewayFault         Reason = "GATEWAY_FAULT"
)

// Error is the reason's name.
func (r Reason) Error() string { return string(r) }

// Dispatch is how far an order came.
type Dispatch string

// The dispatches of an [Error].
const (
	// NotSent: UPI got nothing.
	NotSent Dispatch = "NOT_SENT"
	// Refused: UPI refused the gateway's signature and processed nothing.
	Refused Dispatch = "REFUSED"
	// InFlight: sent, the answer is awaited; see [Client.Await].
	InFlight Dispatch = "IN_FLIGHT"
	// Unknown: sent, and nobody knows what became of it.
	Unknown Dispatch = "UNKNOWN"
)

// Retry is what to do after an [Error].
type Retry string

// The advice of an [Error].
const (
	// SameOrder: call again with the same request.
	SameOrder Retry = "SAME_ORDER"
	// NewOrder: only a new order id can be sent, and it may be charged.
	NewOrder Retry = "NEW_ORDER"
	// FixRequest: change the request first.
	FixRequest Retry = "FIX_REQUEST"
	// Never: it would fail again.
	Never Retry = "NEVER"
)

// Error tells code, reason, order and violations.
func (e *Error) Error() string {
	text := strings.Builder{}
	fmt.Fprintf(&text, "idphoto: %s", e.Code)
	for _, part := range []string{string(e.Reason), e.Message} {
		if part != "" {
			fmt.Fprintf(&text, ": %s", part)
		}
	}
	for _, violation := range e.Violations {
		fmt.Fprintf(&text, "; %s: %s", violation.Field, violation.Description)
	}
	fmt.Fprintf(&text, " (order %s, dispatch %q, retry %q)", e.OrderID, e.Dispatch, e.Retry)
	return text.String()
}

// Is finds the reason, and the context's errors by the code.
func (e *Error) Is(target error) bool {
	switch target {
	case context.Canceled:
		return e.Code == codes.Canceled
	case context.DeadlineExceeded:
		return e.Code == codes.DeadlineExceeded
	}
	reason, ok := target.(Reason)
	return ok && reason == e.Reason
}

// GRPCStatus makes [status.Code] work.
func (e *Error) GRPCStatus() *status.Status { return status.New(e.Code, e.Message) }

func fromStatus(err error, orderID string) *Error {
	s := status.Convert(err)
	e := &Error{Code: s.Code(), OrderID: orderID, Message: s.Message()}
	if passing(e.Code) {
		e.Retry = SameOrder
	}
	for _, detail := range s.Details() {
		switch detail := detail.(type) {
		case *errdetails.ErrorInfo:
			if detail.GetDomain() == "idphoto" {
				e.Reason = Reason(detail.GetReason())
				e.Dispatch = Dispatch(detail.GetMetadata()["dispatch"])
				e.Retry = Retry(detail.GetMetadata()["retry"])
			}
		case *errdetails.BadRequest:
			for _, v := range detail.GetFieldViolations() {
				e.Violations = append(e.Violations, Violation{v.GetField(), v.GetDescription()})
			}
		case *errdetails.RetryInfo:
			e.RetryAfter = detail.GetRetryDelay().AsDuration()
		}
	}
	return e
}

// passing says whether a code is about the moment and the way, not about the order.
func passing(code codes.Code) bool {
	switch code {
	case codes.Unavailable, codes.DeadlineExceeded, codes.Canceled, codes.ResourceExhausted, codes.Aborted:
		return true
	}
	return false
}

// isInFlight says whether waiting brings the answer.
func isInFlight(err error) bool {
	e := (*Error)(nil)
	return errors.As(err, &e) && e.Dispatch == InFlight && e.Retry == SameOrder
}

func isPassing(err error) bool {
	e := (*Error)(nil)
	return errors.As(err, &e) && passing(e.Code)
}
