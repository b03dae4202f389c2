package idphoto.client;

import static java.util.Map.entry;
import static org.junit.jupiter.api.Assertions.assertEquals;

import com.google.gson.Gson;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;

class DefaultsTest {
    @Test
    void areThoseOfEveryLanguage() throws IOException {
        String json = Files.readString(Path.of("../defaults.json"));
        Map<?, ?> shared = new Gson().fromJson(json, Map.class);
        Map<String, Object> own = Map.ofEntries(
                entry("call_timeout", text(Defaults.TIMEOUT)),
                entry("await_timeout", text(Defaults.AWAIT_TIMEOUT)),
                entry("await_pause_first", text(Defaults.AWAIT_PAUSE_FIRST)),
                entry("await_pause_longest", text(Defaults.AWAIT_PAUSE_LONGEST)),
                entry("retry_attempts", (double) Defaults.RETRY_ATTEMPTS),
                entry("retry_backoff_first", text(Defaults.RETRY_BACKOFF_FIRST)),
                entry("retry_backoff_longest", text(Defaults.RETRY_BACKOFF_LONGEST)),
                entry("retry_backoff_multiplier", (double) Defaults.RETRY_BACKOFF_MULTIPLIER),
                entry("retry_tokens", Defaults.RETRY_TOKENS),
                entry("retry_token_ratio", Defaults.RETRY_TOKEN_RATIO),
                entry("reconnect_longest", text(Defaults.RECONNECT_LONGEST)),
                entry("keepalive_time", text(Defaults.KEEPALIVE_TIME)),
                entry("keepalive_timeout", text(Defaults.KEEPALIVE_TIMEOUT)),
                entry("keepalive_without_calls", Defaults.KEEPALIVE_WITHOUT_CALLS),
                entry("token_over_plaintext", Defaults.TOKEN_OVER_PLAINTEXT),
                entry("service_config", Defaults.SERVICE_CONFIG));
        assertEquals(new TreeMap<>(shared), new TreeMap<>(own));
    }

    private static String text(Duration duration) {
        return duration.toMillisPart() == 0
                ? duration.toSeconds() + "s"
                : duration.toMillis() + "ms";
    }
}
