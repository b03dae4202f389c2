package idphoto.client.testing;

import idphoto.client.IdPhotoClient;
import idphoto.client.IdPhotoClientBuilder;
import idphoto.v1.IdPhotoServiceGrpc;
import io.grpc.Server;
import io.grpc.health.v1.HealthCheckResponse.ServingStatus;
import io.grpc.inprocess.InProcessChannelBuilder;
import io.grpc.inprocess.InProcessServerBuilder;
import io.grpc.protobuf.services.HealthStatusManager;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.function.UnaryOperator;

/** A fake gateway. It is safe for concurrent use. */
public final class IdPhotoFake implements AutoCloseable {
    private final ScheduledThreadPoolExecutor clock = clock();
    private final FakeService service;
    private final String name = InProcessServerBuilder.generateName();
    private final Server server;
    private final List<IdPhotoClient> clients = new CopyOnWriteArrayList<>();

    private IdPhotoFake(Optional<FakeService.Timer> timer, Reply... replies) {
        this.service = new FakeService(timer.orElse(this::after), List.of(replies));
        HealthStatusManager health = new HealthStatusManager();
        health.setStatus(IdPhotoServiceGrpc.SERVICE_NAME, ServingStatus.SERVING);
        this.server = InProcessServerBuilder.forName(name)
                .addService(service)
                .intercept(new Headers())
                .addService(health.getHealthService())
                .build();
    }

    /**
     * Starts a fake gateway that gives these replies in turn, and after them a comparison with
     * confidence 97 to every order.
     *
     * @param replies the script
     * @return the running gateway, to be closed
     */
    public static IdPhotoFake start(Reply... replies) {
        return start(new IdPhotoFake(Optional.empty(), replies));
    }

    /** The same with slow replies when {@code timer} says so. */
    static IdPhotoFake start(FakeService.Timer timer, Reply... replies) {
        return start(new IdPhotoFake(Optional.of(timer), replies));
    }

    private static IdPhotoFake start(IdPhotoFake fake) {
        try {
            fake.server.start();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return fake;
    }

    /**
     * Makes a client of this gateway with the usual defaults. It is closed with the gateway.
     *
     * @return the client
     */
    public IdPhotoClient client() {
        return client(builder -> builder);
    }

    /**
     * Makes a client of this gateway. It is closed with the gateway.
     *
     * @param options changes the defaults
     * @return the client
     */
    public IdPhotoClient client(UnaryOperator<IdPhotoClientBuilder> options) {
        IdPhotoClientBuilder builder = IdPhotoClient.builder(InProcessChannelBuilder.forName(name));
        IdPhotoClient client = options.apply(builder).build();
        clients.add(client);
        return client;
    }

    /**
     * Adds replies to the script.
     *
     * @param replies what comes after the replies that are left
     */
    public void reply(Reply... replies) {
        service.reply(List.of(replies));
    }

    /**
     * The verifications and validations received so far, each attempt of them.
     *
     * @return in the order of their coming
     */
    public List<Call> calls() {
        return service.calls();
    }

    /** Ends the gateway and its clients. */
    @Override
    public void close() {
        clients.forEach(IdPhotoClient::close);
        server.shutdownNow();
        clock.shutdownNow();
    }

    private void after(Duration delay, Runnable work) {
        clock.schedule(work, delay.toNanos(), TimeUnit.NANOSECONDS);
    }

    // It has no thread before the first slow reply.
    private static ScheduledThreadPoolExecutor clock() {
        return new ScheduledThreadPoolExecutor(1, work -> {
            Thread thread = new Thread(work, "idphoto-fake");
            thread.setDaemon(true);
            return thread;
        });
    }
}
