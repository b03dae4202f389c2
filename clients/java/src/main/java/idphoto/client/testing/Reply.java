package idphoto.client.testing;

import idphoto.client.Dispatch;
import idphoto.client.Outcome;
import idphoto.client.Reason;
import idphoto.client.Retry;
import idphoto.client.Violation;
import io.grpc.Status;
import java.time.Duration;
import java.util.List;
import java.util.Map;

/**
 * What the fake gateway does with the next order that it does not know. Each attempt takes one:
 * three UNAVAILABLE make one call fail.
 */
public final class Reply {
    /** A row of the contract's table of errors. */
    private record Row(Status.Code code, Dispatch dispatch, Retry retry) {}

    private static final Map<Reason, Row> CONTRACT = Map.ofEntries(
            row(Reason.INVALID_FIELD, Status.Code.INVALID_ARGUMENT, Dispatch.NOT_SENT, Retry.FIX_REQUEST),
            row(Reason.REQUEST_TOO_LARGE, Status.Code.INVALID_ARGUMENT, Dispatch.NOT_SENT, Retry.FIX_REQUEST),
            row(Reason.ORDER_ID_REUSED, Status.Code.ALREADY_EXISTS, Dispatch.NOT_SENT, Retry.FIX_REQUEST),
            row(Reason.UNAUTHENTICATED, Status.Code.UNAUTHENTICATED, Dispatch.NOT_SENT, Retry.FIX_REQUEST),
            row(Reason.PERMISSION_DENIED, Status.Code.PERMISSION_DENIED, Dispatch.NOT_SENT, Retry.FIX_REQUEST),
            row(Reason.QUOTA_EXCEEDED, Status.Code.RESOURCE_EXHAUSTED, Dispatch.NOT_SENT, Retry.SAME_ORDER),
            row(Reason.OVERLOADED, Status.Code.RESOURCE_EXHAUSTED, Dispatch.NOT_SENT, Retry.SAME_ORDER),
            row(Reason.DRAINING, Status.Code.UNAVAILABLE, Dispatch.NOT_SENT, Retry.SAME_ORDER),
            row(Reason.LEDGER_UNAVAILABLE, Status.Code.UNAVAILABLE, Dispatch.NOT_SENT, Retry.SAME_ORDER),
            row(Reason.UPI_UNREACHABLE, Status.Code.UNAVAILABLE, Dispatch.NOT_SENT, Retry.SAME_ORDER),
            row(Reason.DEADLINE_TOO_SHORT, Status.Code.DEADLINE_EXCEEDED, Dispatch.NOT_SENT, Retry.SAME_ORDER),
            row(Reason.UPI_REFUSED, Status.Code.INTERNAL, Dispatch.REFUSED, Retry.SAME_ORDER),
            row(Reason.ANSWER_PENDING, Status.Code.DEADLINE_EXCEEDED, Dispatch.IN_FLIGHT, Retry.SAME_ORDER),
            row(Reason.OUTCOME_UNKNOWN, Status.Code.UNKNOWN, Dispatch.UNKNOWN, Retry.NEW_ORDER),
            row(Reason.VERIFICATION_NOT_FOUND, Status.Code.NOT_FOUND, Dispatch.NONE, Retry.NONE),
            row(Reason.GATEWAY_FAULT, Status.Code.INTERNAL, Dispatch.UNKNOWN, Retry.NEVER));

    private static final Row UNKNOWN = new Row(Status.Code.UNKNOWN, Dispatch.NONE, Retry.NONE);

    /** Null: the call fails. */
    final Outcome outcome;
    /** Whether the order is answered only after the first question about it. */
    final boolean pending;
    /** Null: the call is answered. */
    final Fault fault;

    private Reply(Outcome outcome, boolean pending, Fault fault) {
        this.outcome = outcome;
        this.pending = pending;
        this.fault = fault;
    }

    /**
     * UPI's answer.
     *
     * @param outcome a comparison or a rejection
     * @return the reply
     */
    public static Reply answer(Outcome outcome) {
        return new Reply(outcome, false, null);
    }

    /**
     * Fails the call with ANSWER_PENDING. The first question about the order finds it in flight;
     * from then on it is answered.
     *
     * @param outcome a comparison or a rejection
     * @return the reply
     */
    public static Reply pending(Outcome outcome) {
        return new Reply(outcome, true, fault(Reason.ANSWER_PENDING, List.of(), null));
    }

    /**
     * Fails the call with the code, dispatch and advice that the contract has for a reason.
     *
     * @param reason a reason of the contract; another one comes with UNKNOWN
     * @param violations the fields to mend
     * @return the reply
     */
    public static Reply fail(Reason reason, Violation... violations) {
        return new Reply(null, false, fault(reason, List.of(violations), null));
    }

    /**
     * Fails the call and names a time to wait.
     *
     * @param reason a reason of the contract; another one comes with UNKNOWN
     * @param retryAfter the time to wait
     * @return the reply
     */
    public static Reply fail(Reason reason, Duration retryAfter) {
        return new Reply(null, false, fault(reason, List.of(), retryAfter));
    }

    /**
     * Fails the call without details, as something on the way would.
     *
     * @param code not OK
     * @return the reply
     */
    public static Reply fail(Status.Code code) {
        return new Reply(null, false,
                new Fault(code, Reason.NONE, Dispatch.NONE, Retry.NONE, List.of(), null));
    }

    static Fault fault(Reason reason, List<Violation> violations, Duration retryAfter) {
        Row row = CONTRACT.getOrDefault(reason, UNKNOWN);
        return new Fault(row.code, reason, row.dispatch, row.retry, violations, retryAfter);
    }

    private static Map.Entry<Reason, Row> row(
            Reason reason, Status.Code code, Dispatch dispatch, Retry retry) {
        return Map.entry(reason, new Row(code, dispatch, retry));
    }
}
