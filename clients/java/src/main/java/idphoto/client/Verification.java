package idphoto.client;

import idphoto.v1.GetVerificationResponse;
import java.time.Instant;

/**
 * What the gateway knows of an order.
 *
 * @param orderId the one that was asked for
 * @param state how far it came; UPI's answer is in {@link State.Answered}
 * @param createdAt when the order id was first seen
 * @param updatedAt when the state last changed
 * @param consent the evidence that was, or was to be, sent
 */
public record Verification(
        String orderId, State state, Instant createdAt, Instant updatedAt, Consent consent) {

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
