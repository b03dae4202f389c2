package idphoto.client;

import idphoto.v1.IdPhotoServiceGrpc;
import idphoto.v1.VerifyIdPhotoRequest;
import idphoto.v1.VerifyIdPhotoResponse;
import io.grpc.Deadline;
import io.grpc.MethodDescriptor;
import io.grpc.Status;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;

/** What is known of an order while its answer is awaited. */
final class Waiting {
    static final MethodDescriptor<VerifyIdPhotoRequest, VerifyIdPhotoResponse> SENDING =
            IdPhotoServiceGrpc.getVerifyIdPhotoMethod();

    private final Connection connection;
    private final Work work;
    private final String orderId;
    private final Deadline deadline;
    private final Optional<IdPhotoException> call;
    private IdPhotoException latest;
    private Duration pause = Defaults.AWAIT_PAUSE_FIRST;

    private Waiting(Connection connection, Work work, String orderId, Deadline deadline,
            Optional<IdPhotoException> call) {
        this.connection = connection;
        this.work = work;
        this.orderId = orderId;
        this.deadline = deadline;
        this.call = call;
        this.latest = call.orElse(null);
    }

    Waiting(Connection connection, Work work, String orderId, Deadline deadline) {
        this(connection, work, orderId, deadline, Optional.empty());
    }

    /** After a call that failed, which is thrown when waiting would not help. */
    static Waiting after(Connection connection, Work work, IdPhotoException call,
            Deadline attempt, Deadline deadline) {
        Waiting waiting =
                new Waiting(connection, work, call.orderId(), deadline, Optional.of(call));
        // The gateway's word that the answer is pending can come too late for the call.
        boolean late = attempt.isExpired() && !call.dispatch().equals(Dispatch.NOT_SENT);
        if (!call.failure().isInFlight() && (!late || waiting.isOver())) {
            throw call;
        }
        if (waiting.isOver()) {
            throw waiting.ended(!deadline.isExpired());
        }
        return waiting;
    }

    String orderId() {
        return orderId;
    }

    Deadline deadline() {
        return deadline;
    }

    /** The answer, or empty: ask again after the pause. */
    Optional<Answer> hear(Supplier<Verification> question) {
        Optional<State> state = ask(question);
        if (state.isPresent() && !(state.get() instanceof State.InFlight)) {
            return Optional.of(ending(state.get()));
        }
        if (state.isPresent()) {
            latest = Failure.pending(orderId).asException(null);
        }
        if (isOver()) {
            throw ended(!deadline.isExpired());
        }
        return Optional.empty();
    }

    /** Goes on after the pause. */
    CompletableFuture<Answer> afterPause(Supplier<CompletableFuture<Answer>> next) {
        return work.after(connection, nextPause(), () -> isOver()
                ? CompletableFuture.failedFuture(ended(!deadline.isExpired()))
                : next.get());
    }

    // Trouble on the way does not end the waiting: the order is with the gateway.
    private Optional<State> ask(Supplier<Verification> question) {
        try {
            return Optional.of(question.get().state());
        } catch (IdPhotoException e) {
            if (!isOver() && !e.failure().isPassing()) {
                // A call that never arrived failed as it failed.
                throw e.reason().equals(Reason.VERIFICATION_NOT_FOUND) ? call.orElse(e) : e;
            }
            latest = latest == null ? e : latest;
            return Optional.empty();
        }
    }

    private Answer ending(State state) {
        if (state instanceof State.Answered answered) {
            return answered.answer();
        }
        if (state instanceof State.NotSent) {
            throw Failure.notSent(orderId).asException(null);
        }
        if (state instanceof State.OutcomeUnknown) {
            throw Failure.outcomeUnknown(orderId).asException(null);
        }
        throw Failure.notUnderstood(orderId).asException(null);
    }

    private boolean isOver() {
        return deadline.isExpired() || work.context().isCancelled() || connection.isClosed();
    }

    /** The latest news, with the code of how the waiting ended. */
    private IdPhotoException ended(boolean cancelled) {
        Status.Code code = cancelled ? Status.Code.CANCELLED : Status.Code.DEADLINE_EXCEEDED;
        return latest.failure().withCode(code).asException(latest);
    }

    private long nextPause() {
        Duration now = pause;
        Duration doubled = pause.multipliedBy(2);
        pause = doubled.compareTo(Defaults.AWAIT_PAUSE_LONGEST) < 0
                ? doubled
                : Defaults.AWAIT_PAUSE_LONGEST;
        return Math.max(0, Math.min(now.toNanos(), deadline.timeRemaining(TimeUnit.NANOSECONDS)));
    }
}
