package idphoto.client;

import io.grpc.EquivalentAddressGroup;
import io.grpc.NameResolver;
import io.grpc.NameResolverProvider;
import io.grpc.NameResolverRegistry;
import io.grpc.Status;
import io.grpc.StatusOr;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.net.URI;
import java.net.UnknownHostException;
import java.util.Arrays;
import java.util.Collection;
import java.util.List;
import java.util.Set;
import java.util.concurrent.Executor;

/** Resolves hosts whose names gRPC's own resolver refuses: those with an underscore. */
final class AnyHost extends NameResolverProvider {
    static final String SCHEME = "idphoto-host";

    private static boolean registered;

    /** Makes the scheme known to gRPC; once is enough. */
    static synchronized void register() {
        if (!registered) {
            NameResolverRegistry.getDefaultRegistry().register(new AnyHost());
            registered = true;
        }
    }

    @Override
    public NameResolver newNameResolver(URI target, NameResolver.Args args) {
        return new Resolver(target.getPath().substring(1), args.getOffloadExecutor());
    }

    @Override
    public Collection<Class<? extends SocketAddress>> getProducedSocketAddressTypes() {
        return Set.of(InetSocketAddress.class);
    }

    @Override
    protected boolean isAvailable() {
        return true;
    }

    // Below DNS, which stays the default.
    @Override
    protected int priority() {
        return 1;
    }

    @Override
    public String getDefaultScheme() {
        return SCHEME;
    }

    private static final class Resolver extends NameResolver {
        private final String authority;
        private final Executor executor;
        private Listener2 listener;

        Resolver(String authority, Executor executor) {
            this.authority = authority;
            this.executor = executor == null ? Runnable::run : executor;
        }

        @Override
        public String getServiceAuthority() {
            return authority;
        }

        @Override
        public void start(Listener2 responses) {
            listener = responses;
            refresh();
        }

        @Override
        public void refresh() {
            executor.execute(this::resolve);
        }

        @Override
        public void shutdown() {}

        private void resolve() {
            int colon = authority.lastIndexOf(':');
            int port = Integer.parseInt(authority.substring(colon + 1));
            StatusOr<List<EquivalentAddressGroup>> found;
            try {
                found = StatusOr.fromValue(
                        Arrays.stream(InetAddress.getAllByName(authority.substring(0, colon)))
                                .map(host -> new InetSocketAddress(host, port))
                                .map(EquivalentAddressGroup::new)
                                .toList());
            } catch (UnknownHostException e) {
                found = StatusOr.fromStatus(Status.UNAVAILABLE
                        .withDescription("unknown host " + authority).withCause(e));
            }
            listener.onResult(ResolutionResult.newBuilder().setAddressesOrError(found).build());
        }
    }
}
