package idphoto.client;

import java.time.Duration;
import java.util.List;
import java.util.Map;

/** What holds without options; the same for every language, by clients/defaults.json. */
final class Defaults {
    static final Duration TIMEOUT = Duration.ofSeconds(20);
    static final Duration AWAIT_TIMEOUT = Duration.ofSeconds(90);
    static final Duration AWAIT_PAUSE_FIRST = Duration.ofMillis(200);
    static final Duration AWAIT_PAUSE_LONGEST = Duration.ofSeconds(2);
    static final int RETRY_ATTEMPTS = 3;
    static final Duration RETRY_BACKOFF_FIRST = Duration.ofMillis(250);
    static final Duration RETRY_BACKOFF_LONGEST = Duration.ofSeconds(2);
    static final int RETRY_BACKOFF_MULTIPLIER = 3;
    static final double RETRY_TOKENS = 100;
    static final double RETRY_TOKEN_RATIO = 0.1;
    static final Duration RECONNECT_LONGEST = Duration.ofSeconds(5);
    static final Duration KEEPALIVE_TIME = Duration.ofSeconds(60);
    static final Duration KEEPALIVE_TIMEOUT = Duration.ofSeconds(20);
    static final boolean KEEPALIVE_WITHOUT_CALLS = true;
    static final boolean TOKEN_OVER_PLAINTEXT = false;

    // gRPC repeats questions only, which send nothing to UPI. It would repeat connections that
    // broke in mid-call, so the client itself repeats what sends. Hedging, which sends without
    // knowing, is out of the question. gRPC wants every number as a double.
    static final Map<String, ?> SERVICE_CONFIG = Map.of(
            "loadBalancingConfig", List.of(Map.of("round_robin", Map.of())),
            "healthCheckConfig", Map.of("serviceName", "idphoto.v1.IdPhotoService"),
            "methodConfig", List.of(Map.of(
                    "name", List.of(Map.of(
                            "service", "idphoto.v1.IdPhotoService",
                            "method", "GetVerification")),
                    "retryPolicy", Map.of(
                            "maxAttempts", 3.0,
                            "initialBackoff", "0.25s",
                            "maxBackoff", "2s",
                            "backoffMultiplier", 3.0,
                            "retryableStatusCodes", List.of("UNAVAILABLE")))),
            "retryThrottling", Map.of("maxTokens", 100.0, "tokenRatio", 0.1));

    private Defaults() {}
}
