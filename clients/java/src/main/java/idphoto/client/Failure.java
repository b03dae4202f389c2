package idphoto.client;

import com.google.protobuf.Any;
import com.google.protobuf.InvalidProtocolBufferException;
import com.google.rpc.BadRequest;
import com.google.rpc.ErrorInfo;
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
        Duration retryAfter,
        String message)
        implements Serializable {

    private static final String DOMAIN = "idphoto";

    /** Codes about the moment and the way, not about the order. */
    private static final Set<Status.Code> PASSING = EnumSet.of(
            Status.Code.UNAVAILABLE, Status.Code.DEADLINE_EXCEEDED, Status.Code.CANCELLED,
            Status.Code.RESOURCE_EXHAUSTED, Status.Code.ABORTED);

    static Failure of(StatusRuntimeException error, String orderId) {
        Status status = error.getStatus();
        Retry retry = PASSING.contains(status.getCode()) ? Retry.SAME_ORDER : Retry.NONE;
        Failure failure = new Failure(status.getCode(), Reason.NONE, Dispatch.NONE, retry, orderId,
                List.of(), null, status.getDescription() == null ? "" : status.getDescription());
        com.google.rpc.Status full = StatusProto.fromThrowable(error);
        for (Any detail : full == null ? List.<Any>of() : full.getDetailsList()) {
            failure = failure.with(detail);
        }
        return failure;
    }

    static Failure invalid(String orderId, List<Violation> violations) {
        return new Failure(Status.Code.INVALID_ARGUMENT, Reason.INVALID_FIELD, Dispatch.NOT_SENT,
                Retry.FIX_REQUEST, orderId, List.copyOf(violations), null,
                "the request is not UTF-8");
    }

    static Failure pending(String orderId) {
        return new Failure(Status.Code.DEADLINE_EXCEEDED, Reason.ANSWER_PENDING,
                Dispatch.IN_FLIGHT, Retry.SAME_ORDER, orderId, List.of(), null,
                "the answer is still awaited");
    }

    static Failure notSent(String orderId) {
        return new Failure(Status.Code.UNAVAILABLE, Reason.NONE, Dispatch.NOT_SENT,
                Retry.SAME_ORDER, orderId, List.of(), null,
                "the order was not sent and can be sent again");
    }

    static Failure outcomeUnknown(String orderId) {
        return new Failure(Status.Code.UNKNOWN, Reason.OUTCOME_UNKNOWN, Dispatch.UNKNOWN,
                Retry.NEW_ORDER, orderId, List.of(), null,
                "the order was sent and no valid answer came");
    }

    /** The gateway said something that only a later client understands. */
    static Failure notUnderstood(String orderId) {
        return new Failure(Status.Code.INTERNAL, Reason.NONE, Dispatch.NONE, Retry.NONE, orderId,
                List.of(), null, "an answer or a state that this client does not know");
    }

    Failure withCode(Status.Code other) {
        return new Failure(
                other, reason, dispatch, retry, orderId, violations, retryAfter, message);
    }

    IdPhotoException asException(Throwable cause) {
        return new IdPhotoException(this, cause);
    }

    boolean isPassing() {
        return PASSING.contains(code);
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
        return text.append(" (order ").append(orderId)
                .append(", dispatch ").append(dispatch)
                .append(", retry ").append(retry).append(')')
                .toString();
    }

    private Failure with(Any detail) {
        try {
            if (detail.is(ErrorInfo.class)) {
                return with(detail.unpack(ErrorInfo.class));
            }
            if (detail.is(BadRequest.class)) {
                return with(detail.unpack(BadRequest.class));
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
                orderId, violations, retryAfter, message);
    }

    private Failure with(BadRequest bad) {
        List<Violation> found = bad.getFieldViolationsList().stream()
                .map(violation -> new Violation(violation.getField(), violation.getDescription()))
                .toList();
        return new Failure(code, reason, dispatch, retry, orderId, found, retryAfter, message);
    }

    private Failure with(RetryInfo info) {
        Duration delay = Duration.ofSeconds(
                info.getRetryDelay().getSeconds(), info.getRetryDelay().getNanos());
        return new Failure(code, reason, dispatch, retry, orderId, violations, delay, message);
    }
}
