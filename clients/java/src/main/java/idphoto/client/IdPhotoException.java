package idphoto.client;

import io.grpc.Status;
import java.time.Duration;
import java.util.List;
import java.util.Optional;

/**
 * Every end of a call but an answer. None of its texts holds personal data.
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
     * The gRPC status code.
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
     * @return {@link Dispatch#NONE} when nobody said
     */
    public Dispatch dispatch() {
        return failure.dispatch();
    }

    /**
     * What to do. Where nobody said, it is {@link Retry#SAME_ORDER} for codes that may pass: the
     * same order is never sent twice.
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
     * How long to wait before the next call.
     *
     * @return empty when the gateway did not say
     */
    public Optional<Duration> retryAfter() {
        return Optional.ofNullable(failure.retryAfter());
    }

    Failure failure() {
        return failure;
    }
}
