package proxies

import (
	"strings"
	"testing"
	"time"

	"google.golang.org/genproto/googleapis/rpc/errdetails"
	"google.golang.org/grpc/codes"
	"google.golang.org/protobuf/types/known/timestamppb"

	pb "idphoto.example/clients/go/gen/idphoto/v1"
)

const (
	order     = "20260101000000ABCDEFGHIJKLMNOPQRSTU"
	forgotten = pb.VerificationState_VERIFICATION_STATE_UNSPECIFIED
	inFlight  = pb.VerificationState_VERIFICATION_STATE_IN_FLIGHT
	answerIs  = pb.VerificationState_VERIFICATION_STATE_ANSWERED
	notSent   = pb.VerificationState_VERIFICATION_STATE_NOT_SENT
	lost      = pb.VerificationState_VERIFICATION_STATE_OUTCOME_UNKNOWN
)

var noon = time.Date(2026, 1, 1, 12, 0, 0, 0, time.UTC)

func comparison(replayed bool) *pb.VerifyIdPhotoResponse {
	return &pb.VerifyIdPhotoResponse{
		OrderId: order, UpiUuid: strings.Repeat("0a", 16), AnsweredAt: timestamppb.New(noon), Replayed: replayed,
		Outcome: &pb.VerifyIdPhotoResponse_Comparison{Comparison: &pb.Comparison{Confidence: 42}},
	}
}

func rejection() *pb.VerifyIdPhotoResponse {
	answer := comparison(false)
	answer.Outcome = &pb.VerifyIdPhotoResponse_Rejection{Rejection: &pb.Rejection{
		Code: "70", Category: pb.RejectionCategory_REJECTION_CATEGORY_NOT_CONFIRMED}}
	return answer
}

func told(code codes.Code, reason, dispatch, retry string) end {
	metadata := map[string]string{"dispatch": dispatch, "retry": retry, "order_id": order}
	return end{code: code, delay: true, to: noon.Add(time.Second),
		info: &errdetails.ErrorInfo{Domain: "idphoto", Reason: reason, Metadata: metadata}}
}

var (
	short       = told(codes.DeadlineExceeded, "DEADLINE_TOO_SHORT", "NOT_SENT", "SAME_ORDER")
	pending     = told(codes.DeadlineExceeded, "ANSWER_PENDING", "IN_FLIGHT", "SAME_ORDER")
	noAnswer    = told(codes.Unknown, "OUTCOME_UNKNOWN", "UNKNOWN", "NEW_ORDER")
	refusal     = told(codes.Internal, "UPI_REFUSED", "REFUSED", "SAME_ORDER")
	unreachable = told(codes.Unavailable, "UPI_UNREACHABLE", "NOT_SENT", "SAME_ORDER")
)

func of(end end, state pb.VerificationState, received int) round {
	settled := round{end: end, kept: kept{state: state}, before: received, received: received}
	if state == answerIs {
		settled.kept.result = comparison(true)
	}
	return settled
}

func with(scenario scenario, first, second round) evidence {
	cell := cell{scenario: scenario, proxy: direct, deadline: time.Second, cancel: time.Second}
	last := second.received
	return evidence{cell: cell, order: order, first: first, second: second, last: last, sandbox: last}
}

// Each is good evidence, made anew: what the planted violations change must not stay.
func good() (e evidence) {
	ok := end{answer: comparison(false), to: noon.Add(time.Second)}
	again := end{answer: comparison(true), to: noon.Add(2 * time.Second)}
	return with(compares("", 42), of(ok, answerIs, 1), of(again, answerIs, 1))
}

func late() evidence {
	e := good()
	e.first = of(pending, answerIs, 1)
	return e
}

func early() evidence {
	e := good()
	e.first = of(short, notSent, 0)
	e.second.end.answer = comparison(false)
	return e
}

func without() evidence {
	return with(scenario{ending: unknown}, of(noAnswer, lost, 1), of(noAnswer, lost, 1))
}

func denied() evidence {
	return with(scenario{ending: refused}, of(refusal, notSent, 1), of(refusal, notSent, 2))
}

func cut() evidence {
	e := early()
	e.cell.scenario.ending, e.first.end = broken, unreachable
	return e
}

func arriving() evidence {
	e := with(scenario{ending: broken}, of(noAnswer, lost, 0), of(noAnswer, lost, 0))
	e.last, e.sandbox = 1, 1
	return e
}

func silent(code codes.Code, evidence evidence) evidence {
	evidence.first.end = end{code: code, to: noon.Add(time.Second)}
	return evidence
}

func TestGoodEvidenceHasNoViolation(t *testing.T) {
	for name, evidence := range map[string]evidence{
		"an answer": good(), "an answer after the deadline": late(), "too little time": early(), "no answer": without(),
		"a refusal": denied(), "a broken line": cut(), "a request that arrives behind its end": arriving(),
		"a hasty caller": hasty(late)(), "a hasty caller after a refusal": hasty(denied)(),
		"a first call that is overtaken": func() evidence {
			e := cut()
			e.first, e.second = of(end{code: codes.Canceled}, forgotten, 0), of(unreachable, answerIs, 1)
			return e
		}(),
		"a caller who left":        silent(codes.Canceled, good()),
		"a library's own deadline": silent(codes.DeadlineExceeded, early()),
		"a shared answer":          func() evidence { e := good(); e.second.end.answer.Replayed = false; return e }(),
	} {
		for _, violation := range (judge{errorTable(t)}).violations(evidence) {
			t.Errorf("%s: %s", name, violation)
		}
	}
}

// planted is a lie, and the rule that has to find it.
type planted struct {
	name, rule string
	evidence   func() evidence
	lie        func(*evidence)
}

func TestEveryPlantedViolationIsFound(t *testing.T) {
	for _, planted := range plantedViolations {
		e := planted.evidence()
		// Metadata are maps, and the same ones in all evidence.
		for _, end := range []*end{&e.first.end, &e.second.end} {
			if end.info != nil {
				metadata := map[string]string{}
				for key, value := range end.info.Metadata {
					metadata[key] = value
				}
				end.info = &errdetails.ErrorInfo{Domain: end.info.Domain, Reason: end.info.Reason, Metadata: metadata}
			}
		}
		planted.lie(&e)
		found := strings.Join(judge{errorTable(t)}.violations(e), "\n")
		if !strings.Contains("\n"+found, "\n"+planted.rule) {
			t.Errorf("%s: wanted %q, found %q", planted.name, planted.rule, found)
		}
	}
}
