package idphoto.client;

import java.time.Duration;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.TimeUnit;

/** Notes how long a client would wait, and does not wait. What repeats is for the test to run. */
final class HastyClock extends ScheduledThreadPoolExecutor {
    /** Something to be done again and again. */
    record Repeated(Runnable work, Duration pause) {}

    final List<Duration> pauses = new CopyOnWriteArrayList<>();
    final List<Repeated> repeated = new CopyOnWriteArrayList<>();

    private final Duration instead;

    private HastyClock(Duration instead) {
        super(1);
        this.instead = instead;
    }

    HastyClock() {
        this(Duration.ZERO);
    }

    /** One whose pauses do not end. */
    static HastyClock stopped() {
        return new HastyClock(Duration.ofDays(1));
    }

    @Override
    public <T> ScheduledFuture<T> schedule(Callable<T> work, long delay, TimeUnit unit) {
        pauses.add(Duration.ofNanos(unit.toNanos(delay)));
        return super.schedule(work, instead.toNanos(), TimeUnit.NANOSECONDS);
    }

    @Override
    public ScheduledFuture<?> schedule(Runnable work, long delay, TimeUnit unit) {
        pauses.add(Duration.ofNanos(unit.toNanos(delay)));
        return super.schedule(work, instead.toNanos(), TimeUnit.NANOSECONDS);
    }

    @Override
    public ScheduledFuture<?> scheduleWithFixedDelay(
            Runnable work, long first, long delay, TimeUnit unit) {
        repeated.add(new Repeated(work, Duration.ofNanos(unit.toNanos(delay))));
        return null;
    }
}
