package idphoto.client;

import com.fasterxml.jackson.annotation.JsonValue;
import java.util.Objects;

/** The person to be verified. It shows nothing when it is printed, logged or encoded. */
public final class Customer {
    // Transient, so that encoders that look into fields leave them alone.
    private final transient String name;
    private final transient String idNumber;

    /**
     * A person.
     *
     * @param name the name in Han script, as on the ID card
     * @param idNumber the number of the ID card
     */
    public Customer(String name, String idNumber) {
        this.name = Objects.requireNonNull(name, "name");
        this.idNumber = Objects.requireNonNull(idNumber, "idNumber");
    }

    idphoto.v1.Customer toProto() {
        return idphoto.v1.Customer.newBuilder().setName(name).setIdNumber(idNumber).build();
    }

    /** Shows no personal data. */
    @Override
    @JsonValue
    public String toString() {
        return "[redacted]";
    }
}
