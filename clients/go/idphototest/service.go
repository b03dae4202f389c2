package idphototest

import (
	"context"
	"strings"
	"sync"
	"time"

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
	status   *status.Status
	// settled is closed when the reply can be given.
	settled chan struct{}
}

// VerifyIdPhoto is the service's method.
func (s *service) VerifyIdPhoto(ctx context.Context, r *idphotov1.VerifyIdPhotoRequest) (*idphotov1.VerifyIdPhotoResponse, error) {
	o, known := s.receive(ctx, r)
	if known && !proto.Equal(o.request, r) {
		return nil, statusOf(complete(idphoto.Error{Reason: idphoto.ReasonOrderIDReused}), r.GetOrderId())
	}
	select {
	case <-ctx.Done():
		return nil, status.FromContextError(ctx.Err()).Err()
	case <-o.settled:
	}
	s.mutex.Lock()
	defer s.mutex.Unlock()
	return o.answer(r, known)
}

// receive is the order of a call, and whether it was known before.
func (s *service) receive(ctx context.Context, r *idphotov1.VerifyIdPhotoRequest) (o *order, known bool) {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	s.calls = append(s.calls, received(ctx, r))
	if o := s.orders[r.GetOrderId()]; o != nil && !r.GetValidateOnly() {
		return o, true
	}
	o = newOrder(r, s.next())
	if o.isKept() && !r.GetValidateOnly() {
		s.orders[r.GetOrderId()] = o
	}
	return o, false
}

// GetVerification is the service's method.
func (s *service) GetVerification(_ context.Context, r *idphotov1.GetVerificationRequest) (*idphotov1.GetVerificationResponse, error) {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	known := s.orders[r.GetOrderId()]
	if known == nil {
		return nil, statusOf(complete(idphoto.Error{Reason: idphoto.ReasonVerificationNotFound}), r.GetOrderId())
	}
	response := &idphotov1.GetVerificationResponse{
		OrderId: r.GetOrderId(), Consent: known.request.GetConsent(),
		CreatedAt: known.created, UpdatedAt: known.answered,
	}
	switch {
	case !known.isSettled(), known.failure != nil && known.failure.Dispatch == idphoto.DispatchInFlight:
		response.State = idphotov1.VerificationState_VERIFICATION_STATE_IN_FLIGHT
	case known.failure == nil:
		response.State = idphotov1.VerificationState_VERIFICATION_STATE_ANSWERED
		result, err := known.answer(known.request, true)
		if err != nil {
			return nil, err
		}
		response.Result = result
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

func newOrder(r *idphotov1.VerifyIdPhotoRequest, reply Reply) *order {
	o := &order{
		request: r, failure: reply.failure, status: reply.status, outcome: reply.outcome,
		created: timestamppb.Now(), inFlight: reply.pending, settled: make(chan struct{}),
	}
	o.answered = timestamppb.New(o.created.AsTime().Add(reply.delay))
	switch {
	case reply.hangs:
	case reply.delay > 0:
		time.AfterFunc(reply.delay, func() { close(o.settled) })
	default:
		close(o.settled)
	}
	return o
}

func (o *order) isSettled() bool {
	select {
	case <-o.settled:
		return true
	default:
		return false
	}
}

// isKept says whether the order id is used from now on.
func (o *order) isKept() bool {
	return o.failure == nil || o.failure.Dispatch == idphoto.DispatchInFlight || o.failure.Dispatch == idphoto.DispatchUnknown
}

func (o *order) answer(r *idphotov1.VerifyIdPhotoRequest, replayed bool) (*idphotov1.VerifyIdPhotoResponse, error) {
	orderID := r.GetOrderId()
	switch {
	case o.status != nil:
		return nil, o.status.Err()
	case o.failure != nil:
		return nil, statusOf(*o.failure, orderID)
	case r.GetValidateOnly():
		return &idphotov1.VerifyIdPhotoResponse{OrderId: orderID}, nil
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
	if len(e.Quota) > 0 {
		quota := &errdetails.QuotaFailure{}
		for _, v := range e.Quota {
			quota.Violations = append(quota.Violations, &errdetails.QuotaFailure_Violation{Subject: v.Subject, Description: v.Description})
		}
		details = append(details, quota)
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
