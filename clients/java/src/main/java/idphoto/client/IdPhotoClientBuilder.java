package idphoto.client;

import io.grpc.ChannelCredentials;
import io.grpc.Grpc;
import io.grpc.InsecureChannelCredentials;
import io.grpc.ManagedChannelBuilder;
import io.grpc.ManagedChannelRegistry;
import io.grpc.TlsChannelCredentials;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.function.Supplier;

/** Makes an {@link IdPhotoClient}; what is not set here has a safe default. */
public final class IdPhotoClientBuilder {
    // What gRPC keeps of calls in progress to try them again: 400 of the largest photos.
    // A call beyond that would not be tried again.
    private static final long RETRY_BUFFER_BYTES = 64L << 20;
    private static final String UNIX = "unix:";

    private final String target;
    private final ManagedChannelBuilder<?> transport;
    private final List<Consumer<? super ManagedChannelBuilder<?>>> options = new ArrayList<>();
    private boolean plaintext;
    private boolean proxy = true;
    private Path ca;
    private Path certificate;
    private Path key;
    private Callable<String> tokens;
    private boolean tokenOverPlaintext = Defaults.TOKEN_OVER_PLAINTEXT;
    private Duration timeout = Defaults.TIMEOUT;
    private Supplier<ScheduledExecutorService> clock = IdPhotoClientBuilder::daemon;

    IdPhotoClientBuilder(String target) {
        this.target = Target.read(target);
        this.transport = null;
    }

    IdPhotoClientBuilder(ManagedChannelBuilder<?> transport) {
        this.target = null;
        this.transport = Objects.requireNonNull(transport, "transport");
    }

    /**
     * Turns TLS off: names, ID numbers and photos travel readable to anybody on the way. For
     * loopback, a Unix socket, and a mesh whose proxy on the same host encrypts. It never goes
     * through a forward proxy.
     *
     * @return this
     */
    public IdPhotoClientBuilder plaintext() {
        plaintext = true;
        return this;
    }

    /**
     * Connects without the forward proxy that {@code -Dhttps.proxyHost}, or a ProxySelector of the
     * program, names. With one, TLS goes through it by CONNECT, and the proxy chooses the gateway.
     *
     * @return this
     */
    public IdPhotoClientBuilder withoutProxy() {
        proxy = false;
        return this;
    }

    /**
     * Trusts the CAs of a PEM file, and no longer the system's. The file is read again when it
     * changes.
     *
     * @param ca the file
     * @return this
     */
    public IdPhotoClientBuilder caFile(Path ca) {
        this.ca = Objects.requireNonNull(ca, "ca");
        return this;
    }

    /**
     * Presents a client certificate. The files are read again when they change, so they can be
     * replaced while the client is in use.
     *
     * @param certificate the PEM file of its chain
     * @param key the PEM file of its key, in PKCS 8
     * @return this
     * @throws IllegalArgumentException when one of the two is missing
     */
    public IdPhotoClientBuilder clientCertificateFiles(Path certificate, Path key) {
        if (certificate == null || key == null) {
            throw new IllegalArgumentException("a client certificate needs the file of its chain"
                    + " and the file of its key, not " + certificate + " and " + key);
        }
        this.certificate = certificate;
        this.key = key;
        return this;
    }

    /**
     * Sends a token with each call, as {@code authorization: Bearer …}. The supplier is asked for
     * every attempt, by several threads at once, so that tokens may change; one that is costly to
     * get is the supplier's to keep. White space around a token is dropped.
     *
     * <p>Over plaintext a token goes to loopback and to a Unix socket; to anything else a call
     * fails with FAILED_PRECONDITION. What the supplier throws fails the call with UNAVAILABLE, and
     * is the innermost cause. Nothing was sent in both cases.
     *
     * @param supplier gives a token; it may block a thread of the channel's executor, and a call
     *     waits for it no longer than its deadline allows
     * @return this
     */
    public IdPhotoClientBuilder bearerToken(Callable<String> supplier) {
        tokens = Objects.requireNonNull(supplier, "supplier");
        return this;
    }

    /**
     * Sends tokens over plaintext to anybody. For a mesh whose proxy on the same host encrypts: the
     * client sees the address behind it.
     *
     * @return this
     */
    public IdPhotoClientBuilder tokenOverPlaintext() {
        tokenOverPlaintext = true;
        return this;
    }

    /**
     * Sets the longest that one call takes.
     *
     * @param timeout longer than zero
     * @return this
     */
    public IdPhotoClientBuilder timeout(Duration timeout) {
        if (timeout.isNegative() || timeout.isZero()) {
            throw new IllegalArgumentException("the timeout must be longer than zero");
        }
        this.timeout = timeout;
        return this;
    }

    /**
     * Changes the channel: interceptors, gRPC's OpenTelemetry, executors. It comes after this
     * package's own settings, and wins.
     *
     * @param change called with the channel before it is built
     * @return this
     */
    public IdPhotoClientBuilder channel(Consumer<? super ManagedChannelBuilder<?>> change) {
        options.add(change);
        return this;
    }

    /**
     * Makes the client. It does not connect before the first call.
     *
     * @return the client, to be closed
     * @throws IllegalStateException when options exclude each other, and for a Unix socket on a
     *     platform where gRPC has none
     * @throws IllegalArgumentException when a file of a certificate or key cannot be used
     */
    public IdPhotoClient build() {
        boolean withFiles = ca != null || certificate != null;
        if (withFiles && plaintext || transport != null && (withFiles || plaintext)) {
            throw new IllegalStateException(
                    "plaintext, TLS files and an own transport exclude each other");
        }
        ModulePath.readClassPath();
        ServiceFiles.checkBalancers();
        Optional<TlsFiles> files =
                withFiles ? Optional.of(TlsFiles.open(ca, certificate, key)) : Optional.empty();
        ManagedChannelBuilder<?> channel = transport != null ? transport : channel(files);
        configure(channel);
        if (plaintext || !proxy) {
            channel.proxyDetector(address -> null);
        }
        options.forEach(option -> option.accept(channel));
        return new IdPhotoClient(
                new Connection(channel.build(), files, bearer(), clock.get()), timeout);
    }

    private Optional<Bearer> bearer() {
        boolean open = tokenOverPlaintext || target != null && target.startsWith(UNIX);
        return Optional.ofNullable(tokens).map(supplier -> new Bearer(supplier, open));
    }

    private ManagedChannelBuilder<?> channel(Optional<TlsFiles> files) {
        ServiceFiles.checkTransport(target);
        if (target.startsWith(AnyHost.SCHEME + ":")) {
            AnyHost.register();
        }
        if (!target.startsWith(UNIX)) {
            return Grpc.newChannelBuilder(target, credentials(files));
        }
        try {
            // gRPC would name the host by the path, which is none: the gateway refuses such a call.
            return Grpc.newChannelBuilder(target, credentials(files))
                    .overrideAuthority("localhost");
        } catch (ManagedChannelRegistry.ProviderNotFoundException e) {
            throw ServiceFiles.unreachable(target, e);
        }
    }

    /** For tests that cannot wait. */
    IdPhotoClientBuilder clock(ScheduledExecutorService other) {
        clock = () -> other;
        return this;
    }

    private static ScheduledThreadPoolExecutor daemon() {
        ScheduledThreadPoolExecutor clock = new ScheduledThreadPoolExecutor(1, work -> {
            Thread thread = new Thread(work, "idphoto-client");
            thread.setDaemon(true);
            return thread;
        });
        clock.setRemoveOnCancelPolicy(true);
        return clock;
    }

    private ChannelCredentials credentials(Optional<TlsFiles> files) {
        if (plaintext) {
            return InsecureChannelCredentials.create();
        }
        return files.map(TlsFiles::credentials).orElseGet(TlsChannelCredentials::create);
    }

    private static void configure(ManagedChannelBuilder<?> channel) {
        // Interceptors that come later are called earlier, so this one is next to the channel.
        // Whoever can write DNS must not be able to change what is tried again.
        channel.intercept(new Detached())
                .disableServiceConfigLookUp()
                .defaultServiceConfig(Defaults.SERVICE_CONFIG)
                .enableRetry()
                .retryBufferSize(RETRY_BUFFER_BYTES)
                .keepAliveTime(Defaults.KEEPALIVE_TIME.toSeconds(), TimeUnit.SECONDS)
                .keepAliveTimeout(Defaults.KEEPALIVE_TIMEOUT.toSeconds(), TimeUnit.SECONDS)
                .keepAliveWithoutCalls(Defaults.KEEPALIVE_WITHOUT_CALLS);
    }
}
