package idphoto.client.conformance;

import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Map;
import org.junit.jupiter.api.Test;
import org.opentest4j.TestAbortedException;

class IdPhotoProcessTest {
    @Test
    void withoutABinaryTestsAreSkippedWithTheCommand() {
        TestAbortedException skipped = assertThrows(TestAbortedException.class,
                () -> IdPhotoProcess.binary(Map.of()));
        assertTrue(skipped.getMessage().contains("IDPHOTO_BIN="), skipped.getMessage());
    }

    @Test
    void whereTheBinaryIsRequiredTheyFail() {
        assertThrows(IllegalStateException.class,
                () -> IdPhotoProcess.binary(Map.of("REQUIRE_GATEWAY", "1")));
    }

    @Test
    void aBinaryThatIsNotThereFails() {
        assertThrows(IllegalStateException.class,
                () -> IdPhotoProcess.binary(Map.of("IDPHOTO_BIN", "no/such/program")));
    }
}
