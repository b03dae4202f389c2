package idphoto.client;

import static idphoto.client.IdPhotoClientTest.failure;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.grpc.Status;
import io.grpc.netty.shaded.io.grpc.netty.NettyServerBuilder;
import io.grpc.netty.shaded.io.netty.channel.EventLoopGroup;
import io.grpc.netty.shaded.io.netty.channel.epoll.Epoll;
import io.grpc.netty.shaded.io.netty.channel.epoll.EpollEventLoopGroup;
import io.grpc.netty.shaded.io.netty.channel.epoll.EpollServerDomainSocketChannel;
import io.grpc.netty.shaded.io.netty.channel.unix.DomainSocketAddress;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

@Timeout(60)
class TargetTest {
    @ParameterizedTest
    @CsvSource({
        "'', empty", "' ', empty", "gateway.example, port", "gateway.example:, port",
        "gateway.example:https, port", "gateway.example:0, port", "gateway.example:65536, port",
        "::1, port", "[::1], port", "dns:gateway.example, port", "dns:///gateway.example, port",
        "dns://192.0.2.1/gateway.example, port", "http://gateway.example:443, URL",
        "https://gateway.example:443, URL", "HTTPS://gateway.example:443, URL"
    })
    void thatLeadsNowhereIsRefused(String target, String text) {
        IllegalArgumentException e = assertThrows(
                IllegalArgumentException.class, () -> IdPhotoClient.builder(target));
        assertTrue(e.getMessage().contains("\"" + target + "\"")
                && e.getMessage().contains(text), e.getMessage());
    }

    @ParameterizedTest
    @ValueSource(strings = {
        "gateway.example:443", "127.0.0.1:443", "[::1]:443", "id_photo.default:443",
        "dns:gateway.example:443", "dns:///gateway.example:443", "dns:///id_photo:443",
        "dns:[::1]:443", "dns://192.0.2.1/gateway.example:443", "unix:/run/idphoto.sock",
        "unix:///run/idphoto.sock"
    })
    void thatGrpcReadsIsTaken(String target) {
        IdPhotoClient.builder(target).plaintext().build().close();
    }

    @Test
    void ofAnIpv6LiteralIsReached() throws IOException {
        assumeTrue(hasIpv6(), "this machine has no IPv6 loopback");
        try (BareGateway gateway = BareGateway.start(
                NettyServerBuilder.forAddress(new InetSocketAddress("::1", 0)))) {
            assertReached("[::1]:" + gateway.port());
            assertReached("dns:[::1]:" + gateway.port());
        }
    }

    private static boolean hasIpv6() {
        try (ServerSocket socket = new ServerSocket()) {
            socket.bind(new InetSocketAddress("::1", 0));
            return true;
        } catch (IOException e) {
            return false;
        }
    }

    @Test
    void ofAUnixSocketIsReached(@TempDir Path folder) throws IOException {
        assumeTrue(Epoll.isAvailable(), "gRPC has Unix sockets on Linux only");
        Path socket = folder.resolve("socket");
        EventLoopGroup group = new EpollEventLoopGroup(1);
        BareGateway gateway = BareGateway.start(NettyServerBuilder
                .forAddress(new DomainSocketAddress(socket.toFile()))
                .channelType(EpollServerDomainSocketChannel.class)
                .bossEventLoopGroup(group)
                .workerEventLoopGroup(group));
        try {
            assertReached("unix:" + socket);
            assertReached("unix://" + socket);
        } finally {
            gateway.close();
            group.shutdownGracefully(0, 1, TimeUnit.SECONDS);
        }
    }

    // By an address, since no name with an underscore is known everywhere.
    @Test
    void withAnUnderscoreIsResolvedLikeAnyOther() throws IOException {
        try (BareGateway gateway = BareGateway.start()) {
            AnyHost.register();
            assertReached(AnyHost.SCHEME + ":///127.0.0.1:" + gateway.port());
        }
        try (IdPhotoClient client =
                IdPhotoClient.builder("no_such_host.invalid:443").plaintext().build()) {
            IdPhotoException e = failure(() -> client.verifyIdPhoto(Samples.request()));
            assertEquals(Status.Code.UNAVAILABLE, e.code());
            assertTrue(e.getMessage().contains("unknown host no_such_host.invalid"),
                    e.getMessage());
        }
    }

    private static void assertReached(String target) {
        try (IdPhotoClient client = IdPhotoClient.builder(target).plaintext().build()) {
            BareGateway.assertReached(client);
        }
    }
}
