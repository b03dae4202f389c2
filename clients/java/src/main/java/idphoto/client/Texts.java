package idphoto.client;

import io.grpc.Status;

/** Texts of other software, on one line. */
final class Texts {
    private static final int LONGEST = 300;

    private Texts() {}

    /** A status's description and the innermost cause, such as a refused connection. */
    static String of(Status status) {
        String description = line(status.getDescription());
        String cause = status.getCause() == null ? "" : of(status.getCause());
        if (cause.isEmpty() || description.contains(cause)) {
            return description;
        }
        return description.isEmpty() ? cause : description + ": " + cause;
    }

    /** What the innermost cause says. */
    static String of(Throwable error) {
        Throwable inner = error;
        while (inner.getCause() != null && inner.getCause() != inner) {
            inner = inner.getCause();
        }
        String message = line(inner.getMessage());
        return message.isEmpty() ? inner.getClass().getSimpleName() : message;
    }

    // gRPC appends lines about its own pipeline.
    private static String line(String text) {
        String first = text == null ? "" : text.lines().findFirst().orElse("").strip();
        return first.length() > LONGEST ? first.substring(0, LONGEST) : first;
    }
}
