package idphoto.client;

import java.time.Duration;

/** Durations that a user gives, which may be longer than nanoseconds can count. */
final class Durations {
    // What gRPC clamps its deadlines to.
    private static final Duration LONGEST = Duration.ofDays(100 * 365);

    private static final long LONGEST_SECONDS = 315_576_000_000L;

    private Durations() {}

    /** By protobuf's rules, which leave it in the range of this language's. */
    static boolean isValid(com.google.protobuf.Duration duration) {
        long seconds = Math.abs(duration.getSeconds());
        return seconds <= LONGEST_SECONDS && Math.abs(duration.getNanos()) < 1_000_000_000L;
    }

    static long nanos(Duration duration) {
        if (duration.compareTo(LONGEST) > 0) {
            return LONGEST.toNanos();
        }
        return duration.isNegative() ? 0 : duration.toNanos();
    }
}
