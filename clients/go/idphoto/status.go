package idphoto

import (
	"google.golang.org/genproto/googleapis/rpc/errdetails"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
)

// domain tells the gateway's ErrorInfo from anybody else's.
const domain = "idphoto"

// orderFailure is the error of an attempt to send an order.
func orderFailure(err error, orderID string, h *handover) *Error {
	e := fromStatus(err, orderID)
	if !e.isFromGateway {
		e.Dispatch = DispatchUnknownToClient
		if h.isProvenUnsent() {
			e.Dispatch = DispatchNotSent
		}
		e.Retry = adviceOf(e.Code, e.Dispatch)
	}
	return e.ofToken(err)
}

// questionFailure is the error of a question about an order. Where it failed on the way
// the client knows nothing of the order, even if no connection was given the question.
func questionFailure(err error, orderID string) *Error {
	e := fromStatus(err, orderID)
	if !e.isFromGateway {
		e.Dispatch = DispatchUnknownToClient
		e.Retry = adviceOf(e.Code, e.Dispatch)
	}
	return e.ofToken(err)
}

// adviceOf is the client's own, where the gateway has said nothing.
func adviceOf(code codes.Code, dispatch Dispatch) Retry {
	switch code {
	case codes.Unavailable, codes.DeadlineExceeded, codes.Canceled, codes.ResourceExhausted:
		if dispatch == DispatchNotSent {
			return RetrySameOrder
		}
		return RetryAskFirst
	case codes.Aborted, codes.Unknown, codes.Internal:
		if dispatch != DispatchNotSent {
			return RetryAskFirst
		}
	}
	return ""
}

func fromStatus(err error, orderID string) *Error {
	s := status.Convert(err)
	e := &Error{Code: s.Code(), OrderID: orderID, Message: s.Message(), status: s}
	for _, detail := range s.Details() {
		e.read(detail)
	}
	return e
}

func (e *Error) read(detail any) {
	switch detail := detail.(type) {
	case *errdetails.ErrorInfo:
		if detail.GetDomain() == domain {
			e.isFromGateway = true
			e.Reason = Reason(detail.GetReason())
			e.Dispatch = Dispatch(detail.GetMetadata()["dispatch"])
			e.Retry = Retry(detail.GetMetadata()["retry"])
		}
	case *errdetails.BadRequest:
		for _, v := range detail.GetFieldViolations() {
			e.Violations = append(e.Violations, Violation{v.GetField(), v.GetDescription()})
		}
	case *errdetails.QuotaFailure:
		for _, v := range detail.GetViolations() {
			e.Quota = append(e.Quota, QuotaViolation{v.GetSubject(), v.GetDescription()})
		}
	case *errdetails.RetryInfo:
		e.RetryAfter = detail.GetRetryDelay().AsDuration()
	}
}
