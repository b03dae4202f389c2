package idphoto.client;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.grpc.TlsServerCredentials;
import io.grpc.netty.shaded.io.grpc.netty.NettyServerBuilder;
import java.io.IOException;
import java.net.ProxySelector;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(60)
class ProxyTest {
    private final ProxySelector before = ProxySelector.getDefault();
    private RecordingProxy proxy;

    @BeforeEach
    void use() throws IOException {
        proxy = new RecordingProxy();
        ProxySelector.setDefault(proxy);
    }

    @AfterEach
    void restore() throws IOException {
        ProxySelector.setDefault(before);
        proxy.close();
    }

    @Test
    void plaintextGoesThroughNoForwardProxy() throws IOException {
        try (BareGateway gateway = BareGateway.start();
                IdPhotoClient client = IdPhotoClient.builder("localhost:" + gateway.port())
                        .plaintext().build()) {
            BareGateway.assertReached(client);
        }
        assertEquals(List.of(), proxy.tunnels);
    }

    @Test
    void tlsGoesThroughTheProxyOfTheProgram(@TempDir Path folder) throws Exception {
        try (BareGateway gateway = encrypted(folder);
                IdPhotoClient client = builder(gateway, folder).build()) {
            BareGateway.assertReached(client);
            assertEquals(List.of("CONNECT localhost:" + gateway.port()), proxy.tunnels);
        }
    }

    @Test
    void withoutProxyTlsConnectsDirectly(@TempDir Path folder) throws Exception {
        try (BareGateway gateway = encrypted(folder);
                IdPhotoClient client = builder(gateway, folder).withoutProxy().build()) {
            BareGateway.assertReached(client);
        }
        assertEquals(List.of(), proxy.tunnels);
    }

    private static BareGateway encrypted(Path folder) throws Exception {
        Certificates.make(folder);
        return BareGateway.start(NettyServerBuilder.forAddress(BareGateway.loopback(),
                TlsServerCredentials.create(folder.resolve("server.pem").toFile(),
                        folder.resolve("server.key").toFile())));
    }

    private static IdPhotoClientBuilder builder(BareGateway gateway, Path folder) {
        return IdPhotoClient.builder("localhost:" + gateway.port())
                .caFile(folder.resolve("ca.pem"));
    }
}
