package idphoto.client;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;

import com.google.rpc.ErrorInfo;
import idphoto.client.testing.IdPhotoFake;
import idphoto.client.testing.Reply;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.ObjectInputStream;
import java.io.ObjectOutputStream;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Optional;
import java.util.List;
import org.junit.jupiter.api.Test;

/** An exception that a session, a cache or a remote call stores. */
class SerialisationTest {
    private static final QuotaViolation RATE = new QuotaViolation("caller:loans", "rate");

    private static IdPhotoException thrownFor(Reply... replies) {
        try (IdPhotoFake gateway = IdPhotoFake.start(replies)) {
            return assertThrows(IdPhotoException.class,
                    () -> gateway.client().verifyIdPhoto(Samples.request()));
        }
    }

    private static byte[] written(Object value) throws IOException {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        try (ObjectOutputStream out = new ObjectOutputStream(bytes)) {
            out.writeObject(value);
        }
        return bytes.toByteArray();
    }

    private static IdPhotoException copy(IdPhotoException error) throws Exception {
        try (ObjectInputStream in =
                new ObjectInputStream(new ByteArrayInputStream(written(error)))) {
            return (IdPhotoException) in.readObject();
        }
    }

    @Test
    void keepsEverythingThatTheExceptionTells() throws Exception {
        IdPhotoException error = thrownFor(
                Reply.failQuota(Duration.ofSeconds(7), RATE));
        IdPhotoException read = copy(error);
        assertEquals(error.failure(), read.failure());
        assertEquals(error.getMessage(), read.getMessage());
        assertEquals(List.of(RATE), read.quotaViolations());
        assertEquals(Optional.of(Duration.ofSeconds(7)), read.retryAfter());
        assertEquals(Optional.of("QUOTA_EXCEEDED"),
                read.detail(ErrorInfo.class).map(ErrorInfo::getReason));
        assertArrayEquals(error.getStackTrace(), read.getStackTrace());
    }

    @Test
    void keepsTheFieldsToMend() throws Exception {
        Violation violation = new Violation("photo", "too small");
        assertEquals(List.of(violation),
                copy(thrownFor(Reply.fail(Reason.INVALID_FIELD, violation))).violations());
    }

    // gRPC's exceptions hold what cannot be written.
    @Test
    void leavesTheCauseBehind() throws Exception {
        IdPhotoException error = Failure.pending(Samples.ORDER)
                .asException(new IllegalStateException(Thread.currentThread().toString()) {
                    private static final long serialVersionUID = 1L;
                    @SuppressWarnings({"unused", "serial"})
                    private final Object thread = Thread.currentThread();
                });
        assertNull(copy(error).getCause());
    }

    @Test
    void holdsNoPersonalData() throws IOException {
        String bytes = new String(
                written(thrownFor(Reply.fail(Reason.OUTCOME_UNKNOWN))), StandardCharsets.UTF_8);
        Samples.canaries().forEach(canary -> assertFalse(bytes.contains(canary), canary));
    }
}
