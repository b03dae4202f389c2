package idphoto.client.testing;

import idphoto.client.Dispatch;
import idphoto.client.Outcome;
import idphoto.client.QuotaViolation;
import idphoto.client.Reason;
import idphoto.client.Retry;
import idphoto.client.Violation;
import io.grpc.Status.Code;
import java.time.Duration;
import java.util.List;
import java.util.Map;

/**
 * What the fake gateway does with the next order that it does not know. Each attempt takes one:
 * three UNAVAILABLE make one call fail.
 */
public final class Reply {
    /** A row of the contract's table of errors. */
    private record Row(Code code, Dispatch dispatch, Retry retry) {}

    private static final Map<Reason, Row> CONTRACT = Map.ofEntries(
            row(Reason.INVALID_FIELD, Code.INVALID_ARGUMENT, Dispatch.NOT_SENT, Retry.FIX_REQUEST),
            row(Reason.REQUEST_TOO_LARGE,
                    Code.INVALID_ARGUMENT, Dispatch.NOT_SENT, Retry.FIX_REQUEST),
            row(Reason.ORDER_ID_REUSED, Code.ALREADY_EXISTS, Dispatch.NOT_SENT, Retry.FIX_REQUEST),
            row(Reason.UNAUTHENTICATED, Code.UNAUTHENTICATED, Dispatch.NOT_SENT, Retry.FIX_REQUEST),
            row(Reason.PERMISSION_DENIED,
                    Code.PERMISSION_DENIED, Dispatch.NOT_SENT, Retry.FIX_REQUEST),
            row(Reason.QUOTA_EXCEEDED,
                    Code.RESOURCE_EXHAUSTED, Dispatch.NOT_SENT, Retry.SAME_ORDER),
            row(Reason.OVERLOADED, Code.RESOURCE_EXHAUSTED, Dispatch.NOT_SENT, Retry.SAME_ORDER),
            row(Reason.DRAINING, Code.UNAVAILABLE, Dispatch.NOT_SENT, Retry.SAME_ORDER),
            row(Reason.LEDGER_UNAVAILABLE, Code.UNAVAILABLE, Dispatch.NOT_SENT, Retry.SAME_ORDER),
            row(Reason.SIGNING_UNAVAILABLE, Code.UNAVAILABLE, Dispatch.NOT_SENT, Retry.SAME_ORDER),
            row(Reason.UPI_UNREACHABLE, Code.UNAVAILABLE, Dispatch.NOT_SENT, Retry.SAME_ORDER),
            row(Reason.DEADLINE_TOO_SHORT,
                    Code.DEADLINE_EXCEEDED, Dispatch.NOT_SENT, Retry.SAME_ORDER),
            row(Reason.UPI_REFUSED, Code.INTERNAL, Dispatch.REFUSED, Retry.SAME_ORDER),
            row(Reason.ANSWER_PENDING,
                    Code.DEADLINE_EXCEEDED, Dispatch.IN_FLIGHT, Retry.SAME_ORDER),
            row(Reason.OUTCOME_UNKNOWN, Code.UNKNOWN, Dispatch.UNKNOWN, Retry.NEW_ORDER),
            row(Reason.VERIFICATION_NOT_FOUND, Code.NOT_FOUND, Dispatch.NONE, Retry.NONE),
            row(Reason.GATEWAY_FAULT, Code.INTERNAL, Dispatch.UNKNOWN, Retry.NEVER));

    private static final Row UNKNOWN = new Row(Code.UNKNOWN, Dispatch.NONE, Retry.NONE);

    /** Null: the call fails. */
    final Outcome outcome;
    /** Whether the order is answered only after the first question about it. */
    final boolean pending;
    /** Null: the call is answered. */
    final Fault fault;
    /** Null: it never comes. */
    final Duration delay;

    private Reply(Outcome outcome, boolean pending, Fault fault, Duration delay) {
        this.outcome = outcome;
        this.pending = pending;
        this.fault = fault;
        this.delay = delay;
    }

    private Reply(Outcome outcome, boolean pending, Fault fault) {
        this(outcome, pending, fault, Duration.ZERO);
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
     * Fails the call with {@link Reason#QUOTA_EXCEEDED} and names limits that were reached.
     *
     * @param retryAfter the time to wait
     * @param quota the limits
     * @return the reply
     */
    public static Reply failQuota(Duration retryAfter, QuotaViolation... quota) {
        Fault fault = fault(Reason.QUOTA_EXCEEDED, List.of(), retryAfter);
        return new Reply(null, false, fault.with(List.of(quota)));
    }

    /**
     * Fails the call without details, as something on the way would.
     *
     * @param code not OK
     * @return the reply
     */
    public static Reply fail(Code code) {
        return new Reply(null, false,
                new Fault(code, Reason.NONE, Dispatch.NONE, Retry.NONE, List.of(), List.of(), null,
                        null));
    }

    // Not an overload of fail: a module whose build leaves this type's jar on the class path could
    // not compile any call of that name.
    /**
     * Fails the call with a status as it is: for details that {@link
     * idphoto.client.IdPhotoException#detail} gives, and for what a proxy may say.
     *
     * @param status not OK
     * @return the reply
     */
    public static Reply failStatus(com.google.rpc.Status status) {
        return new Reply(null, false, Fault.of(status));
    }

    /**
     * Never replies: the call ends with its deadline, and the order stays in flight.
     *
     * @return the reply
     */
    public static Reply hang() {
        return new Reply(null, false, null, null);
    }

    /**
     * This reply after a time. An answer comes even when the caller is gone: its order is in
     * flight until then.
     *
     * @param time longer than zero
     * @return the slow reply
     */
    public Reply after(Duration time) {
        if (time.isNegative() || time.isZero()) {
            throw new IllegalArgumentException("the time must be longer than zero");
        }
        return new Reply(outcome, pending, fault, time);
    }

    static Fault fault(Reason reason, List<Violation> violations, Duration retryAfter) {
        Row row = CONTRACT.getOrDefault(reason, UNKNOWN);
        return new Fault(row.code, reason, row.dispatch, row.retry, violations, List.of(),
                retryAfter, null);
    }

    private static Map.Entry<Reason, Row> row(
            Reason reason, Code code, Dispatch dispatch, Retry retry) {
        return Map.entry(reason, new Row(code, dispatch, retry));
    }
}
