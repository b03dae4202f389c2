package idphoto.client;

import static idphoto.client.IdPhotoClientTest.failure;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.grpc.ChannelCredentials;
import io.grpc.Grpc;
import io.grpc.Status;
import io.grpc.TlsServerCredentials;
import io.grpc.netty.shaded.io.grpc.netty.NettyServerBuilder;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.FileTime;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

@Timeout(60)
class TlsFilesTest {
    @TempDir
    private static Path folder;

    private static BareGateway gateway;
    private static long writes;

    private final Path ca = folder.resolve("current-ca.pem");
    private final Path certificate = folder.resolve("current.pem");
    private final Path key = folder.resolve("current.key");

    /** A gateway that wants a client certificate. */
    @BeforeAll
    static void start() throws Exception {
        Certificates.make(folder);
        gateway = BareGateway.start(NettyServerBuilder.forAddress(BareGateway.loopback(),
                TlsServerCredentials.newBuilder()
                        .keyManager(folder.resolve("server.pem").toFile(),
                                folder.resolve("server.key").toFile())
                        .trustManager(folder.resolve("ca.pem").toFile())
                        .clientAuth(TlsServerCredentials.ClientAuth.REQUIRE)
                        .build()));
        Files.writeString(folder.resolve("text.pem"), "no PEM\n");
    }

    @AfterAll
    static void stop() {
        gateway.close();
    }

    @BeforeEach
    void installGoodFiles() throws IOException {
        install(ca, "ca.pem");
        install(certificate, "client.pem");
        install(key, "client.key");
    }

    private static void install(Path to, String from) throws IOException {
        Files.copy(folder.resolve(from), to, StandardCopyOption.REPLACE_EXISTING);
        // No file system is too coarse for this.
        writes++;
        Files.setLastModifiedTime(to, FileTime.fromMillis(writes * 10_000));
    }

    @ParameterizedTest
    @ValueSource(strings = {"empty.pem", "text.pem", "ca.key", "absent.pem"})
    void aCaFileWithoutACertificateIsRefusedByName(String name) {
        assertRefused(name, IdPhotoClient.builder("localhost:1").caFile(folder.resolve(name)));
    }

    @ParameterizedTest
    @CsvSource({
        "client.pem, empty.pem, empty.pem", "client.pem, text.pem, text.pem",
        "client.pem, client.pem, client.pem", "client.pem, absent.key, absent.key",
        "client.pem, other-client.key, other-client.key", "empty.pem, client.key, empty.pem",
        "client.key, client.key, client.key"
    })
    void aCertificateThatDoesNotFitItsKeyIsRefusedByName(String chain, String own, String wrong) {
        assertRefused(wrong, IdPhotoClient.builder("localhost:1")
                .clientCertificateFiles(folder.resolve(chain), folder.resolve(own)));
    }

    private static void assertRefused(String name, IdPhotoClientBuilder builder) {
        String text = assertThrows(IllegalArgumentException.class, builder::build).getMessage();
        assertTrue(text.contains(folder.resolve(name).toString()), text);
        assertEquals(1, text.lines().count(), text);
    }

    @Test
    void aCertificateWithoutItsKeyIsRefusedByName() {
        IllegalArgumentException e = assertThrows(IllegalArgumentException.class,
                () -> IdPhotoClient.builder("localhost:1").clientCertificateFiles(certificate, null));
        assertTrue(e.getMessage().contains(certificate.toString()), e.getMessage());
    }

    @ParameterizedTest
    @ValueSource(strings = {"\ufeff", "subject=CN = localhost\n"})
    void whatStandsBeforeThePemDoesNoHarm(String before) throws IOException {
        for (Path file : new Path[] {ca, certificate, key}) {
            Files.writeString(file, before + Files.readString(file), StandardCharsets.UTF_8);
        }
        assertReached(open());
    }

    @Test
    void badFilesDoNotTakeThePlaceOfTheLastGoodOnes() throws IOException {
        TlsFiles files = open();
        install(ca, "empty.pem");
        files.look();
        assertReached(files);
        install(ca, "ca.pem");
        install(key, "other-client.key");
        files.look();
        assertReached(files);
        install(certificate, "empty.pem");
        files.look();
        assertReached(files);
    }

    @Test
    void filesThatChangeAreReadAgain() throws IOException {
        TlsFiles files = open();
        install(ca, "other-ca.pem");
        files.look();
        assertEquals(Status.Code.UNAVAILABLE, reach(files));
        install(ca, "ca.pem");
        files.look();
        assertReached(files);
    }

    private TlsFiles open() {
        return TlsFiles.open(ca, certificate, key);
    }

    private static void assertReached(TlsFiles files) {
        assertEquals(Status.Code.UNIMPLEMENTED, reach(files));
    }

    private static Status.Code reach(TlsFiles files) {
        ChannelCredentials credentials = files.credentials();
        try (IdPhotoClient client = IdPhotoClient.builder(
                Grpc.newChannelBuilder("localhost:" + gateway.port(), credentials)).build()) {
            return failure(() -> client.verifyIdPhoto(Samples.request())).code();
        }
    }
}
