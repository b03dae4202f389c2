package idphoto.client;

import io.grpc.LoadBalancerProvider;
import io.grpc.LoadBalancerRegistry;
import io.grpc.ManagedChannelProvider;
import io.grpc.NameResolverRegistry;

/** gRPC finds its parts by files that a careless fat jar overwrites: each jar brings its own. */
final class ServiceFiles {
    private ServiceFiles() {}

    /** Refuses to go on without the parts that balance and look at health. */
    static void checkBalancers() {
        LoadBalancerRegistry balancers = LoadBalancerRegistry.getDefaultRegistry();
        LoadBalancerProvider balancer = balancers.getProvider("round_robin");
        // gRPC has one that ignores health, silently, and another that comes before it.
        if (balancer == null || !balancer.getClass().getName().contains("Health")
                || balancers.getProvider("pick_first") == null) {
            throw overwritten("io.grpc.LoadBalancerProvider");
        }
    }

    /** Refuses to go on without the parts that connect to a target. */
    static void checkTransport(String target) {
        String scheme = target.startsWith("unix:") ? "unix" : "dns";
        if (NameResolverRegistry.getDefaultRegistry().getProviderForScheme(scheme) == null) {
            throw overwritten("io.grpc.NameResolverProvider");
        }
        try {
            ManagedChannelProvider.provider();
        } catch (ManagedChannelProvider.ProviderNotFoundException e) {
            throw overwritten("io.grpc.ManagedChannelProvider");
        }
    }

    /** Where gRPC has no transport for a target: it reaches Unix sockets by epoll alone. */
    static IllegalStateException unreachable(String target, Throwable cause) {
        return new IllegalStateException("target \"" + target + "\": gRPC reaches Unix sockets by"
                + " its native transport, which is for Linux on x86-64 and AArch64 and could not be"
                + " loaded here", cause);
    }

    private static IllegalStateException overwritten(String service) {
        return new IllegalStateException("META-INF/services/" + service + " does not name all of"
                + " gRPC's parts: it was overwritten when several jars were made one. Let that"
                + " merge the files of META-INF/services: the ServicesResourceTransformer of"
                + " maven-shade-plugin, mergeServiceFiles() of Gradle's Shadow");
    }
}
