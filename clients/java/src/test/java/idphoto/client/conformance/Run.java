package idphoto.client.conformance;

import idphoto.client.conformance.Gateway.Received;
import idphoto.v1.IdPhotoServiceGrpc;
import io.grpc.Grpc;
import io.grpc.InsecureChannelCredentials;
import io.grpc.ManagedChannel;
import io.grpc.health.v1.HealthCheckRequest;
import io.grpc.health.v1.HealthCheckResponse.ServingStatus;
import io.grpc.health.v1.HealthGrpc;
import java.io.Closeable;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Supplier;
import java.util.regex.Pattern;

/** One scenario in progress. */
final class Run implements Closeable {
    private static final long BETWEEN_MILLIS = 100;
    private static final long PAUSE_MILLIS = 10;
    private static final Pattern MINTED = Pattern.compile("[0-9]{14}[0-9A-Z]{21}");
    private static final Set<String> FIELDS = Set.of("customer.name", "customer.id_number",
            "photo", "consent.usage_scenario", "consent.purpose", "consent.agreement_version",
            "consent.agreement_serial", "merchant.id", "merchant.name", "merchant.category_code");

    /** A call that was started and not yet waited for. */
    private record Started(Thread thread, FutureTask<Result> result) {}

    private final Manifest.Scenario scenario;
    private final Map<String, String> base;
    private final boolean raw;
    private final Caller.Maker maker;
    private final Supplier<String> mint;
    private final Path folder;
    private final Backends backends;
    private final Map<String, String> orders = new ConcurrentHashMap<>();
    private final Map<String, Started> calls = new HashMap<>();
    private Caller caller;

    Run(Manifest.Scenario scenario, Map<String, String> base, boolean raw, Caller.Maker maker,
            Supplier<String> mint, Path folder, Backends backends) {
        this.scenario = scenario;
        this.base = base;
        this.raw = raw;
        this.maker = maker;
        this.mint = mint;
        this.folder = folder;
        this.backends = backends;
    }

    void perform() throws Exception {
        if (spec().refused() == Boolean.TRUE) {
            refused();
        }
        for (int i = 0; i < scenario.steps().size(); i++) {
            try {
                perform(scenario.steps().get(i));
            } catch (AssertionError | Exception e) {
                throw new AssertionError("step " + (i + 1) + ": " + e.getMessage(), e);
            }
        }
        for (String order : orders.values()) {
            int posts = backends.received(order).posts();
            check(posts <= 1, "order " + order + " was posted " + posts + " times");
        }
    }

    @Override
    public void close() throws IOException {
        if (caller != null) {
            caller.close();
        }
        backends.close();
    }

    private void perform(Manifest.Step step) throws Exception {
        Instant end = Instant.now()
                .plus(Objects.requireNonNullElse(step.eventually(), Duration.ZERO));
        while (true) {
            try {
                once(step);
                return;
            } catch (AssertionError e) {
                if (Instant.now().isAfter(end)) {
                    throw e;
                }
                // Sleeps: between two questions.
                TimeUnit.MILLISECONDS.sleep(BETWEEN_MILLIS);
            }
        }
    }

    private void once(Manifest.Step step) throws Exception {
        Manifest.Expectation want = raw && step.raw() != null ? step.raw() : step.expect();
        switch (step.doing()) {
            case "verify", "validate", "get", "await" ->
                    call(step, order(step.order())).check(want);
            case "start" -> start(step);
            case "cancel" -> cancel(step.call()).check(want);
            case "join" -> calls.get(step.call()).result().get().check(want);
            case "sent" -> sent(order(step.order()));
            case "parallel" -> parallel(step, want);
            case "stream" -> stream(step, want);
            case "script" -> backends.get(step.backend()).fake().say(step.replies());
            case "count" -> count(step, want);
            case "drain" -> drain(backends.get(step.backend()).gateway());
            case "restart" -> backends.get(step.backend()).gateway().restart();
            case "kill" -> check(backends.kill(order(step.order())) > 0,
                    "no sandbox has received it");
            case "close" -> caller().close();
            case "install" -> install(step.files());
            default -> throw new IllegalArgumentException("no step of kind " + step.doing());
        }
    }

    private synchronized Caller caller() throws Exception {
        if (caller == null) {
            caller = maker.make(backends.target(), spec(), folder);
        }
        return caller;
    }

    private Manifest.Client spec() {
        return Objects.requireNonNullElse(scenario.client(), Manifest.Client.PLAIN);
    }

    private void refused() throws Exception {
        try {
            caller();
        } catch (IllegalArgumentException e) {
            return;
        }
        throw new AssertionError("a client was made");
    }

    private String order(String label) {
        if (label.isEmpty()) {
            return "";
        }
        return label.startsWith("=")
                ? label.substring(1)
                : orders.computeIfAbsent(label, unused -> mint.get());
    }

    private Result call(Manifest.Step step, String order) throws Exception {
        Caller by = caller();
        long begun = System.nanoTime();
        Result result = switch (step.doing()) {
            case "get" -> by.get(order, step.deadline());
            case "await" -> by.await(order, step.deadline());
            default -> by.verify(order, request(step), step.doing().equals("validate"),
                    step.deadline());
        };
        if (order.isEmpty()) {
            check(MINTED.matcher(result.order()).matches(), "minted " + result.order());
            orders.put(result.order(), result.order());
        }
        return result.took(Duration.ofNanos(System.nanoTime() - begun));
    }

    private Map<String, String> request(Manifest.Step step) {
        Map<String, String> request = new LinkedHashMap<>(base);
        request.putAll(step.request() == null ? Map.of() : step.request());
        if (!FIELDS.containsAll(request.keySet())) {
            throw new IllegalArgumentException("unknown fields in " + request.keySet());
        }
        return request;
    }

    private void start(Manifest.Step step) {
        String order = order(step.order());
        FutureTask<Result> result = new FutureTask<>(() -> {
            try {
                return call(step, order);
            } catch (AsyncCaller.Cancelled e) {
                return Result.failed(order, new Result.Failure(
                        "CANCELLED", "", "UNKNOWN_TO_CLIENT", "ASK_FIRST", order, List.of(),
                        List.of(), null));
            }
        });
        Thread thread = new Thread(result, "call " + step.call());
        thread.start();
        calls.put(step.call(), new Started(thread, result));
    }

    private Result cancel(String name) throws Exception {
        Started started = calls.get(name);
        long begun = System.nanoTime();
        started.thread().interrupt();
        return started.result().get().took(Duration.ofNanos(System.nanoTime() - begun));
    }

    private void sent(String order) throws Exception {
        Instant end = Instant.now().plusSeconds(IdPhotoProcess.PATIENCE_SECONDS);
        while (backends.received(order).equals(Received.NOTHING)) {
            check(Instant.now().isBefore(end), "no sandbox has received it");
            // Sleeps: between two questions.
            TimeUnit.MILLISECONDS.sleep(PAUSE_MILLIS);
        }
    }

    private void parallel(Manifest.Step step, Manifest.Expectation want) throws Exception {
        String order = order(step.order());
        List<Callable<Result>> work = new ArrayList<>();
        for (int i = 0; i < step.count(); i++) {
            work.add(() -> call(step, order));
        }
        Set<Object> answers = ConcurrentHashMap.newKeySet();
        for (Result result : all(work)) {
            result.check(want);
            Result.Answer answer = result.answer();
            if (answer != null) {
                answers.add(List.of(answer.upiUuid(), answer.code(), answer.category(),
                        String.valueOf(answer.confidence())));
            }
        }
        check(answers.size() <= 1, "different answers: " + answers);
    }

    private void stream(Manifest.Step step, Manifest.Expectation want) throws Exception {
        List<Manifest.Step> during = step.during() == null ? List.of() : step.during();
        AtomicInteger begun = new AtomicInteger();
        AtomicInteger left = new AtomicInteger(during.size());
        List<Callable<Void>> work = new ArrayList<>();
        for (int i = 0; i < step.width(); i++) {
            work.add(() -> {
                int number = begun.incrementAndGet();
                while (number <= step.count() || left.get() > 0) {
                    call(step, order("stream " + number)).check(want);
                    number = begun.incrementAndGet();
                }
                return null;
            });
        }
        work.add(() -> {
            for (Manifest.Step meanwhile : during) {
                try {
                    perform(meanwhile);
                } finally {
                    left.decrementAndGet();
                }
            }
            return null;
        });
        all(work);
    }

    private static <T> List<T> all(List<Callable<T>> work) throws Exception {
        ExecutorService threads = Executors.newFixedThreadPool(work.size());
        try {
            List<T> results = new ArrayList<>();
            for (Future<T> one : threads.invokeAll(work)) {
                results.add(one.get());
            }
            return results;
        } finally {
            threads.shutdownNow();
        }
    }

    private void count(Manifest.Step step, Manifest.Expectation want) throws Exception {
        Backends.Backend backend = backends.get(step.backend());
        if (step.order() != null) {
            same("posts", want.posts(), backends.received(order(step.order())).posts());
        } else if (backend.fake() == null) {
            same("posts", want.posts(),
                    backend.gateway().orders().values().stream().mapToInt(Received::posts).sum());
        } else {
            same("calls", want.calls(), backend.fake().calls());
            same("orders", want.orders(), backend.fake().orders());
            check(want.tokens() == null || want.tokens().equals(backend.fake().tokens()),
                    "tokens " + backend.fake().tokens() + ", not " + want.tokens());
            check(want.callsAtLeast() == null || backend.fake().calls() >= want.callsAtLeast(),
                    "only " + backend.fake().calls() + " calls");
        }
    }

    // Ends when the gateway's health says so.
    private static void drain(Gateway gateway) throws InterruptedException {
        ManagedChannel channel =
                Grpc.newChannelBuilder(gateway.address(), InsecureChannelCredentials.create())
                        .build();
        try {
            gateway.terminate();
            HealthCheckRequest ask = HealthCheckRequest.newBuilder()
                    .setService(IdPhotoServiceGrpc.SERVICE_NAME)
                    .build();
            HealthGrpc.HealthBlockingStub health = HealthGrpc.newBlockingStub(channel)
                    .withDeadlineAfter(IdPhotoProcess.PATIENCE_SECONDS, TimeUnit.SECONDS);
            while (health.check(ask).getStatus() != ServingStatus.NOT_SERVING) {
                // Sleeps: between two questions.
                TimeUnit.MILLISECONDS.sleep(PAUSE_MILLIS);
            }
        } finally {
            channel.shutdownNow();
        }
    }

    // Each file in one step, as rotation does.
    private void install(Map<String, String> files) throws Exception {
        for (Map.Entry<String, String> file : files.entrySet()) {
            Path fresh = folder.resolve(file.getKey() + ".new");
            Files.copy(folder.resolve(file.getValue()), fresh);
            Files.move(fresh, folder.resolve(file.getKey()), StandardCopyOption.ATOMIC_MOVE,
                    StandardCopyOption.REPLACE_EXISTING);
        }
    }

    private static void same(String name, Integer want, int got) {
        check(want == null || want == got, got + " " + name + ", not " + want);
    }

    private static void check(boolean holds, String otherwise) {
        if (!holds) {
            throw new AssertionError(otherwise);
        }
    }
}
