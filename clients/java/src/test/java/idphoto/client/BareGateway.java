package idphoto.client;

import static idphoto.client.IdPhotoClientTest.failure;
import static org.junit.jupiter.api.Assertions.assertEquals;

import idphoto.v1.IdPhotoServiceGrpc;
import io.grpc.Server;
import io.grpc.Status;
import io.grpc.health.v1.HealthCheckResponse.ServingStatus;
import io.grpc.netty.shaded.io.grpc.netty.NettyServerBuilder;
import io.grpc.protobuf.services.HealthStatusManager;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;

/** A gateway on a socket that implements nothing: its UNIMPLEMENTED is proof of the way. */
record BareGateway(Server server) implements AutoCloseable {
    static BareGateway start() throws IOException {
        return start(NettyServerBuilder.forAddress(loopback()));
    }

    static BareGateway start(NettyServerBuilder builder) throws IOException {
        HealthStatusManager health = new HealthStatusManager();
        health.setStatus(IdPhotoServiceGrpc.SERVICE_NAME, ServingStatus.SERVING);
        return new BareGateway(builder
                .addService(health.getHealthService())
                .addService(new IdPhotoServiceGrpc.IdPhotoServiceImplBase() {})
                .build()
                .start());
    }

    static InetSocketAddress loopback() {
        return new InetSocketAddress(InetAddress.getLoopbackAddress(), 0);
    }

    int port() {
        return server.getPort();
    }

    static void assertReached(IdPhotoClient client) {
        IdPhotoException e = failure(() -> client.verifyIdPhoto(Samples.request()));
        assertEquals(Status.Code.UNIMPLEMENTED, e.code(), e.getMessage());
    }

    @Override
    public void close() {
        server.shutdownNow();
    }
}
