package idphoto.client;

import static idphoto.client.IdPhotoClientTest.failure;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import idphoto.client.testing.IdPhotoFake;
import idphoto.client.testing.Reply;
import io.grpc.Attributes;
import io.grpc.CallCredentials;
import io.grpc.CallOptions;
import io.grpc.Grpc;
import io.grpc.Metadata;
import io.grpc.MethodDescriptor;
import io.grpc.SecurityLevel;
import io.grpc.ServerCall;
import io.grpc.ServerCallHandler;
import io.grpc.ServerInterceptor;
import io.grpc.Status;
import io.grpc.netty.shaded.io.grpc.netty.GrpcSslContexts;
import io.grpc.netty.shaded.io.grpc.netty.NettyServerBuilder;
import io.grpc.netty.shaded.io.netty.channel.EventLoopGroup;
import io.grpc.netty.shaded.io.netty.channel.epoll.Epoll;
import io.grpc.netty.shaded.io.netty.channel.epoll.EpollEventLoopGroup;
import io.grpc.netty.shaded.io.netty.channel.epoll.EpollServerDomainSocketChannel;
import io.grpc.netty.shaded.io.netty.channel.unix.DomainSocketAddress;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

@Timeout(60)
class BearerTest {
    private static final Metadata.Key<String> AUTHORIZATION =
            Metadata.Key.of("authorization", Metadata.ASCII_STRING_MARSHALLER);
    private static final List<String> SECRET = List.of("Bearer secret");

    private final Request request = Samples.request();

    private static UnaryOperator<IdPhotoClientBuilder> by(Callable<String> supplier) {
        return builder -> builder.clock(new HastyClock()).bearerToken(supplier);
    }

    @Test
    void eachAttemptAsksForItsToken() {
        AtomicInteger asked = new AtomicInteger();
        try (IdPhotoFake gateway = IdPhotoFake.start(Reply.fail(Reason.DRAINING))) {
            IdPhotoClient client =
                    gateway.client(by(() -> "token-" + asked.incrementAndGet() + "\n"));
            client.verifyIdPhoto(request);
            client.verifyIdPhotoAsync(Samples.request()).join();
            assertEquals(List.of("Bearer token-1", "Bearer token-2", "Bearer token-3"),
                    gateway.calls().stream()
                            .map(call -> call.metadata().get(AUTHORIZATION)).toList());
        }
        // Health, which is looked at meanwhile, needs none.
        assertEquals(3, asked.get());
    }

    @Test
    void aSupplierThatFailsIsAskedAgainAndNothingIsSent() {
        AtomicInteger asked = new AtomicInteger();
        IOException sealed = new IOException("the vault is sealed");
        try (IdPhotoFake gateway = IdPhotoFake.start()) {
            IdPhotoClient client = gateway.client(by(() -> {
                asked.incrementAndGet();
                throw sealed;
            }));
            IdPhotoException e = failure(() -> client.verifyIdPhoto(request));
            assertEquals(Status.Code.UNAVAILABLE, e.code());
            assertEquals(Reason.NONE, e.reason());
            assertEquals(Dispatch.NOT_SENT, e.dispatch());
            assertEquals(Retry.SAME_ORDER, e.retry());
            assertTrue(e.getMessage().contains("no bearer token: the vault is sealed"),
                    e.getMessage());
            assertSame(sealed, innermost(e));
            assertEquals(3, asked.get());
            IdPhotoException question =
                    failure(() -> client.getVerification(request.orderId()));
            assertEquals(Dispatch.UNKNOWN_TO_CLIENT, question.dispatch());
            assertEquals(Retry.ASK_FIRST, question.retry());
            assertEquals(List.of(), gateway.calls());
        }
    }

    private static Throwable innermost(Throwable error) {
        return error.getCause() == null ? error : innermost(error.getCause());
    }

    // A class that is missing, for example: a call whose token never comes would never end.
    @Test
    void anErrorOfASupplierEndsItsCall() {
        try (IdPhotoFake gateway = IdPhotoFake.start()) {
            IdPhotoClient client = gateway.client(by(() -> {
                throw new NoClassDefFoundError("vault/Token");
            }));
            CompletionException e = assertThrows(CompletionException.class,
                    () -> client.verifyIdPhotoAsync(request).join());
            assertEquals(Dispatch.NOT_SENT,
                    assertInstanceOf(IdPhotoException.class, e.getCause()).dispatch());
        }
    }

    @Test
    void aSupplierThatRecoversCostsNoCall() {
        AtomicInteger asked = new AtomicInteger();
        try (IdPhotoFake gateway = IdPhotoFake.start()) {
            IdPhotoClient client = gateway.client(by(() -> {
                if (asked.incrementAndGet() == 1) {
                    throw new IOException("the vault is sealed");
                }
                return "token";
            }));
            assertInstanceOf(Comparison.class, client.verifyIdPhoto(request).outcome());
        }
    }

    /** Gives its token when it is told to. */
    private static final class Slow implements Callable<String> {
        private final CountDownLatch asked = new CountDownLatch(1);
        private final CountDownLatch told = new CountDownLatch(1);
        private final CountDownLatch given = new CountDownLatch(1);

        @Override
        public String call() throws InterruptedException {
            asked.countDown();
            told.await();
            given.countDown();
            return "late";
        }
    }

    @Test
    void aCallDoesNotWaitForItsTokenBeyondItsDeadline() throws Exception {
        Slow supplier = new Slow();
        try (IdPhotoFake gateway = IdPhotoFake.start()) {
            IdPhotoException e = failure(() -> gateway.client(by(supplier))
                    .within(Duration.ofMillis(100)).verifyIdPhoto(request));
            assertEquals(Status.Code.DEADLINE_EXCEEDED, e.code());
            assertEquals(Dispatch.NOT_SENT, e.dispatch());
            assertEquals(Retry.SAME_ORDER, e.retry());
            supplier.told.countDown();
            // A busy machine may not have come to ask.
            if (supplier.asked.getCount() == 0) {
                supplier.given.await();
            }
            assertEquals(List.of(), gateway.calls());
        }
    }

    @Test
    void anInterruptEndsACallThatWaitsForItsToken() throws Exception {
        Slow supplier = new Slow();
        try (IdPhotoFake gateway = IdPhotoFake.start()) {
            IdPhotoClient client = gateway.client(by(supplier));
            FutureTask<IdPhotoException> call = new FutureTask<>(() -> {
                IdPhotoException e = failure(() -> client.verifyIdPhoto(request));
                assertTrue(Thread.interrupted());
                return e;
            });
            Thread thread = new Thread(call);
            thread.start();
            supplier.asked.await();
            thread.interrupt();
            IdPhotoException e = call.get();
            assertEquals(Status.Code.CANCELLED, e.code());
            assertEquals(Dispatch.NOT_SENT, e.dispatch());
            supplier.told.countDown();
            supplier.given.await();
            assertEquals(List.of(), gateway.calls());
        }
    }

    @ParameterizedTest
    @CsvSource({
        ", empty", "' ', empty", "'sec ret', visible ASCII", "'sec\nret', visible ASCII",
        "séc, visible ASCII", "'sec\u007f', visible ASCII",
    })
    void aTokenThatNoHeaderCarriesIsNotSentAndNotShown(String token, String text) {
        try (IdPhotoFake gateway = IdPhotoFake.start()) {
            IdPhotoException e =
                    failure(() -> gateway.client(by(() -> token)).verifyIdPhoto(request));
            assertEquals(Dispatch.NOT_SENT, e.dispatch());
            assertTrue(e.getMessage().contains(text), e.getMessage());
            assertFalse(e.getMessage().contains("sec"), e.getMessage());
            assertEquals(List.of(), gateway.calls());
        }
    }

    /** Notes what callers show. */
    private static final class Shown implements ServerInterceptor {
        private final List<String> tokens = new CopyOnWriteArrayList<>();

        @Override
        public <Q, R> ServerCall.Listener<Q> interceptCall(
                ServerCall<Q, R> call, Metadata headers, ServerCallHandler<Q, R> next) {
            if (headers.containsKey(AUTHORIZATION)) {
                tokens.add(headers.get(AUTHORIZATION));
            }
            return next.startCall(call, headers);
        }
    }

    @Test
    void aTokenGoesOverTls(@TempDir Path folder) throws Exception {
        Certificates.make(folder);
        Shown shown = new Shown();
        try (BareGateway gateway = BareGateway.start(
                        NettyServerBuilder.forAddress(BareGateway.loopback()).intercept(shown)
                                .sslContext(GrpcSslContexts.forServer(
                                        folder.resolve("server.pem").toFile(),
                                        folder.resolve("server.key").toFile()).build()));
                IdPhotoClient client = IdPhotoClient.builder("127.0.0.1:" + gateway.port())
                        .caFile(folder.resolve("ca.pem")).bearerToken(() -> "secret").build()) {
            BareGateway.assertReached(client);
        }
        assertEquals(SECRET, shown.tokens);
    }

    @Test
    void aTokenGoesOverPlaintextToLoopback() throws IOException {
        Shown shown = new Shown();
        try (BareGateway gateway = BareGateway.start(
                        NettyServerBuilder.forAddress(BareGateway.loopback()).intercept(shown));
                IdPhotoClient client = IdPhotoClient.builder("127.0.0.1:" + gateway.port())
                        .plaintext().bearerToken(() -> "secret").build()) {
            BareGateway.assertReached(client);
        }
        assertEquals(SECRET, shown.tokens);
    }

    @Test
    void aTokenGoesOverPlaintextToAUnixSocket(@TempDir Path folder) throws IOException {
        assumeTrue(Epoll.isAvailable(), "gRPC has Unix sockets on Linux only");
        Shown shown = new Shown();
        Path socket = folder.resolve("socket");
        EventLoopGroup group = new EpollEventLoopGroup(1);
        BareGateway gateway = BareGateway.start(NettyServerBuilder
                .forAddress(new DomainSocketAddress(socket.toFile()))
                .channelType(EpollServerDomainSocketChannel.class)
                .bossEventLoopGroup(group)
                .workerEventLoopGroup(group)
                .intercept(shown));
        try (IdPhotoClient client = IdPhotoClient.builder("unix:" + socket)
                .plaintext().bearerToken(() -> "secret").build()) {
            BareGateway.assertReached(client);
        } finally {
            gateway.close();
            group.shutdownGracefully(0, 1, TimeUnit.SECONDS);
        }
        assertEquals(SECRET, shown.tokens);
    }

    /** A call that is ready for a connection to some address. */
    private static final class ReadyCall extends CallCredentials.RequestInfo {
        private final SecurityLevel level;
        private final String address;

        ReadyCall(SecurityLevel level, String address) {
            this.level = level;
            this.address = address;
        }

        @Override
        public MethodDescriptor<?, ?> getMethodDescriptor() {
            return Waiting.SENDING;
        }

        @Override
        public CallOptions getCallOptions() {
            return CallOptions.DEFAULT;
        }

        @Override
        public SecurityLevel getSecurityLevel() {
            return level;
        }

        @Override
        public String getAuthority() {
            return "gateway.example";
        }

        @Override
        public Attributes getTransportAttrs() {
            try {
                return Attributes.newBuilder().set(Grpc.TRANSPORT_ATTR_REMOTE_ADDR,
                        new InetSocketAddress(InetAddress.getByName(address), 50051)).build();
            } catch (IOException e) {
                throw new AssertionError(e);
            }
        }
    }

    /** What becomes of it. */
    private static final class Outcome extends CallCredentials.MetadataApplier {
        private Metadata headers;
        private Status status;

        @Override
        public void apply(Metadata given) {
            headers = given;
        }

        @Override
        public void fail(Status given) {
            status = given;
        }

        static Outcome of(Bearer bearer, SecurityLevel level, String address) {
            Outcome outcome = new Outcome();
            bearer.of(new Handover()).applyRequestMetadata(
                    new ReadyCall(level, address), Runnable::run, outcome);
            return outcome;
        }
    }

    @Test
    void aTokenDoesNotLeaveTheHostWhereOthersCouldRead() {
        Bearer bearer = new Bearer(() -> "secret", false);
        for (SecurityLevel level : List.of(SecurityLevel.NONE, SecurityLevel.INTEGRITY)) {
            Outcome outcome = Outcome.of(bearer, level, "192.0.2.1");
            assertEquals(null, outcome.headers);
            Failure failure = Failure.of(
                    outcome.status.asRuntimeException(), Samples.ORDER, true, true);
            assertEquals(Status.Code.FAILED_PRECONDITION, failure.code());
            assertEquals(Dispatch.NOT_SENT, failure.dispatch());
            assertEquals(Retry.NEVER, failure.retry());
            assertTrue(failure.message().contains(" 192.0.2.1:50051:")
                    && failure.message().contains("tokenOverPlaintext"), failure.message());
        }
    }

    @ParameterizedTest
    @CsvSource({
        "NONE, 127.0.0.1, false", "NONE, 127.9.9.9, false", "NONE, ::1, false",
        "PRIVACY_AND_INTEGRITY, 192.0.2.1, false", "NONE, 192.0.2.1, true",
    })
    void aTokenGoesWhereNobodyReadsOrNobodyMinds(
            SecurityLevel level, String address, boolean overPlaintext) {
        Outcome outcome = Outcome.of(new Bearer(() -> "secret", overPlaintext), level, address);
        assertEquals("Bearer secret", outcome.headers.get(AUTHORIZATION));
    }

    @Test
    void aSupplierThatIsNullIsRefused() {
        assertThrows(NullPointerException.class,
                () -> IdPhotoClient.builder("localhost:1").bearerToken(null));
    }

    @Test
    void limitsThatWereReachedShow() {
        QuotaViolation rate = new QuotaViolation("caller:loans", "rate");
        try (IdPhotoFake gateway =
                IdPhotoFake.start(Reply.failQuota(Duration.ofSeconds(1), rate))) {
            IdPhotoException e = failure(() -> gateway.client().verifyIdPhoto(request));
            assertEquals(Reason.QUOTA_EXCEEDED, e.reason());
            assertEquals(List.of(rate), e.quotaViolations());
            assertEquals(Duration.ofSeconds(1), e.retryAfter().orElseThrow());
            assertTrue(e.getMessage().contains("caller:loans: rate"), e.getMessage());
        }
    }
}
