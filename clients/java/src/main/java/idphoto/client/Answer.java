package idphoto.client;

import com.google.protobuf.Timestamp;
import idphoto.v1.VerifyIdPhotoResponse;
import java.time.Instant;

/**
 * UPI's answer, its signature verified by the gateway. That there is an answer does not mean that
 * the person was confirmed: see the outcome.
 *
 * @param orderId the one of the request
 * @param outcome what UPI answered, never null
 * @param upiUuid what UPI's support knows the request by
 * @param answeredAt when the gateway had verified the answer
 * @param replayed whether the gateway knew the answer already and sent nothing
 */
public record Answer(
        String orderId, Outcome outcome, String upiUuid, Instant answeredAt, boolean replayed) {

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
