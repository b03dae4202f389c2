package idphoto.client;

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
        Map<String, Object> own = Map.of(
                "call_timeout", text(Defaults.TIMEOUT),
                "await_timeout", text(Defaults.AWAIT_TIMEOUT),
                "await_pause_first", text(Defaults.AWAIT_PAUSE_FIRST),
                "await_pause_longest", text(Defaults.AWAIT_PAUSE_LONGEST),
                "keepalive_time", text(Defaults.KEEPALIVE_TIME),
                "keepalive_timeout", text(Defaults.KEEPALIVE_TIMEOUT),
                "keepalive_without_calls", Defaults.KEEPALIVE_WITHOUT_CALLS,
                "service_config", Defaults.SERVICE_CONFIG);
        assertEquals(new TreeMap<>(shared), new TreeMap<>(own));
    }

    private static String text(Duration duration) {
        return duration.toMillisPart() == 0
                ? duration.toSeconds() + "s"
                : duration.toMillis() + "ms";
    }
}
