package idphoto.client;

import com.fasterxml.jackson.annotation.JsonValue;
import com.google.protobuf.ByteString;
import com.google.protobuf.UnsafeByteOperations;
import java.util.Objects;

/** The customer's picture. It shows nothing when it is printed, logged or encoded. */
public final class Photo {
    private final transient byte[] image;

    /**
     * A picture.
     *
     * @param image the bytes of a JPEG or PNG, 1 to 153,600 of them; they are not copied
     */
    public Photo(byte[] image) {
        this.image = Objects.requireNonNull(image, "image");
    }

    ByteString toProto() {
        return UnsafeByteOperations.unsafeWrap(image);
    }

    /** Shows no personal data. */
    @Override
    @JsonValue
    public String toString() {
        return "[redacted]";
    }
}
