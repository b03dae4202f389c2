package idphoto.client.conformance;

import com.google.gson.JsonParser;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;

/** tests/conformance/manifest.json; absent members are null. */
record Manifest(Integer format, Map<String, String> request, List<Scenario> scenarios) {
    /** The project's folder. */
    static final Path ROOT = Path.of("../..");

    record Scenario(String name, String clientOnly, List<Backend> backends, Client client,
            List<Step> steps) {}

    record Backend(String kind, List<String> set, String tls, String upi, String health,
            String listen) {
        static final Backend GATEWAY = new Backend("gateway", null, null, null, null, null);
    }

    record Client(Duration timeout, Boolean tls, String caFile, String certFile, String keyFile,
            List<String> tokens, Boolean refused) {
        static final Client PLAIN = new Client(null, null, null, null, null, null, null);
    }

    record Step(String doing, String call, String order, Map<String, String> request,
            Duration deadline, Integer count, Integer width, List<Step> during, Integer backend,
            List<Reply> replies, Map<String, String> files, Duration eventually,
            Expectation expect, Expectation raw) {}

    record Expectation(Answer answer, Error error, Boolean valid, String state, Duration within,
            Integer posts, Integer calls, Integer callsAtLeast, Integer orders,
            List<String> tokens) {}

    record Reply(Answer answer, Error error, String state, Boolean breaking) {}

    record Answer(Integer confidence, String category, String code, Boolean replayed) {}

    record Error(String code, String reason, String domain, String dispatch, String retry,
            List<String> fields, List<String> quota, Duration retryAfter) {}

    static Manifest load() throws IOException {
        String json = Files.readString(ROOT.resolve("tests/conformance/manifest.json"));
        Manifest manifest = Binding.bind(JsonParser.parseString(json), Manifest.class);
        if (manifest.format != 1 || manifest.scenarios.isEmpty()) {
            throw new IllegalStateException("the manifest is of another format");
        }
        return manifest;
    }

    /** The bytes that a request's photo stands for. */
    static byte[] photo(String name) throws IOException {
        if (name.isEmpty()) {
            return new byte[0];
        }
        if (name.startsWith("zeros:")) {
            return new byte[Integer.parseInt(name.substring("zeros:".length()))];
        }
        return Files.readAllBytes(ROOT.resolve("tests/data").resolve(name));
    }
}
