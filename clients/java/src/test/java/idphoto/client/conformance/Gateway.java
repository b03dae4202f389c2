package idphoto.client.conformance;

import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import java.io.Closeable;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** {@code idphoto serve}, with its sandbox unless UPI is gone. */
final class Gateway implements Closeable {
    private static final HttpClient HTTP = HttpClient.newHttpClient();

    /** What a sandbox received of an order. */
    record Received(int posts, int refused) {
        static final Received NOTHING = new Received(0, 0);

        Received plus(Received other) {
            return new Received(posts + other.posts, refused + other.refused);
        }
    }

    private final List<String> arguments;
    private final boolean sandbox;
    private volatile IdPhotoProcess process;
    private volatile String address;
    private volatile String upi;

    private Gateway(List<String> arguments, boolean sandbox) {
        this.arguments = arguments;
        this.sandbox = sandbox;
    }

    static Gateway start(Manifest.Backend spec, Path folder)
            throws IOException, InterruptedException {
        boolean gone = "gone".equals(spec.upi());
        List<String> arguments = new ArrayList<>(List.of("serve"));
        if (gone) {
            Path upi = folder.resolve("upi");
            IdPhotoProcess sandbox =
                    IdPhotoProcess.start(List.of("sandbox", "--dir", upi.toString()));
            sandbox.line("sandbox listening on ");
            sandbox.kill();
            arguments.addAll(List.of("--config", upi.resolve("idphoto.toml").toString()));
        } else {
            arguments.add("--sandbox");
        }
        settings(spec, folder).forEach(setting -> arguments.addAll(List.of("--set", setting)));
        Gateway gateway = new Gateway(arguments, !gone);
        gateway.start("127.0.0.1:0");
        return gateway;
    }

    private static List<String> settings(Manifest.Backend spec, Path folder) {
        List<String> settings = new ArrayList<>(spec.set() == null ? List.of() : spec.set());
        if (spec.tls() != null) {
            settings.add("server.tls.cert_file=" + folder.resolve("server.pem"));
            settings.add("server.tls.key_file=" + folder.resolve("server.key"));
        }
        if ("mutual".equals(spec.tls())) {
            settings.add("server.tls.client_ca_file=" + folder.resolve("ca.pem"));
        }
        return settings;
    }

    private void start(String listen) throws IOException, InterruptedException {
        List<String> all = new ArrayList<>(arguments);
        all.addAll(List.of("--listen", listen));
        process = IdPhotoProcess.start(all);
        upi = sandbox ? process.line("sandbox listening on ") : null;
        address = process.line("gRPC listening on ");
    }

    String address() {
        return address;
    }

    void terminate() {
        process.terminate();
    }

    void restart() throws IOException, InterruptedException {
        process.terminate();
        int code = process.waitForEnd();
        if (code != 0) {
            throw new AssertionError("a drained gateway ended with " + code);
        }
        start(address);
    }

    /** What the sandbox received, by order id. */
    Map<String, Received> orders() throws IOException, InterruptedException {
        Map<String, Received> orders = new HashMap<>();
        String asked = upi;
        if (asked == null) {
            return orders;
        }
        HttpRequest request = HttpRequest.newBuilder(URI.create(asked + "/orders")).build();
        String body = HTTP.send(request, BodyHandlers.ofString()).body();
        JsonElement json = JsonParser.parseString(body);
        json.getAsJsonObject().getAsJsonObject("orders").entrySet().forEach(entry -> {
            JsonObject counts = entry.getValue().getAsJsonObject();
            orders.put(entry.getKey(), new Received(
                    counts.get("posts").getAsInt(), counts.get("refused").getAsInt()));
        });
        return orders;
    }

    /** Ends as a machine that fails does; its sandbox is not asked from then on. */
    void kill() {
        process.kill();
        upi = null;
    }

    @Override
    public void close() {
        process.kill();
    }
}
