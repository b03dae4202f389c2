package idphoto.client.conformance;

import io.grpc.EquivalentAddressGroup;
import io.grpc.NameResolver;
import io.grpc.NameResolverProvider;
import io.grpc.StatusOr;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.net.URI;
import java.util.Arrays;
import java.util.Collection;
import java.util.List;
import java.util.Set;

/** Resolves {@code scenario:///host:port,host:port} to its addresses. */
final class AddressList extends NameResolverProvider {
    static final String SCHEME = "scenario";

    @Override
    public NameResolver newNameResolver(URI target, NameResolver.Args args) {
        List<EquivalentAddressGroup> addresses =
                Arrays.stream(target.getPath().substring(1).split(","))
                        .map(AddressList::address)
                        .map(EquivalentAddressGroup::new)
                        .toList();
        return new NameResolver() {
            @Override
            public String getServiceAuthority() {
                return "backends";
            }

            @Override
            public void start(Listener2 listener) {
                listener.onResult(ResolutionResult.newBuilder()
                        .setAddressesOrError(StatusOr.fromValue(addresses))
                        .build());
            }

            @Override
            public void shutdown() {}
        };
    }

    private static SocketAddress address(String address) {
        URI uri = URI.create("tcp://" + address);
        return new InetSocketAddress(uri.getHost(), uri.getPort());
    }

    @Override
    public Collection<Class<? extends SocketAddress>> getProducedSocketAddressTypes() {
        return Set.of(InetSocketAddress.class);
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
        return SCHEME;
    }
}
