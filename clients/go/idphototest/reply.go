package idphototest

import (
	"context"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/metadata"

	idphotov1 "idphoto.example/clients/go/gen/idphoto/v1"
	"idphoto.example/clients/go/idphoto"
)

// Reply is what the server does with the next order that it does not know. Each
// attempt takes one: three UNAVAILABLE make one call fail.
type Reply struct {
	outcome idphoto.Outcome
	failure *idphoto.Error
	pending bool
}

// Answer is UPI's answer.
func Answer(outcome idphoto.Outcome) Reply { return Reply{outcome: outcome} }

// Pending fails the call with ANSWER_PENDING. The first question about the order finds it
// in flight; from then on it is answered.
func Pending(outcome idphoto.Outcome) Reply {
	failure := complete(idphoto.Error{Reason: idphoto.AnswerPending})
	return Reply{outcome: outcome, failure: &failure, pending: true}
}

// Fail fails the call. With a reason of the contract, code, dispatch and retry may be
// left out; without a reason the status has no details, as from something on the way.
func Fail(failure idphoto.Error) Reply {
	failure = complete(failure)
	return Reply{failure: &failure}
}

type row struct {
	code     codes.Code
	dispatch idphoto.Dispatch
	retry    idphoto.Retry
}

// contract is the table of errors of the gateway's contract.
var contract = map[idphoto.Reason]row{
	idphoto.InvalidField:         {codes.InvalidArgument, idphoto.NotSent, idphoto.FixRequest},
	idphoto.RequestTooLarge:      {codes.InvalidArgument, idphoto.NotSent, idphoto.FixRequest},
	idphoto.OrderIDReused:        {codes.AlreadyExists, idphoto.NotSent, idphoto.FixRequest},
	idphoto.Unauthenticated:      {codes.Unauthenticated, idphoto.NotSent, idphoto.FixRequest},
	idphoto.PermissionDenied:     {codes.PermissionDenied, idphoto.NotSent, idphoto.FixRequest},
	idphoto.QuotaExceeded:        {codes.ResourceExhausted, idphoto.NotSent, idphoto.SameOrder},
	idphoto.Overloaded:           {codes.ResourceExhausted, idphoto.NotSent, idphoto.SameOrder},
	idphoto.Draining:             {codes.Unavailable, idphoto.NotSent, idphoto.SameOrder},
	idphoto.LedgerUnavailable:    {codes.Unavailable, idphoto.NotSent, idphoto.SameOrder},
	idphoto.UPIUnreachable:       {codes.Unavailable, idphoto.NotSent, idphoto.SameOrder},
	idphoto.DeadlineTooShort:     {codes.DeadlineExceeded, idphoto.NotSent, idphoto.SameOrder},
	idphoto.UPIRefused:           {codes.Internal, idphoto.Refused, idphoto.SameOrder},
	idphoto.AnswerPending:        {codes.DeadlineExceeded, idphoto.InFlight, idphoto.SameOrder},
	idphoto.OutcomeUnknown:       {codes.Unknown, idphoto.Unknown, idphoto.NewOrder},
	idphoto.VerificationNotFound: {codes.NotFound, "", ""},
	idphoto.GatewayFault:         {codes.Internal, idphoto.Unknown, idphoto.Never},
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
