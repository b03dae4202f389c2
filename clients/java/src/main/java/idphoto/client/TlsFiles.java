package idphoto.client;

import io.grpc.ChannelCredentials;
import io.grpc.TlsChannelCredentials;
import io.grpc.util.AdvancedTlsX509KeyManager;
import io.grpc.util.AdvancedTlsX509TrustManager;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.security.GeneralSecurityException;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

/** The PEM files of TLS, read again when they change. */
final class TlsFiles {
    private static final long LOOK_EVERY_MILLIS = 1000;

    private final Path ca;
    private final Path certificate;
    private final Path key;
    private final AdvancedTlsX509TrustManager trust;
    private final AdvancedTlsX509KeyManager identity = new AdvancedTlsX509KeyManager();
    private final ScheduledExecutorService watch = Executors.newSingleThreadScheduledExecutor(
            work -> {
                Thread thread = new Thread(work, "idphoto-tls-files");
                thread.setDaemon(true);
                return thread;
            });
    private List<FileTime> read = List.of();

    private TlsFiles(Path ca, Path certificate, Path key) throws GeneralSecurityException {
        this.ca = ca;
        this.certificate = certificate;
        this.key = key;
        this.trust = AdvancedTlsX509TrustManager.newBuilder().build();
    }

    /** Reads the files; a null is none. */
    static TlsFiles open(Path ca, Path certificate, Path key) {
        try {
            TlsFiles files = new TlsFiles(ca, certificate, key);
            files.readIfChanged();
            files.watch.scheduleWithFixedDelay(files::look, LOOK_EVERY_MILLIS, LOOK_EVERY_MILLIS,
                    TimeUnit.MILLISECONDS);
            return files;
        } catch (IOException | GeneralSecurityException e) {
            throw new IllegalArgumentException("a file of a certificate or key cannot be used", e);
        }
    }

    ChannelCredentials credentials() {
        TlsChannelCredentials.Builder credentials = TlsChannelCredentials.newBuilder();
        if (ca != null) {
            credentials.trustManager(trust);
        }
        if (certificate != null) {
            credentials.keyManager(identity);
        }
        return credentials.build();
    }

    void close() {
        watch.shutdownNow();
    }

    void look() {
        try {
            readIfChanged();
        } catch (IOException | GeneralSecurityException | RuntimeException e) {
            // Files that are just being replaced do not replace the last good ones; the next
            // look reads them.
            return;
        }
    }

    private void readIfChanged() throws IOException, GeneralSecurityException {
        List<FileTime> now = times();
        if (now.equals(read)) {
            return;
        }
        if (ca != null) {
            trust.updateTrustCredentials(ca.toFile());
        }
        if (certificate != null) {
            identity.updateIdentityCredentials(certificate.toFile(), key.toFile());
        }
        read = now;
    }

    private List<FileTime> times() throws IOException {
        List<Path> files = Stream.of(ca, certificate, key).filter(Objects::nonNull).toList();
        List<FileTime> times = new ArrayList<>();
        for (Path file : files) {
            times.add(Files.getLastModifiedTime(file));
        }
        return times;
    }
}
