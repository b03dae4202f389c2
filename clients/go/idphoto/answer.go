package idphoto

import (
	"strings"
	"time"

	"google.golang.org/grpc/codes"

	idphotov1 "idphoto.example/clients/go/gen/idphoto/v1"
)

// Answer is UPI's answer, its signature verified by the gateway. That there is an answer
// does not mean that the person was confirmed: see Outcome.
type Answer struct {
	// OrderID is the one of the request.
	OrderID string
	// Outcome is a [Comparison] or a [Rejection], and never nil.
	Outcome Outcome
	// UPIUUID is what UPI's support knows the request by.
	UPIUUID string
	// AnsweredAt is when the gateway had verified the answer.
	AnsweredAt time.Time
	// Replayed says that the gateway knew the answer already and sent nothing.
	Replayed bool
}

// Outcome is what UPI answered: either a [Comparison] or a [Rejection].
type Outcome interface{ isOutcome() }

// Comparison says how alike the faces are. It is no verdict: how much is enough is the
// caller's decision.
type Comparison struct {
	// Confidence is from 0 to 100; the higher, the more alike.
	Confidence int
}

// Rejection is the refusal to compare, by UPI or by its source. When printed, logged or
// encoded it shows its category and code only.
type Rejection struct {
	// Category groups codes by what the caller can do.
	Category Category
	// Code is UPI's response code, two characters.
	Code  string
	texts private[rejectionTexts]
}

type rejectionTexts struct{ message, detail string }

// NewRejection makes a rejection, for tests.
func NewRejection(category Category, code, message, detail string) Rejection {
	return Rejection{category, code, hide(rejectionTexts{message, detail})}
}

// Message is UPI's text, which may be shown to the customer and must not be logged.
func (r Rejection) Message() string { return r.texts.reveal().message }

// Detail is UPI's additional text, perhaps empty, which must not be logged.
func (r Rejection) Detail() string { return r.texts.reveal().detail }

// String shows neither of UPI's texts.
func (r Rejection) String() string { return string(r.Category) + " " + r.Code }

func (Comparison) isOutcome() {}
func (Rejection) isOutcome()  {}

// Category groups response codes. Later gateways may have more.
type Category string

// The categories of a [Rejection].
const (
	// CategoryNotConfirmed: the source did not confirm the person.
	CategoryNotConfirmed Category = "NOT_CONFIRMED"
	// CategoryInvalidRequest: UPI found the message wrong.
	CategoryInvalidRequest Category = "INVALID_REQUEST"
	// CategoryDuplicateOrder: UPI had seen the order id before.
	CategoryDuplicateOrder Category = "DUPLICATE_ORDER"
	// CategoryNotPermitted: a policy, a contract or a limit forbids it.
	CategoryNotPermitted Category = "NOT_PERMITTED"
	// CategorySourceUnavailable: no result now.
	CategorySourceUnavailable Category = "SOURCE_UNAVAILABLE"
	// CategoryOther: any other code.
	CategoryOther Category = "OTHER"
)

// State is how far an order came. Later gateways may have more.
type State string

// The states of a [Verification].
const (
	// StateInFlight: an answer may still come.
	StateInFlight State = "IN_FLIGHT"
	// StateAnswered: UPI answered.
	StateAnswered State = "ANSWERED"
	// StateNotSent: UPI never processed it; the same order may be sent.
	StateNotSent State = "NOT_SENT"
	// StateOutcomeUnknown: sent, and no valid answer came; never sent again.
	StateOutcomeUnknown State = "OUTCOME_UNKNOWN"
)

// Verification is what the gateway knows of an order.
type Verification struct {
	// OrderID is the one that was asked for.
	OrderID string
	// State is how far it came.
	State State
	// Answer is UPI's answer in StateAnswered, else nil.
	Answer *Answer
	// CreatedAt is when the order id was first seen, UpdatedAt when the state last changed.
	CreatedAt, UpdatedAt time.Time
	// Consent is the evidence that was, or was to be, sent.
	Consent Consent
}

func answerFromProto(r *idphotov1.VerifyIdPhotoResponse) (*Answer, error) {
	answer := &Answer{
		OrderID: r.GetOrderId(), UPIUUID: r.GetUpiUuid(),
		AnsweredAt: r.GetAnsweredAt().AsTime(), Replayed: r.GetReplayed(),
	}
	switch outcome := r.GetOutcome().(type) {
	case *idphotov1.VerifyIdPhotoResponse_Comparison:
		answer.Outcome = Comparison{int(outcome.Comparison.GetConfidence())}
	case *idphotov1.VerifyIdPhotoResponse_Rejection:
		rejection := outcome.Rejection
		category := strings.TrimPrefix(rejection.GetCategory().String(), "REJECTION_CATEGORY_")
		answer.Outcome = NewRejection(Category(category), rejection.GetCode(), rejection.GetMessage(), rejection.GetDetail())
	default:
		return nil, &Error{Code: codes.Internal, OrderID: r.GetOrderId(), Message: "an answer of a kind that this client does not know"}
	}
	return answer, nil
}

func verificationFromProto(r *idphotov1.GetVerificationResponse) (*Verification, error) {
	consent := r.GetConsent()
	verification := &Verification{
		OrderID:   r.GetOrderId(),
		State:     State(strings.TrimPrefix(r.GetState().String(), "VERIFICATION_STATE_")),
		CreatedAt: r.GetCreatedAt().AsTime(), UpdatedAt: r.GetUpdatedAt().AsTime(),
		Consent: Consent{
			consent.GetUsageScenario(), consent.GetPurpose(),
			consent.GetAgreementVersion(), consent.GetAgreementSerial(),
		},
	}
	if r.GetState() != idphotov1.VerificationState_VERIFICATION_STATE_ANSWERED {
		return verification, nil
	}
	answer, err := answerFromProto(r.GetResult())
	if err != nil {
		return nil, err
	}
	verification.Answer = answer
	return verification, nil
}
