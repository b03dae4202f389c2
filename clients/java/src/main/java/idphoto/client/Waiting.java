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
    private IdPhotoException latest;
    private Duration pause = Defaults.AWAIT_PAUSE_FIRST;

    /** With the newest that is known of the order, or null. */
    Waiting(String orderId, Deadline deadline, IdPhotoException latest) {
        this.orderId = orderId;
        this.deadline = deadline;
        this.latest = latest;
    }

    String orderId() {
        return orderId;
    }

    Deadline deadline() {
        return deadline;
    }

    /** The answer, or empty: ask again after the pause. */
    Optional<Answer> hear(Supplier<Verification> question) {
        try {
            Verification verification = question.get();
            if (!(verification.state() instanceof State.InFlight)) {
                return Optional.of(ending(verification));
            }
            latest = Failure.pending(orderId).asException(null);
        } catch (IdPhotoException e) {
            hear(e);
        }
        if (isOver()) {
            throw ended(context.isCancelled());
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
    private void hear(IdPhotoException e) {
        if (!isOver() && !e.failure().isPassing()) {
            throw e;
        }
        if (latest == null) {
            latest = e;
        }
    }

    private Answer ending(Verification verification) {
        State state = verification.state();
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
