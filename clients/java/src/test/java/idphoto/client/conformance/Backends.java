package idphoto.client.conformance;

import idphoto.client.conformance.Gateway.Received;
import java.io.Closeable;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** What a scenario's client connects to. */
final class Backends implements Closeable {
    /** Fake and gateway are null where there is no such thing. */
    record Backend(String address, Gateway gateway, FakeBackend fake) {
        String currentAddress() {
            return gateway == null ? address : gateway.address();
        }
    }

    private final List<Backend> all = new ArrayList<>();
    private final List<Closeable> own = new ArrayList<>();

    static Backends start(Manifest.Scenario scenario, Gateway shared, Path folder)
            throws IOException, InterruptedException {
        Backends backends = new Backends();
        if (scenario.backends() == null) {
            backends.all.add(new Backend(shared.address(), shared, null));
            return backends;
        }
        for (Manifest.Backend spec : scenario.backends()) {
            backends.all.add(backends.start(spec, folder));
        }
        return backends;
    }

    private Backend start(Manifest.Backend spec, Path folder)
            throws IOException, InterruptedException {
        return switch (spec.kind()) {
            case "gateway" -> {
                Gateway gateway = own(Gateway.start(spec, folder));
                yield new Backend(gateway.address(), gateway, null);
            }
            case "fake" -> {
                FakeBackend fake = own(new FakeBackend(spec));
                yield new Backend(fake.address(), null, fake);
            }
            // The kernel accepts the connections, and nobody ever writes to them.
            case "silent" -> new Backend(address(own(socket())), null, null);
            case "closed" -> {
                ServerSocket socket = socket();
                socket.close();
                yield new Backend(address(socket), null, null);
            }
            default -> throw new IllegalArgumentException("no backend of kind " + spec.kind());
        };
    }

    Backend get(Integer number) {
        return all.get(number == null ? 0 : number);
    }

    /** What the client is given: an address, or all of them by the scheme of the tests. */
    String target() {
        List<String> addresses = all.stream().map(Backend::currentAddress).toList();
        return addresses.size() == 1
                ? addresses.get(0)
                : AddressList.SCHEME + ":///" + String.join(",", addresses);
    }

    /** What sandboxes received of an order. */
    Received received(String order) throws IOException, InterruptedException {
        Received sum = Received.NOTHING;
        for (Backend backend : all) {
            if (backend.gateway() != null) {
                sum = sum.plus(
                        backend.gateway().orders().getOrDefault(order, Received.NOTHING));
            }
        }
        return sum;
    }

    /** Kills the gateways that an order went through; how many. */
    int kill(String order) throws IOException, InterruptedException {
        int killed = 0;
        for (Backend backend : all) {
            if (backend.gateway() != null && backend.gateway().orders().containsKey(order)) {
                backend.gateway().kill();
                killed++;
            }
        }
        return killed;
    }

    @Override
    public void close() throws IOException {
        for (Closeable one : own) {
            one.close();
        }
    }

    private <T extends Closeable> T own(T one) {
        own.add(one);
        return one;
    }

    private static ServerSocket socket() throws IOException {
        return new ServerSocket(0, 50, InetAddress.getLoopbackAddress());
    }

    private static String address(ServerSocket socket) {
        return "127.0.0.1:" + socket.getLocalPort();
    }
}
