package idphoto.client;

import java.io.Serializable;

/**
 * How far an order came. Later gateways may have more than the constants.
 *
 * @param name the name in the contract, empty for {@link #NONE}
 * @serial exclude
 */
public record Dispatch(String name) implements Serializable {
    /** Nobody said. */
    public static final Dispatch NONE = new Dispatch("");
    /** UPI got nothing. */
    public static final Dispatch NOT_SENT = new Dispatch("NOT_SENT");
    /** UPI refused the gateway's signature and processed nothing. */
    public static final Dispatch REFUSED = new Dispatch("REFUSED");
    /** Sent, the answer is awaited; see {@link IdPhotoClient#await}. */
    public static final Dispatch IN_FLIGHT = new Dispatch("IN_FLIGHT");
    /** Sent, and nobody knows what became of it. */
    public static final Dispatch UNKNOWN = new Dispatch("UNKNOWN");

    /** The name. */
    @Override
    public String toString() {
        return name;
    }
}
