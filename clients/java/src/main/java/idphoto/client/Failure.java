package idphoto.client;

import com.google.protobuf.Any;
import com.google.protobuf.InvalidProtocolBufferException;
import com.google.rpc.BadRequest;
import com.google.rpc.ErrorInfo;
import com.google.rpc.QuotaFailure;
import com.google.rpc.RetryInfo;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.grpc.protobuf.StatusProto;
import java.io.Serializable;
import java.time.Duration;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;

/** What an {@link IdPhotoException} tells; {@code retryAfter} is null when nobody said. */
record Failure(
        Status.Code code,
        Reason reason,
        Dispatch dispatch,
        Retry retry,
        String orderId,
        List<Violation> violations,
        List<QuotaViolation> quota,
        Duration retryAfter,
        String message,
        com.google.rpc.Status status)
        implements Serializable {

    private static final String DOMAIN = "idphoto";

    /** Codes about the moment and the way, not about the order. */
    private static final Set<Status.Code> PASSING = EnumSet.of(
            Status.Code.UNAVAILABLE, Status.Code.DEADLINE_EXCEEDED, Status.Code.CANCELLED,
            Status.Code.RESOURCE_EXHAUSTED, Status.Code.ABORTED);

    /** What may go better when nothing was sent. */
    private static final Set<Status.Code> TO_REPEAT = EnumSet.of(
            Status.Code.UNAVAILABLE, Status.Code.DEADLINE_EXCEEDED, Status.Code.CANCELLED,
            Status.Code.RESOURCE_EXHAUSTED);

    /** Where nobody has told how far an order came, an earlier attempt to send it may have. */
    private static final Set<Status.Code> TO_ASK = EnumSet.of(
            Status.Code.UNAVAILABLE, Status.Code.DEADLINE_EXCEEDED, Status.Code.CANCELLED,
            Status.Code.RESOURCE_EXHAUSTED, Status.Code.ABORTED, Status.Code.UNKNOWN,
            Status.Code.INTERNAL);

    /** What gRPC calls a connection that was not made, such as plaintext at a TLS port. */
    private static final Set<Status.Code> UNCONNECTED =
            EnumSet.of(Status.Code.INTERNAL, Status.Code.UNKNOWN);

    /**
     * What a status tells.
     *
     * @param unsent proven: no connection got anything of the call
     * @param aboutSending whether the call sends the order
     */
    static Failure of(StatusRuntimeException error, String orderId, boolean unsent,
            boolean aboutSending) {
        Status.Code told = error.getStatus().getCode();
        Status.Code code =
                unsent && UNCONNECTED.contains(told) ? Status.Code.UNAVAILABLE : told;
        boolean nothingSent = unsent && aboutSending;
        com.google.rpc.Status full = StatusProto.fromThrowable(error);
        Failure failure = new Failure(code, Reason.NONE,
                nothingSent ? Dispatch.NOT_SENT : Dispatch.UNKNOWN_TO_CLIENT,
                advice(code, nothingSent), orderId, List.of(), List.of(), null,
                Texts.of(error.getStatus()), full);
        for (Any detail : full == null ? List.<Any>of() : full.getDetailsList()) {
            failure = failure.with(detail);
        }
        return error.getStatus().getCause() instanceof Bearer.Plaintext
                ? failure.refused()
                : failure;
    }

    /** The client itself refused the call, and will do it again. */
    private Failure refused() {
        return new Failure(Status.Code.FAILED_PRECONDITION, reason, dispatch, Retry.NEVER, orderId,
                violations, quota, retryAfter, message, status);
    }

    private static Retry advice(Status.Code code, boolean nothingSent) {
        if (nothingSent) {
            return TO_REPEAT.contains(code) ? Retry.SAME_ORDER : Retry.NONE;
        }
        return TO_ASK.contains(code) ? Retry.ASK_FIRST : Retry.NONE;
    }

    /** For a call whose caller's context had ended before. */
    static Failure early(String orderId, boolean aboutSending, boolean cancelled) {
        Status.Code code = cancelled ? Status.Code.CANCELLED : Status.Code.DEADLINE_EXCEEDED;
        return new Failure(code, Reason.NONE,
                aboutSending ? Dispatch.NOT_SENT : Dispatch.UNKNOWN_TO_CLIENT,
                advice(code, aboutSending), orderId, List.of(), List.of(), null,
                "the caller's context had ended before the call", null);
    }

    /** After the end of the client. */
    static Failure closed(String orderId, boolean aboutSending) {
        return new Failure(Status.Code.FAILED_PRECONDITION, Reason.NONE,
                aboutSending ? Dispatch.NOT_SENT : Dispatch.UNKNOWN_TO_CLIENT, Retry.NEVER,
                orderId, List.of(), List.of(), null, "the client is closed", null);
    }

    /** The same for a call whose client was closed meanwhile. */
    Failure byClose() {
        return new Failure(Status.Code.CANCELLED, reason, dispatch,
                advice(Status.Code.CANCELLED, dispatch.equals(Dispatch.NOT_SENT)), orderId,
                violations, quota, retryAfter, "the client was closed", null);
    }

    static Failure invalid(String orderId, Dispatch dispatch, List<Violation> violations) {
        return new Failure(Status.Code.INVALID_ARGUMENT, Reason.INVALID_FIELD, dispatch,
                Retry.FIX_REQUEST, orderId, List.copyOf(violations), List.of(), null,
                "the request is not UTF-8", null);
    }

    static Failure pending(String orderId) {
        return new Failure(Status.Code.DEADLINE_EXCEEDED, Reason.ANSWER_PENDING,
                Dispatch.IN_FLIGHT, Retry.SAME_ORDER, orderId, List.of(), List.of(), null,
                "the answer is still awaited", null);
    }

    static Failure notSent(String orderId) {
        return new Failure(Status.Code.UNAVAILABLE, Reason.NONE, Dispatch.NOT_SENT,
                Retry.SAME_ORDER, orderId, List.of(), List.of(), null,
                "the order was not sent and can be sent again", null);
    }

    static Failure outcomeUnknown(String orderId) {
        return new Failure(Status.Code.UNKNOWN, Reason.OUTCOME_UNKNOWN, Dispatch.UNKNOWN,
                Retry.NEW_ORDER, orderId, List.of(), List.of(), null,
                "the order was sent and no valid answer came", null);
    }

    /** The gateway said something that only a later client understands. */
    static Failure notUnderstood(String orderId) {
        return new Failure(Status.Code.INTERNAL, Reason.NONE, Dispatch.NONE, Retry.NONE, orderId,
                List.of(), List.of(), null, "an answer or a state that this client does not know",
                null);
    }

    Failure withCode(Status.Code other) {
        return new Failure(
                other, reason, dispatch, retry, orderId, violations, quota, retryAfter, message,
                status);
    }

    IdPhotoException asException(Throwable cause) {
        return new IdPhotoException(this, cause);
    }

    boolean isPassing() {
        return PASSING.contains(code);
    }

    /** Whether the gateway itself said this, or only something on the way. */
    boolean isToldByGateway() {
        return !reason.equals(Reason.NONE);
    }

    /** Whether the client may send the order again by itself. */
    boolean isToRepeat() {
        return code == Status.Code.UNAVAILABLE && dispatch.equals(Dispatch.NOT_SENT);
    }

    /** Whether waiting brings the answer. */
    boolean isInFlight() {
        return dispatch.equals(Dispatch.IN_FLIGHT) && retry.equals(Retry.SAME_ORDER);
    }

    String text() {
        StringBuilder text = new StringBuilder(code.name());
        for (String part : List.of(reason.name(), message)) {
            text.append(part.isEmpty() ? "" : ": ").append(part);
        }
        for (Violation violation : violations) {
            text.append("; ").append(violation.field());
            text.append(": ").append(violation.description());
        }
        for (QuotaViolation violation : quota) {
            text.append("; ").append(violation.subject());
            text.append(": ").append(violation.description());
        }
        text.append(" (order ").append(orderId);
        text.append(dispatch.equals(Dispatch.NONE) ? "" : ", dispatch " + dispatch);
        text.append(retry.equals(Retry.NONE) ? "" : ", retry " + retry);
        return text.append(')').toString();
    }

    private Failure with(Any detail) {
        try {
            if (detail.is(ErrorInfo.class)) {
                return with(detail.unpack(ErrorInfo.class));
            }
            if (detail.is(BadRequest.class)) {
                return with(detail.unpack(BadRequest.class));
            }
            if (detail.is(QuotaFailure.class)) {
                return with(detail.unpack(QuotaFailure.class));
            }
            if (detail.is(RetryInfo.class)) {
                return with(detail.unpack(RetryInfo.class));
            }
        } catch (InvalidProtocolBufferException e) {
            // A detail that cannot be read says nothing; code and message still do.
            return this;
        }
        return this;
    }

    private Failure with(ErrorInfo info) {
        if (!info.getDomain().equals(DOMAIN)) {
            return this;
        }
        return new Failure(code, new Reason(info.getReason()),
                new Dispatch(info.getMetadataOrDefault("dispatch", "")),
                new Retry(info.getMetadataOrDefault("retry", "")),
                orderId, violations, quota, retryAfter, message, status);
    }

    private Failure with(BadRequest bad) {
        List<Violation> found = bad.getFieldViolationsList().stream()
                .map(violation -> new Violation(violation.getField(), violation.getDescription()))
                .toList();
        return new Failure(
                code, reason, dispatch, retry, orderId, found, quota, retryAfter, message, status);
    }

    private Failure with(QuotaFailure failure) {
        List<QuotaViolation> found = failure.getViolationsList().stream()
                .map(violation ->
                        new QuotaViolation(violation.getSubject(), violation.getDescription()))
                .toList();
        return new Failure(code, reason, dispatch, retry, orderId, violations, found, retryAfter,
                message, status);
    }

    private Failure with(RetryInfo info) {
        if (!Durations.isValid(info.getRetryDelay())) {
            return this;
        }
        Duration delay = Duration.ofSeconds(
                info.getRetryDelay().getSeconds(), info.getRetryDelay().getNanos());
        return new Failure(
                code, reason, dispatch, retry, orderId, violations, quota, delay, message, status);
    }
}
