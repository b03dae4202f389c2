package idphoto.client;

import io.grpc.Context;
import io.grpc.Deadline;
import io.grpc.Status;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import java.util.concurrent.ForkJoinPool;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;

/** What is known of an order while its answer is awaited. */
final class Waiting {
    private final Context context = Context.current();
    private final String orderId;
    private final Deadline deadline;
    private final Optional<IdPhotoException> call;
    private IdPhotoException latest;
    private Duration pause = Defaults.AWAIT_PAUSE_FIRST;

    private Waiting(String orderId, Deadline deadline, Optional<IdPhotoException> call) {
        this.orderId = orderId;
        this.deadline = deadline;
        this.call = call;
        this.latest = call.orElse(null);
    }

    Waiting(String orderId, Deadline deadline) {
        this(orderId, deadline, Optional.empty());
    }

    /** After a call that failed, which is thrown when waiting would not help. */
    static Waiting after(IdPhotoException call, Deadline attempt, Deadline deadline) {
        Waiting waiting = new Waiting(call.orderId(), deadline, Optional.of(call));
        // The gateway's word that the answer is pending can come too late for the call.
        if (waiting.isOver() || !(call.failure().isInFlight() || attempt.isExpired())) {
            throw call;
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

    /** Lets the pause go by in this thread. */
    void pause() {
        try {
            TimeUnit.NANOSECONDS.sleep(nextPause());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw ended(true);
        }
    }

    /** Runs things when the pause has gone by. */
    Executor afterPause() {
        Executor executor = context.fixedContextExecutor(ForkJoinPool.commonPool());
        return CompletableFuture.delayedExecutor(nextPause(), TimeUnit.NANOSECONDS, executor);
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
        return deadline.isExpired() || context.isCancelled();
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
