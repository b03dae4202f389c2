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
    /** UPI got nothing, by the gateway's word or because no connection got the call. */
    public static final Dispatch NOT_SENT = new Dispatch("NOT_SENT");
    /** UPI refused the gateway's signature and processed nothing. */
    public static final Dispatch REFUSED = new Dispatch("REFUSED");
    /** Sent, the answer is awaited; see {@link IdPhotoClient#await}. */
    public static final Dispatch IN_FLIGHT = new Dispatch("IN_FLIGHT");
    /** The gateway's own word: sent, and nobody knows what became of it. */
    public static final Dispatch UNKNOWN = new Dispatch("UNKNOWN");
    /**
     * The gateway has not said, and the client cannot prove that it got nothing: a connection
     * broke, a proxy answered, time was over. The order may have been sent.
     */
    public static final Dispatch UNKNOWN_TO_CLIENT = new Dispatch("UNKNOWN_TO_CLIENT");

    /** The name. */
    @Override
    public String toString() {
        return name;
    }
}
