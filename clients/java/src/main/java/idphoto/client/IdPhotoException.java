package idphoto.client;

import com.google.protobuf.Any;
import com.google.protobuf.InvalidProtocolBufferException;
import com.google.protobuf.Message;
import io.grpc.Status;
import java.time.Duration;
import java.util.List;
import java.util.Optional;

/**
 * Every end of a call but an answer. None of its texts holds personal data. It can be serialised;
 * its cause stays behind.
 *
 * @serial exclude
 */
public final class IdPhotoException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    private final Failure failure;

    IdPhotoException(Failure failure, Throwable cause) {
        super(failure.text(), cause);
        this.failure = failure;
    }

    /**
     * The gRPC status code. UNAVAILABLE with a {@link #reason} is the gateway's: nothing was sent.
     * UNAVAILABLE without one comes from gRPC or a proxy, when a connection broke for example:
     * {@link #dispatch} tells what is known.
     *
     * @return never OK
     */
    public Status.Code code() {
        return failure.code();
    }

    /**
     * The gateway's own reason.
     *
     * @return {@link Reason#NONE} when something on the way failed
     */
    public Reason reason() {
        return failure.reason();
    }

    /**
     * How far the order came.
     *
     * @return {@link Dispatch#UNKNOWN_TO_CLIENT} when the gateway has not said
     */
    public Dispatch dispatch() {
        return failure.dispatch();
    }

    /**
     * What to do. Where the gateway has not said, it is {@link Retry#ASK_FIRST} for codes after
     * which an order may have been sent, and {@link Retry#SAME_ORDER} only where no connection got
     * the call.
     *
     * @return else {@link Retry#NONE}
     */
    public Retry retry() {
        return failure.retry();
    }

    /**
     * The order of the call.
     *
     * @return the id that was sent
     */
    public String orderId() {
        return failure.orderId();
    }

    /**
     * The fields to mend.
     *
     * @return all that break a rule
     */
    public List<Violation> violations() {
        return failure.violations();
    }

    /**
     * The limits of the caller's own that it reached.
     *
     * @return empty but for {@link Reason#QUOTA_EXCEEDED}
     */
    public List<QuotaViolation> quotaViolations() {
        return failure.quota();
    }

    /**
     * How long to wait before the next call.
     *
     * @return empty when the gateway did not say
     */
    public Optional<Duration> retryAfter() {
        return Optional.ofNullable(failure.retryAfter());
    }

    /**
     * A detail of the gRPC status, as it came.
     *
     * @param type the class of the message
     * @param <T> the message
     * @return the first of this type; empty when there is none
     */
    public <T extends Message> Optional<T> detail(Class<T> type) {
        List<Any> details =
                failure.status() == null ? List.of() : failure.status().getDetailsList();
        for (Any detail : details) {
            try {
                if (detail.is(type)) {
                    return Optional.of(detail.unpack(type));
                }
            } catch (InvalidProtocolBufferException e) {
                // A detail that cannot be read says nothing.
                continue;
            }
        }
        return Optional.empty();
    }

    /** The same, thrown from here. */
    IdPhotoException here() {
        return new IdPhotoException(failure, this);
    }

    // A cause, gRPC's exception for example, may not be serialisable. Its text is in the message.
    private Object writeReplace() {
        IdPhotoException alone = new IdPhotoException(failure, null);
        alone.setStackTrace(getStackTrace());
        return alone;
    }

    Failure failure() {
        return failure;
    }
}
