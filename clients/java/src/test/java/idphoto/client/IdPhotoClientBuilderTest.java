package idphoto.client;

import static idphoto.client.IdPhotoClientTest.failure;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;

import idphoto.client.testing.IdPhotoFake;
import idphoto.client.testing.Reply;
import idphoto.v1.GetVerificationRequest;
import idphoto.v1.GetVerificationResponse;
import idphoto.v1.IdPhotoServiceGrpc;
import io.grpc.Context;
import io.grpc.Grpc;
import io.grpc.NameResolver;
import io.grpc.NameResolverProvider;
import io.grpc.NameResolverRegistry;
import io.grpc.Server;
import io.grpc.Status;
import io.grpc.TlsServerCredentials;
import io.grpc.health.v1.HealthCheckResponse.ServingStatus;
import io.grpc.inprocess.InProcessChannelBuilder;
import io.grpc.netty.shaded.io.grpc.netty.NettyServerBuilder;
import io.grpc.protobuf.services.HealthStatusManager;
import io.grpc.stub.StreamObserver;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(60)
class IdPhotoClientBuilderTest {
    @TempDir
    private static Path folder;

    private static Server server;

    /** A gateway that has never seen an order. */
    private static final class Empty extends IdPhotoServiceGrpc.IdPhotoServiceImplBase {
        @Override
        public void getVerification(
                GetVerificationRequest request, StreamObserver<GetVerificationResponse> observer) {
            observer.onError(Status.NOT_FOUND.asRuntimeException());
        }
    }

    @BeforeAll
    static void start() throws IOException, InterruptedException {
        Certificates.make(folder);
        HealthStatusManager health = new HealthStatusManager();
        health.setStatus(IdPhotoServiceGrpc.SERVICE_NAME, ServingStatus.SERVING);
        server = NettyServerBuilder
                .forAddress(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0),
                        TlsServerCredentials.create(folder.resolve("server.pem").toFile(),
                                folder.resolve("server.key").toFile()))
                .addService(new Empty())
                .addService(health.getHealthService())
                .build()
                .start();
    }

    @AfterAll
    static void stop() {
        server.shutdownNow();
    }

    private static IdPhotoClientBuilder builder() {
        return IdPhotoClient.builder("localhost:" + server.getPort());
    }

    private static Status.Code reach(IdPhotoClient client) {
        return failure(() -> client.getVerification(Samples.ORDER)).code();
    }

    @Test
    void aUrlIsNoTarget() {
        assertThrows(IllegalArgumentException.class,
                () -> IdPhotoClient.builder("https://gateway.example"));
    }

    @Test
    void plaintextAndTlsFilesAndAnOwnTransportExcludeEachOther() {
        Path ca = folder.resolve("ca.pem");
        InProcessChannelBuilder own = InProcessChannelBuilder.forName("none");
        assertThrows(IllegalStateException.class, () -> builder().plaintext().caFile(ca).build());
        assertThrows(IllegalStateException.class,
                () -> IdPhotoClient.builder(own).plaintext().build());
        assertThrows(IllegalStateException.class,
                () -> IdPhotoClient.builder(own).caFile(ca).build());
    }

    @Test
    void aTimeoutIsLongerThanZero() {
        assertThrows(IllegalArgumentException.class, () -> builder().timeout(Duration.ZERO));
    }

    @Test
    void filesThatCannotBeUsedAreToldWhenTheClientIsMade() throws IOException {
        Path ca = folder.resolve("ca.pem");
        Path empty = Files.writeString(folder.resolve("empty.pem"), "no certificate in here");
        assertThrows(IllegalArgumentException.class,
                () -> builder().caFile(folder.resolve("absent.pem")).build());
        assertThrows(IllegalArgumentException.class, () -> builder().caFile(empty).build());
        assertThrows(IllegalArgumentException.class,
                () -> builder().clientCertificateFiles(ca, empty).build());
        assertThrows(IllegalArgumentException.class,
                () -> builder().clientCertificateFiles(empty, folder.resolve("ca.key")).build());
    }

    @Test
    void aCertificateIsForTheNameOfTheTarget() {
        Path ca = folder.resolve("ca.pem");
        try (IdPhotoClient right = builder().caFile(ca).build();
                IdPhotoClient wrong = builder().caFile(ca)
                        .channel(channel -> channel.overrideAuthority("other.example"))
                        .build()) {
            assertEquals(Status.Code.NOT_FOUND, reach(right));
            assertEquals(Status.Code.UNAVAILABLE, reach(wrong));
        }
    }

    @Test
    void filesThatAreJustBeingReplacedDoNotReplaceTheLastGoodOnes() throws Exception {
        Path ca = Files.copy(folder.resolve("ca.pem"), folder.resolve("rotating.pem"));
        TlsFiles files = TlsFiles.open(ca, null, null);
        Files.writeString(ca, "-----BEGIN CERTIFICATE-----\nhalf");
        files.look();
        try (IdPhotoClient client = IdPhotoClient.builder(
                Grpc.newChannelBuilder(
                        "localhost:" + server.getPort(), files.credentials())).build()) {
            assertEquals(Status.Code.NOT_FOUND, reach(client));
        }
    }

    /** Notes in which context the channel does its own work. */
    private static final class Noting extends NameResolverProvider {
        private final BlockingQueue<Context> contexts = new LinkedBlockingQueue<>();

        @Override
        public NameResolver newNameResolver(URI target, NameResolver.Args args) {
            return new NameResolver() {
                @Override
                public String getServiceAuthority() {
                    return "noted";
                }

                @Override
                public void start(Listener2 listener) {
                    contexts.add(Context.current());
                    listener.onError(Status.UNAVAILABLE);
                }

                @Override
                public void shutdown() {}
            };
        }

        @Override
        protected boolean isAvailable() {
            return true;
        }

        @Override
        protected int priority() {
            return 5;
        }

        @Override
        public String getDefaultScheme() {
            return "noting";
        }
    }

    // A health check begun in the context of a call would end with that call.
    @Test
    void theChannelsOwnWorkIsNotDoneInTheContextOfACall() throws InterruptedException {
        Noting noting = new Noting();
        NameResolverRegistry.getDefaultRegistry().register(noting);
        try (IdPhotoClient client = IdPhotoClient.builder("noting:///any").plaintext().build();
                Context.CancellableContext callers = Context.current().withCancellation()) {
            callers.run(() -> assertEquals(Status.Code.UNAVAILABLE, reach(client)));
            assertSame(Context.ROOT, noting.contexts.poll(10, TimeUnit.SECONDS));
        } finally {
            NameResolverRegistry.getDefaultRegistry().deregister(noting);
        }
    }

    @Test
    void theChannelCanBeChangedLast() {
        try (IdPhotoFake gateway = IdPhotoFake.start()) {
            gateway.reply(Reply.fail(Status.Code.UNAVAILABLE));
            IdPhotoClient once = gateway.client(builder ->
                    builder.channel(channel -> channel.disableRetry()));
            assertEquals(Status.Code.UNAVAILABLE,
                    failure(() -> once.verifyIdPhoto(Samples.request())).code());
        }
    }
}
