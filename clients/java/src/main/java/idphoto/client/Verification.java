package idphoto.client;

import com.fasterxml.jackson.annotation.JsonProperty;
import idphoto.v1.GetVerificationResponse;
import java.time.Instant;
import java.util.Objects;

/** What the gateway knows of an order. */
public final class Verification {
    // Encoders read these fields, and some cannot read an Instant.
    @JsonProperty private final String orderId;
    @JsonProperty private final State state;
    @JsonProperty private final String createdAt;
    @JsonProperty private final String updatedAt;
    @JsonProperty private final Consent consent;

    /**
     * What is known.
     *
     * @param orderId the one that was asked for
     * @param state how far it came
     * @param createdAt when the order id was first seen
     * @param updatedAt when the state last changed
     * @param consent the evidence that was, or was to be, sent
     */
    public Verification(
            String orderId, State state, Instant createdAt, Instant updatedAt, Consent consent) {
        this.orderId = Objects.requireNonNull(orderId, "orderId");
        this.state = Objects.requireNonNull(state, "state");
        this.createdAt = createdAt.toString();
        this.updatedAt = updatedAt.toString();
        this.consent = Objects.requireNonNull(consent, "consent");
    }

    /**
     * What the gateway knows the verification by.
     *
     * @return the one that was asked for
     */
    public String orderId() {
        return orderId;
    }

    /**
     * How far it came.
     *
     * @return UPI's answer is in {@link State.Answered}
     */
    public State state() {
        return state;
    }

    /**
     * When the order id was first seen.
     *
     * @return by the gateway's clock
     */
    public Instant createdAt() {
        return Instant.parse(createdAt);
    }

    /**
     * When the state last changed.
     *
     * @return by the gateway's clock
     */
    public Instant updatedAt() {
        return Instant.parse(updatedAt);
    }

    /**
     * The evidence that the customer agreed.
     *
     * @return what was, or was to be, sent
     */
    public Consent consent() {
        return consent;
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof Verification that
                && orderId.equals(that.orderId) && state.equals(that.state)
                && createdAt.equals(that.createdAt) && updatedAt.equals(that.updatedAt)
                && consent.equals(that.consent);
    }

    @Override
    public int hashCode() {
        return Objects.hash(orderId, state, createdAt, updatedAt, consent);
    }

    /** Shows no personal data. */
    @Override
    public String toString() {
        return "Verification[orderId=" + orderId + ", state=" + state + ", createdAt=" + createdAt
                + ", updatedAt=" + updatedAt + ", consent=" + consent + "]";
    }

    static Verification fromProto(GetVerificationResponse response) {
        return new Verification(response.getOrderId(), state(response),
                Answer.instant(response.getCreatedAt()), Answer.instant(response.getUpdatedAt()),
                Consent.fromProto(response.getConsent()));
    }

    private static State state(GetVerificationResponse response) {
        return switch (response.getState()) {
            case VERIFICATION_STATE_IN_FLIGHT -> new State.InFlight();
            case VERIFICATION_STATE_ANSWERED ->
                    new State.Answered(Answer.fromProto(response.getResult()));
            case VERIFICATION_STATE_NOT_SENT -> new State.NotSent();
            case VERIFICATION_STATE_OUTCOME_UNKNOWN -> new State.OutcomeUnknown();
            case VERIFICATION_STATE_UNSPECIFIED -> new State.Other("UNSPECIFIED");
            case UNRECOGNIZED -> new State.Other(Integer.toString(response.getStateValue()));
        };
    }
}
