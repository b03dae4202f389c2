package idphoto.client;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.protobuf.TextFormat;
import idphoto.client.testing.Call;
import idphoto.client.testing.IdPhotoFake;
import idphoto.client.testing.IdPhotoFakeExtension;
import idphoto.client.testing.Reply;
import io.grpc.Metadata;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.io.UncheckedIOException;
import java.lang.reflect.Field;
import java.lang.reflect.Modifier;
import java.net.URISyntaxException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.Arrays;
import java.util.Base64;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.logging.Handler;
import java.util.logging.Level;
import java.util.logging.LogRecord;
import java.util.logging.Logger;
import java.util.logging.SimpleFormatter;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

class PrivacyTest {
    @Test
    void noPublicTypePrintsPersonalData() {
        samples().forEach((type, sample) -> {
            assertEquals(List.of(), shown(String.valueOf(sample)), type.getName());
            assertEquals(List.of(), shown(String.format("%s %S", sample, sample)), type.getName());
        });
    }

    @Test
    void noEncoderThatReadsFieldsFindsPersonalData() {
        Map<Class<?>, Object> samples = samples();
        // What a test of a user looks at.
        samples.remove(Call.class);
        samples.forEach((type, sample) ->
                assertEquals(List.of(), shown(fields(sample, 4)), type.getName()));
    }

    @Test
    void everyPublicTypeIsLookedAt() throws Exception {
        Set<String> types = publicTypes();
        assertTrue(types.contains(Customer.class.getName()), "found " + types);
        assertEquals(types, samples().keySet().stream().map(Class::getName)
                .collect(Collectors.toCollection(TreeSet::new)));
    }

    // A canary that these tests cannot find would make them worthless.
    @Test
    void canariesAreFoundWhereTheyAre() {
        record Plain(String name, byte[] photo) {}

        Plain plain = new Plain(Samples.NAME, Samples.PHOTO.getBytes(StandardCharsets.UTF_8));
        assertNotEquals(List.of(), shown(plain.toString()));
        assertEquals(2, shown(fields(plain, 4)).size());
        assertEquals(3, shown(Samples.request().toProto(false).toString()).size());
    }

    @Test
    void personalDataIsThereForWhomItIsMeant() {
        try (IdPhotoFake gateway = IdPhotoFake.start(Reply.answer(Samples.rejection()))) {
            Answer answer = gateway.client().verifyIdPhoto(Samples.request());
            Call call = gateway.calls().get(0);
            assertEquals(Samples.NAME, call.name());
            assertEquals(Samples.ID_NUMBER, call.idNumber());
            assertEquals(Samples.PHOTO, new String(call.photo(), StandardCharsets.UTF_8));
            assertEquals(Samples.rejection(), answer.outcome());
        }
    }

    @Test
    void noLogAndNoStackTraceHoldsPersonalData() {
        StringWriter out = new StringWriter();
        Handler handler = listening(out);
        Logger root = Logger.getLogger("");
        Level before = root.getLevel();
        root.addHandler(handler);
        root.setLevel(Level.ALL);
        try (IdPhotoFake gateway = IdPhotoFake.start(Reply.answer(Samples.rejection()),
                Reply.fail(Reason.INVALID_FIELD, new Violation("customer.name", "Han script")),
                Reply.pending(Samples.rejection()))) {
            IdPhotoClient client = gateway.client();
            client.verifyIdPhoto(Samples.request());
            print(out, () -> client.verifyIdPhoto(Samples.request()));
            print(out, () -> client.verifyIdPhoto(Samples.request()));
            print(out, () -> client.verifyIdPhoto(broken()));
            print(out, () -> client.verifyIdPhotoAsync(broken()).join());
        } finally {
            root.setLevel(before);
            root.removeHandler(handler);
        }
        assertTrue(out.toString().contains("customer.name: Han script"), out.toString());
        assertTrue(out.toString().contains("customer.name: must be UTF-8"), out.toString());
        assertEquals(List.of(), shown(out.toString()));
    }

    private static Request broken() {
        return new Request(new Customer(Samples.NAME + "\ud800", Samples.ID_NUMBER),
                new Photo(new byte[0]), Samples.consent());
    }

    private static void print(StringWriter out, Runnable call) {
        try {
            call.run();
        } catch (RuntimeException e) {
            e.printStackTrace(new PrintWriter(out, true));
        }
    }

    private static Handler listening(StringWriter out) {
        SimpleFormatter formatter = new SimpleFormatter();
        return new Handler() {
            @Override
            public synchronized void publish(LogRecord entry) {
                out.write(formatter.format(entry));
            }

            @Override
            public void flush() {}

            @Override
            public void close() {}
        };
    }

    /** An instance of each public type that personal data could reach. */
    private static Map<Class<?>, Object> samples() {
        Request request = Samples.request().withMerchant(new Merchant("1", "shop", "6011"));
        Answer answer = new Answer(
                Samples.ORDER, Samples.rejection(), "0".repeat(32), Instant.EPOCH, false);
        Verification verification = new Verification(Samples.ORDER, new State.Answered(answer),
                Instant.EPOCH, Instant.EPOCH, Samples.consent());
        IdPhotoException failure = Failure.outcomeUnknown(Samples.ORDER).asException(null);
        Call call = new Call(Samples.ORDER, Samples.NAME, Samples.ID_NUMBER, new byte[0],
                Samples.consent(), Optional.empty(), false, new Metadata());
        Map<Class<?>, Object> samples = new LinkedHashMap<>();
        for (Object sample : List.of(request, request.customer(), request.photo(),
                request.consent(), request.merchant(), answer, answer.outcome(),
                new Comparison(42), verification, new State.InFlight(), verification.state(),
                new State.NotSent(), new State.OutcomeUnknown(), new State.Other("LATER"),
                failure, failure.reason(), failure.dispatch(), failure.retry(),
                Category.OTHER, new Violation("photo", "required"),
                new QuotaViolation("caller:loans", "rate"), call,
                Reply.answer(Samples.rejection()), new IdPhotoFakeExtension(),
                IdPhotoClient.builder("localhost:1"))) {
            samples.put(sample.getClass(), sample);
        }
        samples.put(Outcome.class, Samples.rejection());
        samples.put(State.class, verification.state());
        try (IdPhotoFake fake = IdPhotoFake.start(Reply.answer(Samples.rejection()))) {
            samples.put(IdPhotoFake.class, fake);
            samples.put(IdPhotoClient.class, fake.client());
        }
        return samples;
    }

    private static Set<String> publicTypes()
            throws IOException, URISyntaxException, ClassNotFoundException {
        Path classes = Path.of(
                IdPhotoClient.class.getProtectionDomain().getCodeSource().getLocation().toURI());
        Set<String> types = new TreeSet<>();
        try (Stream<Path> files = Files.walk(classes.resolve("idphoto/client"))) {
            for (Path file : files.filter(name -> name.toString().endsWith(".class")).toList()) {
                String name = classes.relativize(file).toString()
                        .replace('/', '.').replaceAll("\\.class$", "");
                Class<?> type = Class.forName(name, false, PrivacyTest.class.getClassLoader());
                if (Modifier.isPublic(type.getModifiers())) {
                    types.add(type.getName());
                }
            }
        }
        return types;
    }

    /** What an encoder prints that reads all fields but transient ones, as they commonly do. */
    private static String fields(Object value, int depth) {
        if (value instanceof byte[] bytes) {
            return Arrays.toString(bytes);
        }
        if (value == null || depth == 0 || !value.getClass().getName().startsWith("idphoto.")) {
            return String.valueOf(value);
        }
        StringBuilder text = new StringBuilder();
        for (Field field : value.getClass().getDeclaredFields()) {
            if ((field.getModifiers() & (Modifier.TRANSIENT | Modifier.STATIC)) == 0) {
                field.setAccessible(true);
                try {
                    text.append(fields(field.get(value), depth - 1)).append('\n');
                } catch (IllegalAccessException e) {
                    throw new UncheckedIOException(new IOException(e));
                }
            }
        }
        return text.toString();
    }

    private static List<String> shown(String text) {
        return Samples.canaries().stream()
                .flatMap(PrivacyTest::spellings)
                .filter(text::contains)
                .toList();
    }

    private static Stream<String> spellings(String canary) {
        byte[] raw = canary.getBytes(StandardCharsets.UTF_8);
        String numbers = Arrays.toString(raw);
        return Stream.of(canary, canary.toUpperCase(java.util.Locale.ROOT),
                HexFormat.of().formatHex(raw), HexFormat.of().withUpperCase().formatHex(raw),
                HexFormat.ofDelimiter(" ").formatHex(raw),
                Base64.getEncoder().encodeToString(raw),
                numbers.substring(1, numbers.length() - 1),
                TextFormat.escapeBytes(raw)).distinct();
    }
}
