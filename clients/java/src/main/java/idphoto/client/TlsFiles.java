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
import java.security.cert.X509Certificate;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.stream.Stream;

/** The PEM files of TLS, read again when they change. */
final class TlsFiles {
    private final Path ca;
    private final Path certificate;
    private final Path key;
    private final AdvancedTlsX509TrustManager trust;
    private final AdvancedTlsX509KeyManager identity = new AdvancedTlsX509KeyManager();
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
            return files;
        } catch (IOException | GeneralSecurityException e) {
            throw new IllegalArgumentException(
                    "a file of a certificate or key cannot be used: " + Texts.of(e), e);
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
        // All are read before any is used: a half of the new ones would fit nothing.
        X509Certificate[] roots = ca == null ? null : Pem.certificates(ca);
        if (certificate != null) {
            X509Certificate[] chain = Pem.certificates(certificate);
            identity.updateIdentityCredentials(chain, Pem.key(key, chain[0], certificate));
        }
        if (roots != null) {
            trust.updateTrustCredentials(roots);
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
