package idphoto.client;

import java.io.Serializable;

/**
 * What to do after an {@link IdPhotoException}. Later gateways may have more than the
 * constants.
 *
 * @param name the name in the contract, empty for {@link #NONE}
 * @serial exclude
 */
public record Retry(String name) implements Serializable {
    /** Nobody said. */
    public static final Retry NONE = new Retry("");
    /** Call again with the same request. */
    public static final Retry SAME_ORDER = new Retry("SAME_ORDER");
    /** Only a new order id can be sent, and it may be charged. */
    public static final Retry NEW_ORDER = new Retry("NEW_ORDER");
    /** Change the request first. */
    public static final Retry FIX_REQUEST = new Retry("FIX_REQUEST");
    /** It would fail again. */
    public static final Retry NEVER = new Retry("NEVER");
    /**
     * Nobody has said what became of the order: ask by {@link IdPhotoClient#await} or {@link
     * IdPhotoClient#getVerification}. Sending the same order again is safe only where the
     * gateways share a ledger that lasts.
     */
    public static final Retry ASK_FIRST = new Retry("ASK_FIRST");

    /** The name. */
    @Override
    public String toString() {
        return name;
    }
}
