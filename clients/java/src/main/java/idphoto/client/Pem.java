package idphoto.client;

import io.grpc.util.CertificateUtils;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.PrivateKey;
import java.security.Signature;
import java.security.cert.CertificateException;
import java.security.cert.X509Certificate;
import java.util.Locale;

/** Reads PEM files, and tells by the file's name what is wrong. */
final class Pem {
    private static final String BOUNDARY = "-----BEGIN ";

    private Pem() {}

    /** The certificates of a file, at least one. */
    static X509Certificate[] certificates(Path file) throws IOException, GeneralSecurityException {
        InputStream pem = open(file, "CERTIFICATE");
        X509Certificate[] certificates;
        try {
            certificates = CertificateUtils.getX509Certificates(pem);
        } catch (CertificateException e) {
            throw new CertificateException(file + ": no certificate that can be read");
        }
        if (certificates.length == 0) {
            throw new CertificateException(file + ": no certificate in it");
        }
        return certificates;
    }

    /** The key of a file, which must be the certificate's. */
    static PrivateKey key(Path file, X509Certificate certificate, Path certificateFile)
            throws IOException, GeneralSecurityException {
        PrivateKey key;
        try {
            key = CertificateUtils.getPrivateKey(open(file, "PRIVATE KEY"));
        } catch (GeneralSecurityException | RuntimeException e) {
            throw new GeneralSecurityException(file + ": no private key in PKCS 8");
        }
        if (!belong(key, certificate)) {
            throw new GeneralSecurityException(
                    file + ": not the key of the certificate in " + certificateFile);
        }
        return key;
    }

    private static boolean belong(PrivateKey key, X509Certificate certificate) {
        String algorithm = switch (key.getAlgorithm()) {
            case "RSA" -> "SHA256withRSA";
            case "EC" -> "SHA256withECDSA";
            default -> key.getAlgorithm();
        };
        try {
            Signature signature = Signature.getInstance(algorithm);
            signature.initSign(key);
            byte[] signed = signature.sign();
            signature.initVerify(certificate.getPublicKey());
            return signature.verify(signed);
        } catch (GeneralSecurityException e) {
            return false;
        }
    }

    // A byte order mark, and text before the first certificate, are common and mean nothing.
    private static InputStream open(Path file, String kind)
            throws IOException, GeneralSecurityException {
        String text;
        try {
            text = Files.readString(file, StandardCharsets.ISO_8859_1);
        } catch (NoSuchFileException e) {
            throw new IOException(file + ": no such file");
        } catch (IOException e) {
            throw new IOException(file + ": cannot be read");
        }
        int begin = text.indexOf(BOUNDARY);
        if (begin < 0 || !text.contains(kind + "-----")) {
            throw new CertificateException(
                    file + ": no " + kind.toLowerCase(Locale.ROOT) + " in it");
        }
        return new ByteArrayInputStream(
                text.substring(begin).getBytes(StandardCharsets.ISO_8859_1));
    }
}
