package idphoto.client.conformance;

import static org.junit.jupiter.api.Assertions.assertEquals;

import idphoto.client.Consent;
import idphoto.client.Customer;
import idphoto.client.Photo;
import idphoto.client.Request;
import io.grpc.NameResolverRegistry;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.io.TempDir;

/** The scenarios of every language, by this package and by the plain stubs. */
class ConformanceTest {
    // Scenarios wait more than they work.
    private static final int AT_ONCE = 2;

    private static final Map<String, Map<String, String>> TABLES = new LinkedHashMap<>();
    private static Manifest manifest;
    private static Gateway shared;
    private static Path certificates;

    @BeforeAll
    static void start(@TempDir Path folder) throws IOException, InterruptedException {
        manifest = Manifest.load();
        certificates = folder;
        NameResolverRegistry.getDefaultRegistry().register(new AddressList());
        String script = Manifest.ROOT.resolve("tests/conformance/certs.sh").toString();
        assertEquals(0, new ProcessBuilder(script, folder.toString()).start().waitFor());
        shared = Gateway.start(Manifest.Backend.GATEWAY, folder);
    }

    @AfterAll
    static void printTables() throws IOException {
        if (shared != null) {
            shared.close();
        }
        TABLES.forEach((name, table) -> System.out.print("\n" + name + "\n" + text(table)));
        String path = System.getenv("IDPHOTO_TABLE");
        if (path != null && TABLES.containsKey("client")) {
            Files.writeString(Path.of(path), text(TABLES.get("client")));
        }
    }

    @TestFactory
    Stream<DynamicTest> client() {
        return run("client", ClientCaller::new, false);
    }

    @TestFactory
    Stream<DynamicTest> futures() {
        return run("client, by futures", AsyncCaller::new, false);
    }

    @TestFactory
    Stream<DynamicTest> plainStubs() {
        return run("plain stubs", StubCaller::new, true);
    }

    private static Stream<DynamicTest> run(String name, Caller.Maker maker, boolean raw) {
        Map<String, String> table = new LinkedHashMap<>();
        TABLES.put(name, table);
        ExecutorService threads = Executors.newFixedThreadPool(AT_ONCE);
        Map<Manifest.Scenario, Future<?>> running = new LinkedHashMap<>();
        for (Manifest.Scenario scenario : manifest.scenarios()) {
            if (raw && scenario.clientOnly() != null) {
                table.put(scenario.name(), "client only: " + scenario.clientOnly());
                continue;
            }
            table.put(scenario.name(), "failed");
            running.put(scenario, threads.submit(() -> {
                perform(scenario, maker, raw);
                return null;
            }));
        }
        threads.shutdown();
        return running.entrySet().stream().map(entry ->
                DynamicTest.dynamicTest(entry.getKey().name(), () -> {
                    join(entry.getValue());
                    table.put(entry.getKey().name(), "ok");
                }));
    }

    private static void perform(Manifest.Scenario scenario, Caller.Maker maker, boolean raw)
            throws Exception {
        Path folder = Files.createTempDirectory(certificates, "scenario");
        try (Stream<Path> files = Files.list(certificates)) {
            for (Path file : files.filter(Files::isRegularFile).toList()) {
                Files.copy(file, folder.resolve(file.getFileName()));
            }
        }
        try (Run run = new Run(scenario, manifest.request(), raw, maker,
                ConformanceTest::mint, folder, Backends.start(scenario, shared, folder))) {
            run.perform();
        }
    }

    private static void join(Future<?> scenario) throws Throwable {
        try {
            scenario.get();
        } catch (ExecutionException e) {
            throw e.getCause();
        }
    }

    private static String mint() {
        return new Request(new Customer("", ""), new Photo(new byte[0]),
                new Consent("", "", "", "")).orderId();
    }

    private static String text(Map<String, String> table) {
        StringBuilder text = new StringBuilder();
        table.forEach((name, result) ->
                text.append(name).append('\t').append(result).append('\n'));
        return text.toString();
    }
}
