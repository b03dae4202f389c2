package idphoto.client.conformance;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.File;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The example program, as a user would start it: nothing of these tests is on its path. */
class ExampleProgramTest {
    @TempDir
    private Path folder;

    private record Ended(int code, String stdout, String stderr) {}

    @Test
    void verifiesAPhotoFile() throws Exception {
        try (Gateway gateway = Gateway.start(
                Manifest.Backend.GATEWAY, folder)) {
            String target = gateway.address();
            Ended compared = verify(target, "--usage-scenario", "sandbox:confidence=42");
            assertEquals(0, compared.code, compared.stderr);
            assertEquals("confidence 42 of 100\n", compared.stdout);
            assertTrue(compared.stderr.startsWith("order "), compared.stderr);
            Ended rejected = verify(target, "--usage-scenario", "sandbox:code=70");
            assertEquals("not compared: code 70 (NOT_CONFIRMED)\n", rejected.stdout);
            Ended refused = verify(target, "--usage-scenario", "");
            assertEquals(1, refused.code);
            assertTrue(refused.stderr.contains("consent.usage_scenario: "), refused.stderr);
            assertEquals(2, verify(target, "--no-such-option").code);
        }
    }

    @Test
    void sendsTheTokenOfAFile() throws Exception {
        Path token = Files.writeString(folder.resolve("token"), "secret\n");
        try (FakeBackend fake = new FakeBackend(
                new Manifest.Backend("fake", null, null, null, null, "unix"))) {
            fake.say(List.of(new Manifest.Reply(
                    new Manifest.Answer(null, "NOT_CONFIRMED", "70", null), null, null, null)));
            Ended ended = verify(fake.address(), "--token-file", token.toString());
            assertEquals(0, ended.code, ended.stderr);
            assertEquals(List.of("secret"), fake.tokens());
        }
    }

    // These tests have gRPC's health service on their path for their fakes. This program shows
    // that the client brings the check along by itself: without it, the fake would be called.
    @Test
    void looksAtHealthByTheClientAlone() throws Exception {
        try (FakeBackend fake = new FakeBackend(
                new Manifest.Backend("fake", null, null, null, "NOT_SERVING", null))) {
            Ended ended = verify(fake.address(), "--timeout-seconds", "5");
            assertEquals(0, fake.calls());
            assertEquals(1, ended.code);
            assertTrue(ended.stderr.contains("UNAVAILABLE"), ended.stderr);
        }
    }

    private Ended verify(String target, String... more) throws IOException, InterruptedException {
        Path photo = folder.resolve("face.jpg");
        Files.write(photo, Manifest.photo("photos/face-256.jpg"));
        List<String> command = new ArrayList<>(List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-cp", classpath(), "example/VerifyPhoto.java", "--target", target, "--plaintext",
                "--photo", photo.toString(), "--purpose", "test",
                "--agreement-version", "terms 1", "--agreement-serial", "20260101000001"));
        command.addAll(List.of(more));
        Path errors = folder.resolve("stderr");
        Process process =
                new ProcessBuilder(command).redirectError(errors.toFile()).start();
        process.getOutputStream().write(
                "李雷\n11010519491231002X\n".getBytes(StandardCharsets.UTF_8));
        process.getOutputStream().close();
        try (InputStream stdout = process.getInputStream()) {
            String said = new String(stdout.readAllBytes(), StandardCharsets.UTF_8);
            return new Ended(process.waitFor(), said, Files.readString(errors));
        }
    }

    private static String classpath() {
        return Stream.of(System.getProperty("java.class.path").split(File.pathSeparator))
                .filter(path -> Arrays.stream(new String[] {"test-classes", "junit", "opentest4j",
                    "surefire", "opentelemetry"}).noneMatch(path::contains))
                .collect(Collectors.joining(File.pathSeparator));
    }
}
