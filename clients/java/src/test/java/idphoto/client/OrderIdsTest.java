package idphoto.client;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.time.Instant;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class OrderIdsTest {
    private static final Instant TIME = Instant.parse("2026-11-24T08:15:00.999Z");

    @Test
    void beginWithTheTimeInUtcAndGoOnAtRandom() {
        assertTrue(OrderIds.mint(TIME).matches("20261124081500[0-9A-Z]{21}"));
    }

    @Test
    void areAllDifferent() {
        Set<String> ids = IntStream.range(0, 10_000).mapToObj(i -> OrderIds.mint(TIME))
                .collect(Collectors.toSet());
        assertEquals(10_000, ids.size());
    }

    @Test
    void useEveryCharacterEquallyOften() {
        TreeMap<Character, Integer> counts = new TreeMap<>();
        for (int i = 0; i < 20_000; i++) {
            OrderIds.mint(TIME).substring(14).chars()
                    .forEach(character -> counts.merge((char) character, 1, Integer::sum));
        }
        // 36 characters, 11,667 times each; the standard deviation is 107.
        assertEquals(36, counts.size());
        counts.forEach((character, count) ->
                assertTrue(Math.abs(count - 11_667) < 800, character + ": " + count));
    }
}
