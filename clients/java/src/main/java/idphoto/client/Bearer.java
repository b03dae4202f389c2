package idphoto.client;

import io.grpc.Attributes;
import io.grpc.CallCredentials;
import io.grpc.CallCredentials.MetadataApplier;
import io.grpc.Grpc;
import io.grpc.Metadata;
import io.grpc.SecurityLevel;
import io.grpc.Status;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.util.concurrent.Callable;
import java.util.concurrent.Executor;

/** Gives each attempt at a call the token of its time. */
final class Bearer {
    private static final Metadata.Key<String> AUTHORIZATION =
            Metadata.Key.of("authorization", Metadata.ASCII_STRING_MARSHALLER);

    /** A connection on which others could read along was about to be used. */
    static final class Plaintext extends Exception {
        private static final long serialVersionUID = 1L;

        private Plaintext(SocketAddress peer) {
            super("a bearer token is not sent over plaintext to " + text(peer) + ": use TLS, or"
                    + " tokenOverPlaintext where a proxy on the same host encrypts");
        }

        private static String text(SocketAddress peer) {
            return peer instanceof InetSocketAddress address && address.getAddress() != null
                    ? address.getAddress().getHostAddress() + ":" + address.getPort()
                    : String.valueOf(peer);
        }
    }

    private final Callable<String> supplier;
    private final boolean inPlaintext;

    /**
     * Asks a supplier.
     *
     * @param inPlaintext whether it matters nothing who could read along
     */
    Bearer(Callable<String> supplier, boolean inPlaintext) {
        this.supplier = supplier;
        this.inPlaintext = inPlaintext;
    }

    /** For one call, which learns that nothing was sent as long as its token is awaited. */
    CallCredentials of(Handover call) {
        return new CallCredentials() {
            @Override
            public void applyRequestMetadata(
                    RequestInfo info, Executor executor, MetadataApplier applier) {
                SocketAddress peer = peer(info.getTransportAttrs());
                if (inPlaintext || info.getSecurityLevel() == SecurityLevel.PRIVACY_AND_INTEGRITY
                        || isLoopback(peer)) {
                    call.prepare();
                    executor.execute(() -> supply(applier, call));
                } else {
                    refuse(applier, new Plaintext(peer));
                }
            }
        };
    }

    private static void refuse(MetadataApplier applier, Plaintext why) {
        applier.fail(Status.UNAUTHENTICATED.withDescription(why.getMessage()).withCause(why));
    }

    private void supply(MetadataApplier applier, Handover call) {
        Metadata headers = new Metadata();
        Status failed = null;
        try {
            headers.put(AUTHORIZATION, "Bearer " + token());
        } catch (Throwable e) {
            // Whatever it is, the call has to end. Whoever gives tokens may be back in a moment, as
            // a gateway may.
            failed = Status.UNAVAILABLE.withDescription("no bearer token").withCause(e);
        }
        call.prepared();
        if (failed == null) {
            applier.apply(headers);
        } else {
            applier.fail(failed);
        }
    }

    private String token() throws Exception {
        String given = supplier.call();
        // Files end in a line feed.
        String token = given == null ? "" : given.strip();
        if (token.isEmpty()) {
            throw new IllegalArgumentException("the supplier gave an empty one");
        }
        if (!token.chars().allMatch(character -> character > ' ' && character <= '~')) {
            throw new IllegalArgumentException(
                    "the supplier gave one with other characters than visible ASCII");
        }
        return token;
    }

    private static SocketAddress peer(Attributes connection) {
        return connection.get(Grpc.TRANSPORT_ATTR_REMOTE_ADDR);
    }

    private static boolean isLoopback(SocketAddress peer) {
        return peer instanceof InetSocketAddress address
                && address.getAddress() != null
                && address.getAddress().isLoopbackAddress();
    }
}
