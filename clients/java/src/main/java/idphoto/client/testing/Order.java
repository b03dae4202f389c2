package idphoto.client.testing;

import com.google.protobuf.Descriptors.EnumValueDescriptor;
import com.google.protobuf.Timestamp;
import idphoto.client.Comparison;
import idphoto.client.Outcome;
import idphoto.client.Reason;
import idphoto.client.Rejection;
import idphoto.v1.GetVerificationResponse;
import idphoto.v1.RejectionCategory;
import idphoto.v1.VerificationState;
import idphoto.v1.VerifyIdPhotoRequest;
import idphoto.v1.VerifyIdPhotoResponse;
import java.time.Duration;
import java.time.Instant;
import java.util.concurrent.CompletableFuture;

/** What is known of an order. */
final class Order {
    final VerifyIdPhotoRequest request;
    /** Done when the reply can be given. */
    final CompletableFuture<Void> settled = new CompletableFuture<>();
    private final Instant created = Instant.now();
    private final Instant answered;
    private Reply reply;

    Order(VerifyIdPhotoRequest request, Reply reply, FakeService.Timer timer) {
        this.request = request;
        this.reply = reply;
        this.answered = reply.delay == null ? created : created.plus(reply.delay);
        if (Duration.ZERO.equals(reply.delay)) {
            settled.complete(null);
        } else if (reply.delay != null) {
            timer.after(reply.delay, () -> settled.complete(null));
        }
    }

    /** Whether the order id is used from now on. */
    boolean isKept() {
        return !request.getValidateOnly() && (reply.fault == null || reply.fault.usesOrder());
    }

    VerifyIdPhotoResponse answer(boolean replayed) {
        String orderId = request.getOrderId();
        if (reply.fault != null) {
            throw reply.fault.of(orderId);
        }
        VerifyIdPhotoResponse.Builder response =
                VerifyIdPhotoResponse.newBuilder().setOrderId(orderId);
        if (request.getValidateOnly()) {
            return response.build();
        }
        addOutcome(response.setUpiUuid("0".repeat(32))
                .setAnsweredAt(timestamp(answered))
                .setReplayed(replayed));
        return response.build();
    }

    GetVerificationResponse found() {
        GetVerificationResponse.Builder response = GetVerificationResponse.newBuilder()
                .setOrderId(request.getOrderId())
                .setConsent(request.getConsent())
                .setCreatedAt(timestamp(created))
                .setUpdatedAt(timestamp(settled.isDone() ? answered : created))
                .setState(state());
        if (response.getState() == VerificationState.VERIFICATION_STATE_ANSWERED) {
            response.setResult(answer(true));
        }
        if (reply.pending) {
            reply = Reply.answer(reply.outcome);
        }
        return response.build();
    }

    private VerificationState state() {
        if (!settled.isDone()
                || reply.fault != null && reply.fault.reason().equals(Reason.ANSWER_PENDING)) {
            return VerificationState.VERIFICATION_STATE_IN_FLIGHT;
        }
        return reply.fault == null
                ? VerificationState.VERIFICATION_STATE_ANSWERED
                : VerificationState.VERIFICATION_STATE_OUTCOME_UNKNOWN;
    }

    private void addOutcome(VerifyIdPhotoResponse.Builder response) {
        Outcome outcome = reply.outcome;
        if (outcome instanceof Comparison comparison) {
            response.getComparisonBuilder().setConfidence(comparison.confidence());
        } else if (outcome instanceof Rejection rejection) {
            response.getRejectionBuilder()
                    .setCategory(category(rejection))
                    .setCode(rejection.code())
                    .setMessage(rejection.message())
                    .setDetail(rejection.detail());
        }
    }

    // A category of a later gateway has no name in this version's contract.
    private static RejectionCategory category(Rejection rejection) {
        EnumValueDescriptor known = RejectionCategory.getDescriptor()
                .findValueByName("REJECTION_CATEGORY_" + rejection.category().name());
        return known == null
                ? RejectionCategory.REJECTION_CATEGORY_UNSPECIFIED
                : RejectionCategory.valueOf(known);
    }

    private static Timestamp timestamp(Instant time) {
        return Timestamp.newBuilder().setSeconds(time.getEpochSecond()).build();
    }
}
