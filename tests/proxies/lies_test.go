package proxies

import (
	"google.golang.org/grpc/codes"

	pb "idphoto.example/clients/go/gen/idphoto/v1"
)

// received makes it so from the first call on.
func received(count int) func(*evidence) {
	return func(e *evidence) {
		e.first.before, e.first.received = count, count
		e.second.before, e.second.received, e.last, e.sandbox = max(count, 1), max(count, 1), max(count, 1), max(count, 1)
	}
}

func info(key, value string) func(*evidence) {
	return func(e *evidence) { e.first.end.info.Metadata[key] = value }
}

func state(state pb.VerificationState) func(*evidence) {
	return func(e *evidence) { e.first.kept.state = state }
}

func first(change func(*pb.VerifyIdPhotoResponse)) func(*evidence) {
	return func(e *evidence) { change(e.first.end.answer) }
}

func hasty(made func() evidence) func() evidence {
	return func() evidence {
		e := made()
		e.cell.hasty, e.first = true, round{end: e.first.end}
		return e
	}
}

var plantedViolations = []planted{
	{"UNAVAILABLE for what was received", "not sent: UPI_UNREACHABLE, and received 1 times", cut, received(1)},
	{"NOT_SENT for what was received", "not sent: DEADLINE_TOO_SHORT, and received 1 times", early, received(1)},
	{"NOT_SENT for what came later", "twice: sent again after", late, func(e *evidence) {
		e.first, e.second.received, e.last, e.sandbox = of(short, answerIs, 0), 1, 1, 1
	}},
	{"OK for what was not received", "sent: OK, and received 0 times", good, received(0)},
	{"pending, and never received", "sent: dispatch IN_FLIGHT, and never received", late, received(0)},
	{"unknown, and never received", "sent: dispatch UNKNOWN, and never received", without, received(0)},
	{"refused, and never received", "sent: dispatch REFUSED, and never received", denied, received(0)},
	{"sent twice by one call", "twice: received 2 times by one call", denied, func(e *evidence) { e.first.received = 2 }},
	{"sent twice for one whose caller left", "twice: received 2 times at the end", func() evidence { return silent(codes.Canceled, good()) }, func(e *evidence) {
		e.first.kept, e.first.before, e.second.received, e.last, e.sandbox = kept{}, 0, 2, 2, 2
	}},
	{"sent again by the repeat", "twice: sent again after VERIFICATION_STATE_ANSWERED", good, func(e *evidence) {
		e.second.received, e.last, e.sandbox = 2, 2, 2
	}},
	{"sent again after an unknown outcome", "twice: sent again after VERIFICATION_STATE_OUTCOME_UNKNOWN", without, func(e *evidence) {
		e.second.received, e.last, e.sandbox = 2, 2, 2
	}},
	{"sent when all was over", "twice: received once more", good, func(e *evidence) { e.last, e.sandbox = 2, 2 }},
	{"sent when all was over, and before", "twice: received once more", arriving, func(e *evidence) {
		e.second.before, e.second.received, e.last = 1, 1, 2
	}},
	{"a refused order sent by nobody", "twice: two calls, and received 3 times", denied, func(e *evidence) { e.last, e.sandbox = 3, 3 }},
	{"a witness that sees less than the sandbox", "witness: the sandbox counts 2", good, func(e *evidence) { e.sandbox = 2 }},

	{"OK where there was no answer", "answer: OK where UPI gave no answer", good, func(e *evidence) { e.cell.scenario.ending = unknown }},
	{"another order's answer", "answer: order id", good, first(func(a *pb.VerifyIdPhotoResponse) { a.OrderId = "another" })},
	{"another confidence", "answer: confidence 41", good, first(func(a *pb.VerifyIdPhotoResponse) { a.GetComparison().Confidence = 41 })},
	{"a confidence above 100", "answer: confidence 101", good, func(e *evidence) {
		e.cell.scenario.confidence, e.first.end.answer.GetComparison().Confidence = -1, 101
	}},
	{"a comparison where UPI rejected", "answer: a comparison for code 70", good, func(e *evidence) { e.cell.scenario = rejects("", "70") }},
	{"a rejection where UPI compared", "answer: code 70", good, func(e *evidence) { e.first.end.answer.Outcome = rejection().Outcome }},
	{"another category", "answer: category", good, func(e *evidence) {
		e.cell.scenario, e.first.end.answer = rejects("", "70"), rejection()
		e.first.end.answer.GetRejection().Category = pb.RejectionCategory_REJECTION_CATEGORY_OTHER
	}},
	{"no outcome", "answer: no outcome", good, first(func(a *pb.VerifyIdPhotoResponse) { a.Outcome = nil })},
	{"no UPI-UUID", "answer: upi_uuid", good, first(func(a *pb.VerifyIdPhotoResponse) { a.UpiUuid = "" })},
	{"no time of the answer", "answer: answered_at", good, first(func(a *pb.VerifyIdPhotoResponse) { a.AnsweredAt = nil })},
	{"an answer that is not yet", "answer: answered_at", good, func(e *evidence) { e.first.end.to = noon.Add(-1) }},

	{"UNAVAILABLE of nobody", "details: Unavailable without ErrorInfo", func() evidence { return silent(codes.Unavailable, good()) }, func(*evidence) {}},
	{"CANCELLED though the caller stayed", "details: Canceled without", func() evidence { return silent(codes.Canceled, good()) }, func(e *evidence) { e.cell.cancel = never }},
	{"a deadline that nobody set", "details: DeadlineExceeded without", func() evidence { return silent(codes.DeadlineExceeded, good()) }, func(e *evidence) { e.cell.deadline = 0 }},
	{"a repeat that the proxy lost", "details: Unavailable without", good, func(e *evidence) { e.second.end = end{code: codes.Unavailable} }},
	{"a reason that nobody knows", "documented: reason", without, func(e *evidence) { e.first.end.info.Reason = "NEW" }},
	{"another code", "documented: OUTCOME_UNKNOWN with Internal", without, func(e *evidence) { e.first.end.code = codes.Internal }},
	{"a code that is repeated", "replayable: Unavailable with dispatch", without, func(e *evidence) { e.first.end.code = codes.Unavailable }},
	{"CANCELLED by the gateway", "documented: ANSWER_PENDING with Canceled", late, func(e *evidence) { e.first.end.code = codes.Canceled }},
	{"another domain", "documented: domain", without, func(e *evidence) { e.first.end.info.Domain = "" }},
	{"another dispatch", "documented: OUTCOME_UNKNOWN with dispatch", without, info("dispatch", "NOT_SENT")},
	{"no dispatch", "documented: ANSWER_PENDING with dispatch", late, info("dispatch", "")},
	{"advice to send it again", "documented: OUTCOME_UNKNOWN with retry", without, info("retry", "SAME_ORDER")},
	{"no time to come back", "documented: UPI_UNREACHABLE without RetryInfo", cut, func(e *evidence) { e.first.end.delay = false }},
	{"another order's error", "order id: another order", without, info("order_id", "another")},
	{"pending without a deadline", "reason: ANSWER_PENDING can not come", late, func(e *evidence) { e.cell.deadline = 0 }},
	{"a paid answer that is lost", "reason: OUTCOME_UNKNOWN can not come", without, func(e *evidence) { e.cell.scenario.ending = answered }},
	{"UPI called unreachable", "reason: UPI_UNREACHABLE can not come", cut, func(e *evidence) { e.cell.scenario.ending = answered }},
	{"a refusal that was none", "reason: UPI_REFUSED can not come", denied, func(e *evidence) { e.cell.scenario.ending = unknown }},

	{"GetVerification fails", "kept: GetVerification", good, func(e *evidence) { e.first.kept.trouble = "INTERNAL" }},
	{"an order that never settles", "kept: never settled", late, state(inFlight)},
	{"an answer forgotten", "kept: VERIFICATION_STATE_UNSPECIFIED after OK", good, state(forgotten)},
	{"a sent order forgotten", "kept: not known, and received 1", func() evidence { return silent(codes.Canceled, good()) }, state(forgotten)},
	{"a sent order called free", "kept: NOT_SENT, and received 1", func() evidence { return silent(codes.Canceled, good()) }, state(notSent)},
	{"an answer called lost", "kept: OUTCOME_UNKNOWN, and received 1", func() evidence { return silent(codes.Canceled, good()) }, state(lost)},
	{"an unsent order called answered", "kept: ANSWERED, and received 0", func() evidence { return silent(codes.Canceled, good()) }, received(0)},
	{"an unknown outcome called answered", "kept: ANSWERED", without, state(answerIs)},
	{"another answer in the record", "kept: VERIFICATION_STATE_ANSWERED after OK", good, func(e *evidence) {
		e.first.kept.result.UpiUuid = "00000000000000000000000000000000"
	}},
	{"a record that is not replayed", "kept: a result that is not replayed", good, func(e *evidence) { e.first.kept.result.Replayed = false }},
	{"a record after NOT_SENT", "kept: VERIFICATION_STATE_OUTCOME_UNKNOWN after NOT_SENT", early, state(lost)},
	{"a free order after UNKNOWN", "kept: VERIFICATION_STATE_NOT_SENT after UNKNOWN", without, state(notSent)},
	{"a pending order forgotten", "kept: VERIFICATION_STATE_UNSPECIFIED after IN_FLIGHT", late, state(forgotten)},
	{"a pending order called free", "kept: VERIFICATION_STATE_NOT_SENT after IN_FLIGHT", late, state(notSent)},
	{"a refused order that is spent", "kept: VERIFICATION_STATE_OUTCOME_UNKNOWN after REFUSED", denied, state(lost)},

	{"a first call that is replayed", "repeat: the first call is said", good, first(func(a *pb.VerifyIdPhotoResponse) { a.Replayed = true })},
	{"a repeat that is sent and called replayed", "repeat: replayed, and sent", early, func(e *evidence) { e.second.end.answer.Replayed = true }},
	{"a repeat that is not sent and called so", "repeat: not replayed, and not sent", early, func(e *evidence) {
		e.second.received, e.last, e.sandbox = 0, 0, 0
	}},
	{"an error after an answer", "repeat: Unknown after an answer", good, func(e *evidence) { e.second.end = noAnswer }},
	{"another answer the second time", "repeat: another answer", good, func(e *evidence) { e.second.end.answer.GetComparison().Confidence = 43 }},
	{"an answer after an unknown outcome", "repeat: OK after OUTCOME_UNKNOWN", without, func(e *evidence) { e.second = good().second }},

	{"another answer at once", "repeat: OK after an answer", hasty(good), func(e *evidence) { e.second.end.answer.UpiUuid = "" }},
	{"an error at once after an answer", "repeat: OUTCOME_UNKNOWN after an answer", hasty(good), func(e *evidence) { e.second.end = noAnswer }},
	{"an answer at once after an unknown outcome", "repeat: OK after OUTCOME_UNKNOWN", hasty(without), func(e *evidence) { e.second = good().second }},
	{"an answer that was never asked for", "sent: never received", hasty(good), func(e *evidence) { e.last, e.sandbox = 0, 0 }},
	{"NOT_SENT at once for what was received", "not sent: UPI_UNREACHABLE, and received 1", hasty(late), func(e *evidence) { e.second.end = unreachable }},
	{"sent twice for a hasty caller", "twice: received 2 times at the end", hasty(late), func(e *evidence) { e.last, e.sandbox = 2, 2 }},
}
