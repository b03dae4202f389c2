package idphoto.client;

import static idphoto.client.IdPhotoClientTest.failure;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import idphoto.client.conformance.Connections;
import idphoto.v1.IdPhotoServiceGrpc;
import idphoto.v1.VerifyIdPhotoRequest;
import idphoto.v1.VerifyIdPhotoResponse;
import io.grpc.Server;
import io.grpc.Status;
import io.grpc.netty.shaded.io.grpc.netty.NettyServerBuilder;
import io.grpc.stub.StreamObserver;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
class ConnectionTest {
    private static final int ATTEMPTS = 15;

    private final HastyClock clock = new HastyClock();

    private IdPhotoClientBuilder builder(int port) {
        return IdPhotoClient.builder("127.0.0.1:" + port).plaintext().clock(clock);
    }

    private static ServerSocket socket() throws IOException {
        return new ServerSocket(0, 50, InetAddress.getLoopbackAddress());
    }

    /** Receives an order, and its machine fails. */
    private static final class Failing extends IdPhotoServiceGrpc.IdPhotoServiceImplBase {
        private final Connections connections = new Connections();
        private final AtomicInteger calls = new AtomicInteger();

        @Override
        public void verifyIdPhoto(
                VerifyIdPhotoRequest request, StreamObserver<VerifyIdPhotoResponse> observer) {
            calls.incrementAndGet();
            connections.cut();
        }
    }

    @Test
    void thatBreaksInMidCallIsNotTriedAgain() throws IOException {
        Failing failing = new Failing();
        Server server = NettyServerBuilder.forAddress(BareGateway.loopback())
                .channelFactory(failing.connections)
                .bossEventLoopGroup(failing.connections.group())
                .workerEventLoopGroup(failing.connections.group())
                .addService(failing)
                .build()
                .start();
        try (IdPhotoClient client = builder(server.getPort()).build()) {
            IdPhotoException e = failure(() -> client.verifyIdPhoto(Samples.request()));
            assertEquals(Status.Code.UNAVAILABLE, e.code());
            assertEquals(Dispatch.UNKNOWN_TO_CLIENT, e.dispatch());
            assertEquals(Retry.ASK_FIRST, e.retry());
            assertEquals(1, failing.calls.get());
        } finally {
            server.shutdownNow();
            failing.connections.close();
        }
    }

    @Test
    void thatIsRefusedIsTriedAgainAndSaysSoOnOneLine() throws IOException {
        ServerSocket closed = socket();
        closed.close();
        try (IdPhotoClient client = builder(closed.getLocalPort()).build()) {
            IdPhotoException e = failure(() -> client.verifyIdPhoto(Samples.request()));
            assertEquals(Dispatch.NOT_SENT, e.dispatch());
            assertEquals(Retry.SAME_ORDER, e.retry());
            assertEquals(2, clock.pauses.size());
            assertOneLine("Connection refused", e.getMessage());
        }
    }

    @Test
    void toAHostThatNobodyKnowsSaysSoOnOneLine() {
        try (IdPhotoClient client = IdPhotoClient.builder("no-such-host.invalid:443").build()) {
            assertOneLine("no-such-host.invalid",
                    failure(() -> client.verifyIdPhoto(Samples.request())).getMessage());
        }
    }

    private static void assertOneLine(String part, String text) {
        assertTrue(text.contains(part) && text.lines().count() == 1, text);
    }

    // gRPC's own pauses would be 1 s, then longer by 1.6 each time: 15 attempts take minutes.
    @Test
    void isTriedAgainAtLeastEveryFiveSeconds() throws Exception {
        try (ServerSocket gateway = socket();
                IdPhotoClient client = builder(gateway.getLocalPort()).build()) {
            HastyClock.Repeated again = clock.repeated.get(0);
            assertTrue(again.pause().compareTo(Duration.ofSeconds(5)) <= 0);
            gateway.setSoTimeout(10);
            client.verifyIdPhotoAsync(Samples.request());
            int attempts = 0;
            while (attempts < ATTEMPTS) {
                attempts += accepted(gateway);
                again.work().run();
                // Sleeps: between two attempts, of which there may be any number.
                TimeUnit.MILLISECONDS.sleep(1);
            }
        }
    }

    private static int accepted(ServerSocket gateway) throws IOException {
        try {
            gateway.accept().close();
            return 1;
        } catch (java.net.SocketTimeoutException e) {
            return 0;
        }
    }
}
