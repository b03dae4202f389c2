package idphoto.client;

import idphoto.v1.VerifyIdPhotoRequest;
import idphoto.v1.VerifyIdPhotoResponse;
import io.grpc.Deadline;
import io.grpc.Status;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;

/**
 * Sends an order, and again only while it is certain that nothing was sent. gRPC's own retries
 * repeat a connection that broke in mid-call, too: behind several gateways, each with a ledger of
 * its own, the order would be sent and charged twice. The client cannot know which ledger there is.
 */
final class Sending {
    private static final double JITTER = 0.2;

    private final Connection connection;
    private final Work work;
    private final VerifyIdPhotoRequest request;
    private final Deadline deadline;
    private Duration backoff = Defaults.RETRY_BACKOFF_FIRST;
    private int attempts;

    Sending(Connection connection, Work work, VerifyIdPhotoRequest request, Deadline deadline) {
        this.connection = connection;
        this.work = work;
        this.request = request;
        this.deadline = deadline;
    }

    CompletableFuture<VerifyIdPhotoResponse> start() {
        attempts++;
        return connection
                .start(Waiting.SENDING, request, deadline, request.getOrderId(), work.calls())
                .thenApply(this::answered)
                .exceptionallyCompose(e -> again(Work.unwrap(e)));
    }

    private VerifyIdPhotoResponse answered(VerifyIdPhotoResponse response) {
        connection.throttle().answered();
        return response;
    }

    private CompletableFuture<VerifyIdPhotoResponse> again(IdPhotoException e) {
        if (!e.failure().isToRepeat() || !connection.throttle().failed()
                || attempts >= Defaults.RETRY_ATTEMPTS) {
            return CompletableFuture.failedFuture(e);
        }
        long pause = pause(e);
        if (pause >= deadline.timeRemaining(TimeUnit.NANOSECONDS)) {
            return CompletableFuture.failedFuture(e);
        }
        return work.after(connection, pause,
                () -> work.context().isCancelled() || connection.isClosed() ? ended(e) : start());
    }

    private CompletableFuture<VerifyIdPhotoResponse> ended(IdPhotoException e) {
        Status.Code code = deadline.isExpired()
                ? Status.Code.DEADLINE_EXCEEDED
                : Status.Code.CANCELLED;
        return CompletableFuture.failedFuture(e.failure().withCode(code).asException(e));
    }

    // A gateway that asks for more time than the backoff gets it.
    private long pause(IdPhotoException e) {
        double jitter = ThreadLocalRandom.current().nextDouble(1 - JITTER, 1 + JITTER);
        long pause = (long) (backoff.toNanos() * jitter);
        long longest = Defaults.RETRY_BACKOFF_LONGEST.toNanos();
        backoff = backoff.multipliedBy(Defaults.RETRY_BACKOFF_MULTIPLIER);
        long asked = Durations.nanos(e.retryAfter().orElse(Duration.ZERO));
        return Math.max(asked, Math.min(pause, longest));
    }
}
