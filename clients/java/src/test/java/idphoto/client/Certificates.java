package idphoto.client;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.IOException;
import java.nio.file.Path;

/** The certificates of the conformance scenarios. */
final class Certificates {
    private Certificates() {}

    static void make(Path folder) throws IOException, InterruptedException {
        String script = Path.of("../../tests/conformance/certs.sh").toString();
        assertEquals(0, new ProcessBuilder(script, folder.toString()).start().waitFor());
    }
}
