package idphoto.client;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import idphoto.client.testing.IdPhotoFake;
import idphoto.client.testing.IdPhotoFakeExtension;
import idphoto.client.testing.Reply;
import io.grpc.Status;
import io.grpc.opentelemetry.GrpcOpenTelemetry;
import io.opentelemetry.api.OpenTelemetry;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/** What README.md shows is code of this class, which runs, but for its indentation. */
@ExtendWith(IdPhotoFakeExtension.class)
class ReadmeTest {
    private static final Pattern BLOCK = Pattern.compile("(?s)```java\n(.*?)```");
    private static final byte[] jpeg = {1, 2, 3};

    private final List<String> done = new ArrayList<>();

    @Test
    void showsCodeThatRuns() throws IOException {
        String source = flat(Files.readString(
                Path.of("src/test/java/idphoto/client/ReadmeTest.java")));
        List<String> blocks = BLOCK.matcher(Files.readString(Path.of("README.md"))).results()
                .map((MatchResult block) -> flat(block.group(1)))
                .toList();
        assertFalse(blocks.isEmpty());
        blocks.forEach(block -> assertTrue(source.contains(block), block));
    }

    private static String flat(String code) {
        return code.lines().map(String::strip).reduce("", (all, line) -> all + line + "\n");
    }

    @Test
    void makesAClientThatDoesNotConnect() {
        IdPhotoClient client = IdPhotoClient.builder("gateway.example:443").build();
        client.close();
    }

    @Test
    void readsItsTokenFromAFile() {
        Path token = Path.of("/var/run/secrets/tokens/idphoto");
        IdPhotoClient client = IdPhotoClient.builder("gateway.example:443")
                .bearerToken(() -> Files.readString(token))
                .build();
        client.close();
    }

    @Test
    void callsAndLooksAtTheOutcome(IdPhotoFake gateway, IdPhotoClient client) {
        gateway.reply(Reply.answer(new Comparison(88)), Reply.answer(Samples.rejection()));
        String said = printed(() -> call(client)) + printed(() -> call(client));
        assertEquals("alike enough: true\nnot compared: NOT_CONFIRMED\n", said);
    }

    private static void call(IdPhotoClient client) {
        Request request = new Request(
                new Customer("李雷", "11010519491231002X"),
                new Photo(jpeg),
                new Consent("onboarding", "account opening", "terms 1", "20260101000001"));
        Answer answer = client.verifyIdPhoto(request);
        if (answer.outcome() instanceof Comparison comparison) {
            System.out.println("alike enough: " + (comparison.confidence() >= 80));
        } else if (answer.outcome() instanceof Rejection rejection) {
            System.out.println("not compared: " + rejection.category());
        }
    }

    @Test
    void doesAsAdvised(IdPhotoFake gateway, IdPhotoClient client) {
        gateway.reply(Reply.fail(Reason.OVERLOADED), Reply.fail(Reason.OUTCOME_UNKNOWN),
                Reply.fail(Reason.INVALID_FIELD, new Violation("photo", "too small")),
                Reply.fail(Reason.GATEWAY_FAULT), Reply.fail(Status.Code.ABORTED));
        String said = printed(() -> {
            for (int i = 0; i < 5; i++) {
                advised(client, Samples.request());
            }
        });
        assertEquals("photo: too small\n", said);
        assertEquals(List.of("later", "decide", "report", "ask"), done);
    }

    private void advised(IdPhotoClient client, Request request) {
        try {
            client.verifyIdPhoto(request);
        } catch (IdPhotoException e) {
            switch (e.retry().name()) {
                case "SAME_ORDER" -> later(request);
                case "ASK_FIRST" -> ask(e.orderId()); // by client.await, before anything else
                case "NEW_ORDER" -> decide(e.orderId()); // may be charged again
                case "FIX_REQUEST" -> e.violations().forEach(violation ->
                        System.out.println(violation.field() + ": " + violation.description()));
                default -> report(e);
            }
        }
    }

    private void later(Request request) {
        done.add("later");
    }

    private void ask(String orderId) {
        done.add("ask");
    }

    private void decide(String orderId) {
        done.add("decide");
    }

    private void report(IdPhotoException e) {
        done.add("report");
    }

    @Test
    void awaitsWhatIsPending(IdPhotoFake gateway, IdPhotoClient client) {
        gateway.reply(Reply.pending(new Comparison(42)));
        assertEquals(new Comparison(42), awaited(client, Samples.request()).outcome());
    }

    private static Answer awaited(IdPhotoClient client, Request request) {
        try {
            return client.verifyIdPhoto(request);
        } catch (IdPhotoException e) {
            if (!e.reason().equals(Reason.ANSWER_PENDING)) {
                throw e;
            }
            return client.await(request.orderId());
        }
    }

    @Test
    void traces() {
        OpenTelemetry openTelemetry = OpenTelemetry.noop();
        GrpcOpenTelemetry traces = GrpcOpenTelemetry.newBuilder().sdk(openTelemetry).build();
        IdPhotoClient client = IdPhotoClient.builder("gateway.example:443")
                .channel(traces::configureChannelBuilder)
                .build();
        client.close();
    }

    enum Result { ANOTHER_PHOTO }

    private record Onboarding(IdPhotoClient client) {
        Result verify(Customer person) {
            Request request = new Request(person, new Photo(jpeg), Samples.consent());
            return IdPhotoClientTest.failure(() -> client.verifyIdPhoto(request))
                    .violations().stream()
                    .anyMatch(violation -> violation.field().equals("photo"))
                    ? Result.ANOTHER_PHOTO
                    : null;
        }
    }

    private static final Customer person = new Customer("李雷", "11010519491231002X");

    @Nested
    @ExtendWith(IdPhotoFakeExtension.class)
    class OnboardingTest {
        @Test
        void asksForAnotherPhoto(IdPhotoFake gateway, IdPhotoClient client) {
            gateway.reply(Reply.fail(Reason.INVALID_FIELD, new Violation("photo", "too small")));
            assertEquals(Result.ANOTHER_PHOTO, new Onboarding(client).verify(person));
        }
    }

    private static String printed(Runnable work) {
        PrintStream before = System.out;
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        System.setOut(new PrintStream(out, true, StandardCharsets.UTF_8));
        try {
            work.run();
        } finally {
            System.setOut(before);
        }
        return out.toString(StandardCharsets.UTF_8);
    }
}
