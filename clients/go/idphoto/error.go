package idphoto

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
)

// Error is every end of a call but an answer. Take it out with [errors.As], or ask for
// its reason with [errors.Is]:
//
//	errors.Is(err, idphoto.ReasonAnswerPending)
//
// [context.Canceled] and [context.DeadlineExceeded] are found, too. None of its texts
// holds personal data.
type Error struct {
	// Code is the gRPC status code.
	Code codes.Code
	// Reason is the gateway's own; empty when something on the way failed, or a proxy or a
	// library answered.
	Reason Reason
	// Dispatch is how far the order came. Where the gateway has not said, it is
	// DispatchNotSent when no connection was given the request, and else
	// DispatchUnknownToClient.
	Dispatch Dispatch
	// Retry is what to do; empty when the code says it.
	Retry Retry
	// OrderID is the order of the call.
	OrderID string
	// Violations are the fields to mend.
	Violations []Violation
	// Quota are the limits of the caller's own that it reached.
	Quota []QuotaViolation
	// RetryAfter is how long to wait before the next call, when the gateway said so.
	RetryAfter time.Duration
	// Message is for people, and may change.
	Message string

	// status is what came; nil for an error that the client made.
	status *status.Status
	// isFromGateway says that the status has the gateway's ErrorInfo.
	isFromGateway bool
	// cause is an error of the user's own code.
	cause error
}

// Violation is a field that breaks a rule.
type Violation struct {
	// Field is its path in the request, such as customer.id_number.
	Field string
	// Description is the rule.
	Description string
}

// QuotaViolation is a limit of a caller that it reached.
type QuotaViolation struct {
	// Subject is whose limit it is, such as caller:loans.
	Subject string
	// Description is the limit's key in the gateway's configuration, such as rate.
	Description string
}

// Reason is why a call failed. It is an error, so that [errors.Is] finds it. Later
// gateways may have more: treat those by code, dispatch and retry.
type Reason string

// The reasons, as the contract's ErrorReason explains them.
const (
	ReasonInvalidField         Reason = "INVALID_FIELD"
	ReasonRequestTooLarge      Reason = "REQUEST_TOO_LARGE"
	ReasonOrderIDReused        Reason = "ORDER_ID_REUSED"
	ReasonUnauthenticated      Reason = "UNAUTHENTICATED"
	ReasonPermissionDenied     Reason = "PERMISSION_DENIED"
	ReasonQuotaExceeded        Reason = "QUOTA_EXCEEDED"
	ReasonOverloaded           Reason = "OVERLOADED"
	ReasonDraining             Reason = "DRAINING"
	ReasonLedgerUnavailable    Reason = "LEDGER_UNAVAILABLE"
	ReasonSigningUnavailable   Reason = "SIGNING_UNAVAILABLE"
	ReasonUPIUnreachable       Reason = "UPI_UNREACHABLE"
	ReasonDeadlineTooShort     Reason = "DEADLINE_TOO_SHORT"
	ReasonUPIRefused           Reason = "UPI_REFUSED"
	ReasonAnswerPending        Reason = "ANSWER_PENDING"
	ReasonOutcomeUnknown       Reason = "OUTCOME_UNKNOWN"
	ReasonVerificationNotFound Reason = "VERIFICATION_NOT_FOUND"
	ReasonGatewayFault         Reason = "GATEWAY_FAULT"
)

// Error is the reason's name.
func (r Reason) Error() string { return string(r) }

// Dispatch is how far an order came.
type Dispatch string

// The dispatches of an [Error].
const (
	// DispatchNotSent: UPI got nothing.
	DispatchNotSent Dispatch = "NOT_SENT"
	// DispatchRefused: UPI refused the gateway's signature and processed nothing.
	DispatchRefused Dispatch = "REFUSED"
	// DispatchInFlight: sent, the answer is awaited; see [Client.Await].
	DispatchInFlight Dispatch = "IN_FLIGHT"
	// DispatchUnknown: sent, and nobody knows what became of it.
	DispatchUnknown Dispatch = "UNKNOWN"
	// DispatchUnknownToClient: no word came from the gateway, because a connection broke, time
	// ran out, or something on the way answered. UPI may have got everything or nothing; see
	// [Client.Await].
	DispatchUnknownToClient Dispatch = "UNKNOWN_TO_CLIENT"
)

// Retry is what to do after an [Error].
type Retry string

// The advice of an [Error].
const (
	// RetrySameOrder: call again with the same order id and request.
	RetrySameOrder Retry = "SAME_ORDER"
	// RetryAskFirst: ask by [Client.Await] or [Client.GetVerification] what became of the
	// order. The same order id may be sent again where the gateways share a ledger that lasts:
	// another one would send it again.
	RetryAskFirst Retry = "ASK_FIRST"
	// RetryNewOrder: only a new order id can be sent, and it may be charged.
	RetryNewOrder Retry = "NEW_ORDER"
	// RetryFixRequest: change the request first.
	RetryFixRequest Retry = "FIX_REQUEST"
	// RetryNever: it would fail again.
	RetryNever Retry = "NEVER"
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
	for _, violation := range e.Quota {
		fmt.Fprintf(&text, "; %s: %s", violation.Subject, violation.Description)
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

// Unwrap is the error of a supplier of tokens, where that kept the call from being made.
func (e *Error) Unwrap() error { return e.cause }

// GRPCStatus makes [status.FromError] and [status.Code] work. It has the details that
// came with the status, those included that have no field here.
func (e *Error) GRPCStatus() *status.Status {
	if e.status == nil {
		return status.New(e.Code, e.Message)
	}
	if e.status.Code() == e.Code {
		return e.status
	}
	told := e.status.Proto()
	told.Code = int32(e.Code)
	return status.FromProto(told)
}

// isPassing says whether an error is about the moment and the way, not about the order.
func isPassing(err error) bool {
	e := (*Error)(nil)
	return errors.As(err, &e) && passing(e.Code)
}

func passing(code codes.Code) bool {
	switch code {
	case codes.Unavailable, codes.DeadlineExceeded, codes.Canceled, codes.ResourceExhausted, codes.Aborted:
		return true
	}
	return false
}

// isInFlight says whether waiting brings the answer.
func isInFlight(e *Error) bool { return e.Dispatch == DispatchInFlight && e.Retry == RetrySameOrder }
