import idphoto.client.Answer;
import idphoto.client.Comparison;
import idphoto.client.Consent;
import idphoto.client.Customer;
import idphoto.client.IdPhotoClient;
import idphoto.client.IdPhotoClientBuilder;
import idphoto.client.IdPhotoException;
import idphoto.client.Photo;
import idphoto.client.Rejection;
import idphoto.client.Request;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.Set;

/**
 * Verifies a photo file.
 *
 * <pre>
 * printf '%s\n' NAME ID_NUMBER | java -cp CLASSPATH VerifyPhoto.java
 *     --target gateway.example:443 --photo face.jpg
 *     --usage-scenario onboarding --purpose "account opening"
 *     --agreement-version "terms 1" --agreement-serial 20260101000001
 * </pre>
 *
 * The customer comes on standard input, name and ID number on a line each, because everybody on a
 * machine can read the arguments of its programs. It exits with 0 when UPI answered, 1 when not, 2
 * on bad usage.
 */
public final class VerifyPhoto {
    private static final Set<String> OPTIONS = Set.of("--target", "--photo", "--usage-scenario",
            "--purpose", "--agreement-version", "--agreement-serial", "--order-id", "--ca-file",
            "--cert-file", "--key-file", "--token-file", "--timeout-seconds");

    private VerifyPhoto() {}

    public static void main(String[] arguments) throws IOException {
        System.exit(run(arguments));
    }

    private static int run(String[] arguments) throws IOException {
        Map<String, String> options = options(arguments);
        if (options == null) {
            System.err.println("usage: VerifyPhoto --photo FILE [--plaintext] with any of "
                    + OPTIONS + ", each with a value");
            return 2;
        }
        Request request = request(options);
        // Told before the call: whatever becomes of this program, the order can be asked for.
        System.err.println("order " + request.orderId());
        try (IdPhotoClient client = client(options)) {
            String seconds = options.getOrDefault("--timeout-seconds", "90");
            tell(client.within(Duration.ofSeconds(Long.parseLong(seconds))).verifyIdPhoto(request));
            return 0;
        } catch (IdPhotoException e) {
            System.err.println(e.getMessage());
            return 1;
        }
    }

    // Here a program decides: an answer is not yet a match.
    private static void tell(Answer answer) {
        if (answer.outcome() instanceof Comparison comparison) {
            System.out.println("confidence " + comparison.confidence() + " of 100");
        } else if (answer.outcome() instanceof Rejection rejection) {
            System.out.println(
                    "not compared: code " + rejection.code() + " (" + rejection.category() + ")");
        }
    }

    private static Request request(Map<String, String> options) throws IOException {
        BufferedReader input =
                new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
        Customer customer = new Customer(input.readLine(), input.readLine());
        Photo photo = new Photo(Files.readAllBytes(Path.of(options.get("--photo"))));
        Consent consent = new Consent(
                options.getOrDefault("--usage-scenario", ""),
                options.getOrDefault("--purpose", ""),
                options.getOrDefault("--agreement-version", ""),
                options.getOrDefault("--agreement-serial", ""));
        return new Request(customer, photo, consent).withOrderId(options.get("--order-id"));
    }

    private static IdPhotoClient client(Map<String, String> options) {
        IdPhotoClientBuilder builder =
                IdPhotoClient.builder(options.getOrDefault("--target", "localhost:50051"));
        if (options.containsKey("--plaintext")) {
            builder.plaintext();
        }
        if (options.containsKey("--ca-file")) {
            builder.caFile(Path.of(options.get("--ca-file")));
        }
        if (options.containsKey("--cert-file")) {
            builder.clientCertificateFiles(
                    Path.of(options.get("--cert-file")), Path.of(options.get("--key-file")));
        }
        if (options.containsKey("--token-file")) {
            Path token = Path.of(options.get("--token-file"));
            builder.bearerToken(() -> Files.readString(token));
        }
        return builder.build();
    }

    private static Map<String, String> options(String[] arguments) {
        Map<String, String> options = new HashMap<>();
        for (int i = 0; i < arguments.length; i++) {
            if (arguments[i].equals("--plaintext")) {
                options.put("--plaintext", "");
            } else if (OPTIONS.contains(arguments[i]) && i + 1 < arguments.length) {
                options.put(arguments[i], arguments[++i]);
            } else {
                return null;
            }
        }
        return options.containsKey("--photo") ? options : null;
    }
}
