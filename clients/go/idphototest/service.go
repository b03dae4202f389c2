package idphototest

import (
	"context"
	"strings"
	"sync"

	"google.golang.org/genproto/googleapis/rpc/errdetails"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/protoadapt"
	"google.golang.org/protobuf/types/known/durationpb"
	"google.golang.org/protobuf/types/known/timestamppb"

	idphotov1 "idphoto.example/clients/go/gen/idphoto/v1"
	"idphoto.example/clients/go/idphoto"
)

// service is the server's side of the contract.
type service struct {
	idphotov1.UnimplementedIdPhotoServiceServer

	mutex  sync.Mutex
	script []Reply
	calls  []Call
	orders map[string]*order
}

// order is what is known of an order id.
type order struct {
	request  *idphotov1.VerifyIdPhotoRequest
	failure  *idphoto.Error
	outcome  idphoto.Outcome
	answered *timestamppb.Timestamp
	created  *timestamppb.Timestamp
	inFlight bool
}

// VerifyIdPhoto is the service's method.
func (s *service) VerifyIdPhoto(ctx context.Context, r *idphotov1.VerifyIdPhotoRequest) (*idphotov1.VerifyIdPhotoResponse, error) {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	s.calls = append(s.calls, received(ctx, r))
	if known := s.orders[r.GetOrderId()]; known != nil && !r.GetValidateOnly() {
		if !proto.Equal(known.request, r) {
			return nil, statusOf(complete(idphoto.Error{Reason: idphoto.OrderIDReused}), r.GetOrderId())
		}
		return known.answer(r.GetOrderId(), true)
	}
	reply := s.next()
	if r.GetValidateOnly() {
		if reply.failure != nil {
			return nil, statusOf(*reply.failure, r.GetOrderId())
		}
		return &idphotov1.VerifyIdPhotoResponse{OrderId: r.GetOrderId()}, nil
	}
	made := &order{request: r, failure: reply.failure, outcome: reply.outcome, created: timestamppb.Now(), inFlight: reply.pending}
	made.answered = made.created
	if made.isKept() {
		s.orders[r.GetOrderId()] = made
	}
	return made.answer(r.GetOrderId(), false)
}

// GetVerification is the service's method.
func (s *service) GetVerification(_ context.Context, r *idphotov1.GetVerificationRequest) (*idphotov1.GetVerificationResponse, error) {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	known := s.orders[r.GetOrderId()]
	if known == nil {
		return nil, statusOf(complete(idphoto.Error{Reason: idphoto.VerificationNotFound}), r.GetOrderId())
	}
	response := &idphotov1.GetVerificationResponse{
		OrderId: r.GetOrderId(), Consent: known.request.GetConsent(),
		CreatedAt: known.created, UpdatedAt: known.answered,
	}
	switch {
	case known.failure == nil:
		response.State = idphotov1.VerificationState_VERIFICATION_STATE_ANSWERED
		result, err := known.answer(r.GetOrderId(), true)
		if err != nil {
			return nil, err
		}
		response.Result = result
	case known.failure.Dispatch == idphoto.InFlight:
		response.State = idphotov1.VerificationState_VERIFICATION_STATE_IN_FLIGHT
	default:
		response.State = idphotov1.VerificationState_VERIFICATION_STATE_OUTCOME_UNKNOWN
	}
	if known.inFlight {
		known.inFlight, known.failure = false, nil
	}
	return response, nil
}

func (s *service) next() Reply {
	if len(s.script) == 0 {
		return Answer(idphoto.Comparison{Confidence: 97})
	}
	reply := s.script[0]
	s.script = s.script[1:]
	return reply
}

// isKept says whether the order id is used from now on.
func (o *order) isKept() bool {
	return o.failure == nil || o.failure.Dispatch == idphoto.InFlight || o.failure.Dispatch == idphoto.Unknown
}

func (o *order) answer(orderID string, replayed bool) (*idphotov1.VerifyIdPhotoResponse, error) {
	if o.failure != nil {
		return nil, statusOf(*o.failure, orderID)
	}
	response := &idphotov1.VerifyIdPhotoResponse{
		OrderId: orderID, UpiUuid: strings.Repeat("0", 32), AnsweredAt: o.answered, Replayed: replayed,
	}
	switch outcome := o.outcome.(type) {
	case idphoto.Comparison:
		response.Outcome = &idphotov1.VerifyIdPhotoResponse_Comparison{
			Comparison: &idphotov1.Comparison{Confidence: uint32(outcome.Confidence)},
		}
	case idphoto.Rejection:
		category := idphotov1.RejectionCategory_value["REJECTION_CATEGORY_"+string(outcome.Category)]
		response.Outcome = &idphotov1.VerifyIdPhotoResponse_Rejection{Rejection: &idphotov1.Rejection{
			Category: idphotov1.RejectionCategory(category), Code: outcome.Code,
			Message: outcome.Message(), Detail: outcome.Detail(),
		}}
	default:
		return nil, status.Error(codes.Internal, "idphototest: an answer needs an outcome")
	}
	return response, nil
}

func statusOf(e idphoto.Error, orderID string) error {
	plain := status.New(e.Code, e.Message)
	if e.Reason == "" {
		return plain.Err()
	}
	metadata := map[string]string{"order_id": orderID}
	if e.Dispatch != "" {
		metadata["dispatch"], metadata["retry"] = string(e.Dispatch), string(e.Retry)
	}
	details := []protoadapt.MessageV1{&errdetails.ErrorInfo{Reason: string(e.Reason), Domain: "idphoto", Metadata: metadata}}
	if len(e.Violations) > 0 {
		bad := &errdetails.BadRequest{}
		for _, v := range e.Violations {
			bad.FieldViolations = append(bad.FieldViolations, &errdetails.BadRequest_FieldViolation{Field: v.Field, Description: v.Description})
		}
		details = append(details, bad)
	}
	if e.RetryAfter > 0 {
		details = append(details, &errdetails.RetryInfo{RetryDelay: durationpb.New(e.RetryAfter)})
	}
	full, err := plain.WithDetails(details...)
	if err != nil {
		return status.Error(codes.Internal, "idphototest: bad details")
	}
	return full.Err()
}
