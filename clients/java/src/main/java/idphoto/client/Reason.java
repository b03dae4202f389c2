package idphoto.client;

import java.io.Serializable;

/**
 * Why a call failed, as the contract's ErrorReason explains it. Later gateways may have more than
 * the constants: treat those by code, dispatch and retry.
 *
 * @param name the name in the contract, empty for {@link #NONE}
 * @serial exclude
 */
public record Reason(String name) implements Serializable {
    /** Something on the way failed, not the gateway. */
    public static final Reason NONE = new Reason("");
    /** A field breaks a rule. */
    public static final Reason INVALID_FIELD = new Reason("INVALID_FIELD");
    /** The message is larger than the gateway accepts. */
    public static final Reason REQUEST_TOO_LARGE = new Reason("REQUEST_TOO_LARGE");
    /** The order id was used for other content. */
    public static final Reason ORDER_ID_REUSED = new Reason("ORDER_ID_REUSED");
    /** The caller is not known. */
    public static final Reason UNAUTHENTICATED = new Reason("UNAUTHENTICATED");
    /** The caller is known and not allowed. */
    public static final Reason PERMISSION_DENIED = new Reason("PERMISSION_DENIED");
    /** The caller's rate or budget is used up. */
    public static final Reason QUOTA_EXCEEDED = new Reason("QUOTA_EXCEEDED");
    /** The gateway has no room for another call. */
    public static final Reason OVERLOADED = new Reason("OVERLOADED");
    /** The gateway is shutting down. */
    public static final Reason DRAINING = new Reason("DRAINING");
    /** The gateway could not record that it would send. */
    public static final Reason LEDGER_UNAVAILABLE = new Reason("LEDGER_UNAVAILABLE");
    /** The gateway cannot sign: its HSM does not. */
    public static final Reason SIGNING_UNAVAILABLE = new Reason("SIGNING_UNAVAILABLE");
    /** UPI could not be connected to. */
    public static final Reason UPI_UNREACHABLE = new Reason("UPI_UNREACHABLE");
    /** Less time was left than a call is worth. */
    public static final Reason DEADLINE_TOO_SHORT = new Reason("DEADLINE_TOO_SHORT");
    /** UPI refused the gateway's signature; its operator must mend that. */
    public static final Reason UPI_REFUSED = new Reason("UPI_REFUSED");
    /** The answer is still awaited: call again, or {@link IdPhotoClient#await}. */
    public static final Reason ANSWER_PENDING = new Reason("ANSWER_PENDING");
    /** Sent, and no valid answer came. */
    public static final Reason OUTCOME_UNKNOWN = new Reason("OUTCOME_UNKNOWN");
    /** No order with this id is known. */
    public static final Reason VERIFICATION_NOT_FOUND = new Reason("VERIFICATION_NOT_FOUND");
    /** A bug in the gateway. */
    public static final Reason GATEWAY_FAULT = new Reason("GATEWAY_FAULT");

    /** The name. */
    @Override
    public String toString() {
        return name;
    }
}
