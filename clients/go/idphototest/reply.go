package idphototest

import (
	"context"
	"time"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/status"

	idphotov1 "idphoto.example/clients/go/gen/idphoto/v1"
	"idphoto.example/clients/go/idphoto"
)

// Reply is what the server does with the next order that it does not know. Each
// attempt takes one: three UNAVAILABLE make one call fail.
type Reply struct {
	outcome idphoto.Outcome
	failure *idphoto.Error
	pending bool
	// status is sent instead of failure, with details of its own.
	status *status.Status
	delay  time.Duration
	hangs  bool
}

// Answer is UPI's answer.
func Answer(outcome idphoto.Outcome) Reply { return Reply{outcome: outcome} }

// Pending fails the call with ANSWER_PENDING. The first question about the order finds it
// in flight; from then on it is answered.
func Pending(outcome idphoto.Outcome) Reply {
	failure := complete(idphoto.Error{Reason: idphoto.ReasonAnswerPending})
	return Reply{outcome: outcome, failure: &failure, pending: true}
}

// Fail fails the call. With a reason of the contract, code, dispatch and retry may be
// left out; without a reason the status has no details, as from something on the way.
func Fail(failure idphoto.Error) Reply {
	failure = complete(failure)
	return Reply{failure: &failure}
}

// FailStatus fails the call with a status as it is, for details that [idphoto.Error] has no
// field for and for what a proxy may say.
func FailStatus(s *status.Status) Reply {
	return Reply{failure: &idphoto.Error{Code: s.Code()}, status: s}
}

// After gives the reply after a time. An answer comes even when the caller is gone: its order
// is in flight until then.
func (r Reply) After(delay time.Duration) Reply {
	r.delay = delay
	return r
}

// Hang never replies: the call ends with its deadline, and the order stays in flight.
func Hang() Reply { return Reply{hangs: true} }

type row struct {
	code     codes.Code
	dispatch idphoto.Dispatch
	retry    idphoto.Retry
}

// contract is the table of errors of the gateway's contract.
var contract = map[idphoto.Reason]row{
	idphoto.ReasonInvalidField:         {codes.InvalidArgument, idphoto.DispatchNotSent, idphoto.RetryFixRequest},
	idphoto.ReasonRequestTooLarge:      {codes.InvalidArgument, idphoto.DispatchNotSent, idphoto.RetryFixRequest},
	idphoto.ReasonOrderIDReused:        {codes.AlreadyExists, idphoto.DispatchNotSent, idphoto.RetryFixRequest},
	idphoto.ReasonUnauthenticated:      {codes.Unauthenticated, idphoto.DispatchNotSent, idphoto.RetryFixRequest},
	idphoto.ReasonPermissionDenied:     {codes.PermissionDenied, idphoto.DispatchNotSent, idphoto.RetryFixRequest},
	idphoto.ReasonQuotaExceeded:        {codes.ResourceExhausted, idphoto.DispatchNotSent, idphoto.RetrySameOrder},
	idphoto.ReasonOverloaded:           {codes.ResourceExhausted, idphoto.DispatchNotSent, idphoto.RetrySameOrder},
	idphoto.ReasonDraining:             {codes.Unavailable, idphoto.DispatchNotSent, idphoto.RetrySameOrder},
	idphoto.ReasonLedgerUnavailable:    {codes.Unavailable, idphoto.DispatchNotSent, idphoto.RetrySameOrder},
	idphoto.ReasonSigningUnavailable:   {codes.Unavailable, idphoto.DispatchNotSent, idphoto.RetrySameOrder},
	idphoto.ReasonUPIUnreachable:       {codes.Unavailable, idphoto.DispatchNotSent, idphoto.RetrySameOrder},
	idphoto.ReasonDeadlineTooShort:     {codes.DeadlineExceeded, idphoto.DispatchNotSent, idphoto.RetrySameOrder},
	idphoto.ReasonUPIRefused:           {codes.Internal, idphoto.DispatchRefused, idphoto.RetrySameOrder},
	idphoto.ReasonAnswerPending:        {codes.DeadlineExceeded, idphoto.DispatchInFlight, idphoto.RetrySameOrder},
	idphoto.ReasonOutcomeUnknown:       {codes.Unknown, idphoto.DispatchUnknown, idphoto.RetryNewOrder},
	idphoto.ReasonVerificationNotFound: {codes.NotFound, "", ""},
	idphoto.ReasonGatewayFault:         {codes.Internal, idphoto.DispatchUnknown, idphoto.RetryNever},
}

func complete(failure idphoto.Error) idphoto.Error {
	row := contract[failure.Reason]
	if failure.Code == codes.OK {
		failure.Code = row.code
	}
	if failure.Code == codes.OK {
		failure.Code = codes.Unknown
	}
	if failure.Dispatch == "" {
		failure.Dispatch = row.dispatch
	}
	if failure.Retry == "" {
		failure.Retry = row.retry
	}
	return failure
}

// Call is a request as the server received it.
type Call struct {
	// OrderID is the order's.
	OrderID string
	// Name and IDNumber are the customer's.
	Name, IDNumber string
	// Photo is the picture.
	Photo []byte
	// Consent is the evidence.
	Consent idphoto.Consent
	// Merchant is nil when none was named.
	Merchant *idphoto.Merchant
	// ValidateOnly is set for a validation.
	ValidateOnly bool
	// Metadata is what came beside the request: credentials, trace context.
	Metadata metadata.MD
}

func received(ctx context.Context, r *idphotov1.VerifyIdPhotoRequest) Call {
	consent := r.GetConsent()
	call := Call{
		OrderID: r.GetOrderId(),
		Name:    r.GetCustomer().GetName(), IDNumber: r.GetCustomer().GetIdNumber(),
		Photo: r.GetPhoto(),
		Consent: idphoto.Consent{
			UsageScenario: consent.GetUsageScenario(), Purpose: consent.GetPurpose(),
			AgreementVersion: consent.GetAgreementVersion(), AgreementSerial: consent.GetAgreementSerial(),
		},
		ValidateOnly: r.GetValidateOnly(),
	}
	call.Metadata, _ = metadata.FromIncomingContext(ctx)
	if m := r.GetMerchant(); m != nil {
		call.Merchant = &idphoto.Merchant{ID: m.GetId(), Name: m.GetName(), CategoryCode: m.GetCategoryCode()}
	}
	return call
}
