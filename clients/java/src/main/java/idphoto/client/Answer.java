package idphoto.client;

import com.fasterxml.jackson.annotation.JsonProperty;
import com.google.protobuf.Timestamp;
import idphoto.v1.VerifyIdPhotoResponse;
import java.time.Instant;
import java.util.Objects;

/**
 * UPI's answer, its signature verified by the gateway. That there is an answer does not mean that
 * the person was confirmed: see the outcome.
 */
public final class Answer {
    // Encoders read these fields, and some cannot read an Instant.
    @JsonProperty private final String orderId;
    @JsonProperty private final Outcome outcome;
    @JsonProperty private final String upiUuid;
    @JsonProperty private final String answeredAt;
    @JsonProperty private final boolean replayed;

    /**
     * An answer.
     *
     * @param orderId the one of the request
     * @param outcome what UPI answered
     * @param upiUuid what UPI's support knows the request by
     * @param answeredAt when the gateway had verified the answer
     * @param replayed whether the gateway knew the answer already and sent nothing
     */
    public Answer(
            String orderId, Outcome outcome, String upiUuid, Instant answeredAt, boolean replayed) {
        this.orderId = Objects.requireNonNull(orderId, "orderId");
        this.outcome = Objects.requireNonNull(outcome, "outcome");
        this.upiUuid = Objects.requireNonNull(upiUuid, "upiUuid");
        this.answeredAt = answeredAt.toString();
        this.replayed = replayed;
    }

    /**
     * What the gateway knows the verification by.
     *
     * @return the one of the request
     */
    public String orderId() {
        return orderId;
    }

    /**
     * What UPI answered.
     *
     * @return a comparison or a rejection
     */
    public Outcome outcome() {
        return outcome;
    }

    /**
     * What UPI's support knows the request by.
     *
     * @return a UUID
     */
    public String upiUuid() {
        return upiUuid;
    }

    /**
     * When the gateway had verified the answer.
     *
     * @return by the gateway's clock
     */
    public Instant answeredAt() {
        return Instant.parse(answeredAt);
    }

    /**
     * Whether the gateway knew the answer already.
     *
     * @return true when it sent nothing
     */
    public boolean replayed() {
        return replayed;
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof Answer that
                && orderId.equals(that.orderId) && outcome.equals(that.outcome)
                && upiUuid.equals(that.upiUuid) && answeredAt.equals(that.answeredAt)
                && replayed == that.replayed;
    }

    @Override
    public int hashCode() {
        return Objects.hash(orderId, outcome, upiUuid, answeredAt, replayed);
    }

    /** Shows no text of UPI's. */
    @Override
    public String toString() {
        return "Answer[orderId=" + orderId + ", outcome=" + outcome + ", upiUuid=" + upiUuid
                + ", answeredAt=" + answeredAt + ", replayed=" + replayed + "]";
    }

    static Answer fromProto(VerifyIdPhotoResponse response) {
        return new Answer(response.getOrderId(), outcome(response), response.getUpiUuid(),
                instant(response.getAnsweredAt()), response.getReplayed());
    }

    static Instant instant(Timestamp time) {
        return Instant.ofEpochSecond(time.getSeconds(), time.getNanos());
    }

    private static Outcome outcome(VerifyIdPhotoResponse response) {
        return switch (response.getOutcomeCase()) {
            case COMPARISON -> new Comparison(response.getComparison().getConfidence());
            case REJECTION -> rejection(response.getRejection());
            case OUTCOME_NOT_SET ->
                    throw Failure.notUnderstood(response.getOrderId()).asException(null);
        };
    }

    private static Rejection rejection(idphoto.v1.Rejection rejection) {
        return new Rejection(Category.fromProto(rejection), rejection.getCode(),
                rejection.getMessage(), rejection.getDetail());
    }
}
