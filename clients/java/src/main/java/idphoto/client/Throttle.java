package idphoto.client;

/** Stops repeating while many calls fail: gRPC's retryThrottling, for what the client repeats. */
final class Throttle {
    private double tokens = Defaults.RETRY_TOKENS;

    synchronized void answered() {
        tokens = Math.min(Defaults.RETRY_TOKENS, tokens + Defaults.RETRY_TOKEN_RATIO);
    }

    /** Counts a failure; whether another attempt is allowed. */
    synchronized boolean failed() {
        tokens = Math.max(0, tokens - 1);
        return tokens > Defaults.RETRY_TOKENS / 2;
    }
}
