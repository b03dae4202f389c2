package idphoto.client.conformance;

import static org.junit.jupiter.api.Assumptions.abort;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;

/** A running {@code idphoto} and the lines of its standard output. */
final class IdPhotoProcess {
    /** The longest wait for something that must come. */
    static final long PATIENCE_SECONDS = 30;

    private static final String NO_GATEWAY = "runs against the gateway's binary: in the project's"
            + " folder, cargo build --release, and then IDPHOTO_BIN=$PWD/target/release/idphoto"
            + " mvn -f clients/java verify";
    private static final String END = "\0";

    private final Process process;
    private final Path said;
    private final BlockingQueue<String> lines = new LinkedBlockingQueue<>();

    private IdPhotoProcess(Process process, Path said) {
        this.process = process;
        this.said = said;
    }

    static Path binary() {
        return binary(System.getenv());
    }

    static Path binary(Map<String, String> environment) {
        String path = environment.get("IDPHOTO_BIN");
        if (path == null) {
            // A build server that has it must not leave these tests out in silence.
            if ("1".equals(environment.get("REQUIRE_GATEWAY"))) {
                throw new IllegalStateException(NO_GATEWAY);
            }
            System.err.println("skipped: " + NO_GATEWAY);
            abort(NO_GATEWAY);
        }
        if (!Files.isExecutable(Path.of(path))) {
            throw new IllegalStateException("IDPHOTO_BIN names no program: " + path);
        }
        return Path.of(path);
    }

    static IdPhotoProcess start(List<String> arguments) throws IOException {
        List<String> command = new ArrayList<>(List.of(binary().toString()));
        command.addAll(arguments);
        Path said = Files.createTempFile("idphoto", ".stderr");
        said.toFile().deleteOnExit();
        ProcessBuilder builder = new ProcessBuilder(command).redirectError(said.toFile());
        builder.environment().keySet().removeIf(name -> name.startsWith("IDPHOTO_"));
        // Its port is a fixed one by default, and several gateways run at once.
        builder.environment().put("IDPHOTO_ADMIN__LISTEN", "none");
        IdPhotoProcess started = new IdPhotoProcess(builder.start(), said);
        Thread reader = new Thread(started::read, "idphoto-stdout");
        reader.setDaemon(true);
        reader.start();
        return started;
    }

    /** The rest of the first line that begins so. */
    String line(String beginning) throws IOException, InterruptedException {
        while (true) {
            String line = lines.poll(PATIENCE_SECONDS, TimeUnit.SECONDS);
            if (line == null || line.equals(END)) {
                kill();
                throw new IllegalStateException(
                        "no \"" + beginning + "\"; it said: " + Files.readString(said));
            }
            if (line.startsWith(beginning)) {
                return line.substring(beginning.length()).trim();
            }
        }
    }

    /** Sends SIGTERM. */
    void terminate() {
        process.destroy();
    }

    int waitForEnd() throws InterruptedException {
        return process.waitFor();
    }

    void kill() {
        process.destroyForcibly().onExit().join();
    }

    private void read() {
        try (BufferedReader reader = new BufferedReader(
                new InputStreamReader(process.getInputStream(), StandardCharsets.UTF_8))) {
            reader.lines().forEach(lines::add);
        } catch (IOException | java.io.UncheckedIOException e) {
            // The stream of a process that is killed ends anyhow.
            lines.add(END);
            return;
        }
        lines.add(END);
    }
}
