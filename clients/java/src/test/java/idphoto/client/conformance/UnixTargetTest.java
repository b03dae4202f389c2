package idphoto.client.conformance;

import static org.junit.jupiter.api.Assertions.assertEquals;

import idphoto.client.Comparison;
import idphoto.client.Consent;
import idphoto.client.Customer;
import idphoto.client.IdPhotoClient;
import idphoto.client.Photo;
import idphoto.client.Request;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.StandardProtocolFamily;
import java.net.URI;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The gateway behind a socket in the file system, which something like a sidecar hands on. */
@Timeout(60)
class UnixTargetTest {
    @TempDir
    private Path certificates;

    @ParameterizedTest
    @ValueSource(strings = {"unix:", "unix://"})
    void aCallIsAnswered(String scheme) throws Exception {
        Request request = new Request(new Customer("李雷", "11010519491231002X"),
                new Photo(Manifest.photo("photos/face-256.jpg")),
                new Consent("sandbox:confidence=42", "test", "terms 1", "20260101000001"));
        try (Gateway gateway = Gateway.start(
                        Manifest.Backend.GATEWAY, certificates);
                Relay relay = new Relay(gateway.address());
                IdPhotoClient client =
                        IdPhotoClient.builder(scheme + relay.path).plaintext().build()) {
            assertEquals(new Comparison(42), client.verifyIdPhoto(request).outcome());
        }
    }

    private static final class Relay implements AutoCloseable {
        // The path of a socket is short, and that of a TempDir may be long.
        private final Path folder = Files.createTempDirectory("uds");
        private final Path path = folder.resolve("s");
        private final ServerSocketChannel socket =
                ServerSocketChannel.open(StandardProtocolFamily.UNIX)
                        .bind(UnixDomainSocketAddress.of(path));

        Relay(String address) throws IOException {
            URI behind = URI.create("tcp://" + address);
            inBackground(() -> {
                while (true) {
                    SocketChannel caller = socket.accept();
                    SocketChannel called = SocketChannel.open(
                            new InetSocketAddress(behind.getHost(), behind.getPort()));
                    inBackground(() -> hand(caller, called));
                    inBackground(() -> hand(called, caller));
                }
            });
        }

        @Override
        public void close() throws IOException {
            socket.close();
            Files.delete(path);
            Files.delete(folder);
        }
    }

    private interface Work {
        void run() throws IOException;
    }

    private static void inBackground(Work work) {
        Thread thread = new Thread(() -> {
            try {
                work.run();
            } catch (IOException e) {
                // A side has closed its connection.
                return;
            }
        });
        thread.setDaemon(true);
        thread.start();
    }

    private static void hand(SocketChannel from, SocketChannel to) throws IOException {
        try (from; to) {
            ByteBuffer bytes = ByteBuffer.allocate(1 << 16);
            while (from.read(bytes) >= 0) {
                bytes.flip();
                while (bytes.hasRemaining()) {
                    to.write(bytes);
                }
                bytes.clear();
            }
        }
    }
}
