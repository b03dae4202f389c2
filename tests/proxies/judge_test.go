package proxies

import (
	"fmt"
	"regexp"
	"slices"

	"google.golang.org/grpc/codes"
	"google.golang.org/protobuf/proto"

	pb "idphoto.example/clients/go/gen/idphoto/v1"
)

// judge says what of the contract the evidence breaks.
type judge struct{ table map[string]documented }

func (j judge) violations(e evidence) []string {
	var found []string
	say := func(rule string, broken bool, format string, arguments ...any) {
		if broken {
			found = append(found, rule+": "+fmt.Sprintf(format, arguments...))
		}
	}
	first, second := e.first, e.second
	j.told(first.end, e, true, say)
	j.told(second.end, e, false, say)
	if remembered(second, e, say); e.cell.hasty {
		repeatedAtOnce(e, say)
	} else {
		sent(first, 0, e, say)
		sent(second, first.received, e, say)
		remembered(first, e, say)
		repeated(e, say)
	}
	counted(e, say)
	return found
}

type say func(rule string, broken bool, format string, arguments ...any)

// told judges the answer or the error itself.
func (j judge) told(call end, e evidence, first bool, say say) {
	if call.code == codes.OK {
		answer(call, e, say)
		return
	}
	deadline := first && e.cell.deadline > 0
	if call.info == nil {
		// Only the caller's own library may end a call without a word of the gateway.
		own := call.code == codes.DeadlineExceeded && deadline ||
			call.code == codes.Canceled && first && e.cell.cancel != never
		say("details", !own, "%v without ErrorInfo: %s", call.code, call.text)
		return
	}
	reason, metadata := call.info.GetReason(), call.info.GetMetadata()
	row, known := j.table[reason]
	say("documented", !known, "reason %q is in no table", reason)
	say("documented", known && row.code != call.code, "%s with %v", reason, call.code)
	say("documented", call.info.GetDomain() != "idphoto", "domain %q", call.info.GetDomain())
	say("documented", known && row.dispatch != metadata["dispatch"], "%s with dispatch %q", reason, metadata["dispatch"])
	say("documented", known && row.retry != metadata["retry"], "%s with retry %q", reason, metadata["retry"])
	say("documented", reason == "UPI_UNREACHABLE" && !call.delay, "%s without RetryInfo", reason)
	say("order id", metadata["order_id"] != e.order && metadata["order_id"] != "", "another order: %q", metadata["order_id"])
	late := reason == "DEADLINE_TOO_SHORT" || reason == "ANSWER_PENDING"
	possible := slices.Contains(reasons[e.cell.scenario.ending], reason)
	say("reason", !(late && deadline) && !possible, "%s can not come of this cell", reason)
	say("replayable", replayable(call.code) && metadata["dispatch"] != "NOT_SENT", "%v with dispatch %q", call.code, metadata["dispatch"])
}

// reasons are the errors of orders whose callers wait long enough.
var reasons = map[ending][]string{
	unknown: {"OUTCOME_UNKNOWN"},
	refused: {"UPI_REFUSED"},
	broken:  {"OUTCOME_UNKNOWN", "UPI_UNREACHABLE"},
	shut:    {"UPI_UNREACHABLE"},
}

// replayable is what proxies repeat by themselves.
func replayable(code codes.Code) bool {
	return code == codes.Unavailable || code == codes.Canceled
}

var uuid = regexp.MustCompile("^[0-9a-f]{32}$")

// answer judges an OK: it is UPI's own answer.
func answer(call end, e evidence, say say) {
	wanted, got := e.cell.scenario, call.answer
	say("answer", wanted.ending != answered && wanted.ending != broken, "OK where UPI gave no answer")
	say("answer", got.GetOrderId() != e.order, "order id %q", got.GetOrderId())
	say("answer", !uuid.MatchString(got.GetUpiUuid()), "upi_uuid %q", got.GetUpiUuid())
	at := got.GetAnsweredAt()
	say("answer", !at.IsValid() || at.AsTime().After(call.to), "answered_at %v", at)
	switch outcome := got.GetOutcome().(type) {
	case *pb.VerifyIdPhotoResponse_Comparison:
		confidence := int(outcome.Comparison.GetConfidence())
		say("answer", wanted.code != "00", "a comparison for code %s", wanted.code)
		say("answer", confidence > 100 || wanted.confidence >= 0 && confidence != wanted.confidence, "confidence %d", confidence)
	case *pb.VerifyIdPhotoResponse_Rejection:
		say("answer", outcome.Rejection.GetCode() != wanted.code, "code %s", outcome.Rejection.GetCode())
		say("answer", outcome.Rejection.GetCategory() != wanted.category, "category %v", outcome.Rejection.GetCategory())
	default:
		say("answer", true, "no outcome")
	}
}

// sent holds what a call was told about its request against what was received.
func sent(call round, earlier int, e evidence, say say) {
	now := call.received - earlier
	// A first call that came late, and was refused, does not show in what was received earlier.
	say("twice", now > 1 && !(overtaken(e) && e.cell.scenario.ending == refused), "received %d times by one call", now)
	switch dispatch := call.end.info.GetMetadata()["dispatch"]; dispatch {
	case "NOT_SENT":
		say("not sent", now > 0 && !overtaken(e), "%s, and received %d times", call.end.info.GetReason(), now)
	case "IN_FLIGHT", "REFUSED", "UNKNOWN":
		// Over a line that breaks the gateway can not know.
		say("sent", call.received == 0 && e.cell.scenario.ending != broken && e.cell.scenario.ending != shut, "dispatch %s, and never received", dispatch)
	}
	say("sent", call.end.code == codes.OK && call.received != 1, "OK, and received %d times", call.received)
}

// overtaken is whether the first call may have arrived after the second one: its caller had left without a word, and
// nobody knew the order. What the second one was told holds for its own request, and not for the first one's.
func overtaken(e evidence) bool {
	first := e.first
	silent := first.end.info == nil && first.end.code != codes.OK
	return silent && !e.cell.hasty && first.kept.state == pb.VerificationState_VERIFICATION_STATE_UNSPECIFIED
}

// remembered holds GetVerification against the call's end and against what was received.
func remembered(call round, e evidence, say say) {
	state, result := call.kept.state, call.kept.result
	say("kept", call.kept.trouble != "", "GetVerification: %s", call.kept.trouble)
	ending := e.cell.scenario.ending
	const (
		forgotten = pb.VerificationState_VERIFICATION_STATE_UNSPECIFIED
		flying    = pb.VerificationState_VERIFICATION_STATE_IN_FLIGHT
		free      = pb.VerificationState_VERIFICATION_STATE_NOT_SENT
		lost      = pb.VerificationState_VERIFICATION_STATE_OUTCOME_UNKNOWN
		kept      = pb.VerificationState_VERIFICATION_STATE_ANSWERED
	)
	say("kept", state == flying, "never settled")
	say("kept", state == forgotten && call.before > 0, "not known, and received %d times", call.before)
	say("kept", state == free && call.before > 0 && ending != refused, "NOT_SENT, and received %d times", call.before)
	say("kept", state == lost && ending != broken && (ending != unknown || call.received == 0), "OUTCOME_UNKNOWN, and received %d times", call.received)
	say("kept", state == kept && (ending != answered && ending != broken || call.received != 1), "ANSWERED, and received %d times", call.received)
	if state == kept {
		answer(end{answer: result, to: call.end.to.Add(patience)}, e, say)
		say("kept", !result.GetReplayed(), "a result that is not replayed")
	}
	if call.end.code == codes.OK {
		say("kept", state != kept || !same(call.end.answer, result), "%v after OK", state)
	}
	switch call.end.info.GetMetadata()["dispatch"] {
	case "NOT_SENT":
		say("kept", state != free && state != forgotten && !overtaken(e), "%v after NOT_SENT", state)
	case "REFUSED":
		say("kept", state != free, "%v after REFUSED", state)
	case "UNKNOWN":
		say("kept", state != lost, "%v after UNKNOWN", state)
	case "IN_FLIGHT":
		say("kept", state == forgotten || state == free && ending != refused && ending != broken && ending != shut, "%v after IN_FLIGHT", state)
	}
}

// repeated judges the order as a whole.
func repeated(e evidence, say say) {
	first, second := e.first, e.second
	was := first.kept.state
	open := was == pb.VerificationState_VERIFICATION_STATE_NOT_SENT || was == pb.VerificationState_VERIFICATION_STATE_UNSPECIFIED
	say("twice", !open && second.received > first.received && !arrived(e, first.received, second.received), "sent again after %v", was)
	say("repeat", first.end.code == codes.OK && first.end.answer.GetReplayed(), "the first call is said to be replayed")
	// An unknown order may be a first call that is still on its way, and an answered one is under way until its callers
	// know: then the second call shares an answer, which is not called replayed.
	if second.end.code == codes.OK && was == pb.VerificationState_VERIFICATION_STATE_NOT_SENT {
		replayed, went := second.end.answer.GetReplayed(), second.received > first.received
		say("repeat", replayed && went, "replayed, and sent")
		say("repeat", !replayed && !went, "not replayed, and not sent")
	}
	if was == pb.VerificationState_VERIFICATION_STATE_ANSWERED {
		say("repeat", second.end.code != codes.OK, "%v after an answer", second.end.code)
		say("repeat", second.end.code == codes.OK && !same(second.end.answer, first.kept.result), "another answer")
	}
	if was == pb.VerificationState_VERIFICATION_STATE_OUTCOME_UNKNOWN {
		say("repeat", second.end.outcome() != "OUTCOME_UNKNOWN", "%s after OUTCOME_UNKNOWN", second.end.outcome())
	}
}

// repeatedAtOnce judges an order that was called again while it may have been in flight.
func repeatedAtOnce(e evidence, say say) {
	first, second := e.first.end, e.second.end
	if first.code == codes.OK {
		say("repeat", !same(first.answer, second.answer), "%s after an answer", second.outcome())
	}
	say("repeat", first.outcome() == "OUTCOME_UNKNOWN" && second.outcome() != "OUTCOME_UNKNOWN", "%s after OUTCOME_UNKNOWN", second.outcome())
	say("sent", e.last == 0 && e.cell.scenario.ending != broken && e.cell.scenario.ending != shut, "never received")
	say("not sent", second.info.GetMetadata()["dispatch"] == "NOT_SENT" && e.last > 0, "%s, and received %d times", second.outcome(), e.last)
}

// counted judges what was received when all was over. A refused order may be sent by each of its calls.
func counted(e evidence, say say) {
	if e.cell.scenario.ending == refused {
		say("twice", e.last > 2, "two calls, and received %d times", e.last)
	} else {
		say("twice", e.last > 1, "received %d times at the end", e.last)
		say("twice", e.last != e.second.received && !arrived(e, e.second.received, e.last), "received once more after all was over")
	}
	say("witness", e.sandbox != e.last && e.cell.scenario.ending != broken, "the sandbox counts %d, and %d went by", e.sandbox, e.last)
}

// arrived is whether it may be the first arrival of what was called unknown: the gateway knows that a connection broke, and
// what it had written may still be on its way.
func arrived(e evidence, earlier, now int) bool {
	unknown := e.second.end.outcome() == "OUTCOME_UNKNOWN"
	return unknown && e.cell.scenario.ending == broken && earlier == 0 && now == 1
}

// same is whether two answers are one, whoever of them is the replayed one.
func same(one, other *pb.VerifyIdPhotoResponse) bool {
	if one == nil || other == nil {
		return false
	}
	one, other = proto.CloneOf(one), proto.CloneOf(other)
	one.Replayed, other.Replayed = false, false
	return proto.Equal(one, other)
}
