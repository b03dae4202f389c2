package idphoto.client.testing;

import com.google.protobuf.Descriptors.EnumValueDescriptor;
import com.google.protobuf.Timestamp;
import idphoto.client.Comparison;
import idphoto.client.Outcome;
import idphoto.client.Reason;
import idphoto.client.Rejection;
import idphoto.v1.GetVerificationRequest;
import idphoto.v1.GetVerificationResponse;
import idphoto.v1.IdPhotoServiceGrpc;
import idphoto.v1.RejectionCategory;
import idphoto.v1.VerificationState;
import idphoto.v1.VerifyIdPhotoRequest;
import idphoto.v1.VerifyIdPhotoResponse;
import io.grpc.StatusRuntimeException;
import io.grpc.stub.StreamObserver;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.function.Supplier;

/** The service's side of the contract. */
final class FakeService extends IdPhotoServiceGrpc.IdPhotoServiceImplBase {
    private static final Reply USUAL = Reply.answer(new Comparison(97));

    private final Queue<Reply> script;
    private final List<Call> calls = new ArrayList<>();
    private final Map<String, Order> orders = new HashMap<>();

    /** What is known of an order id. */
    private static final class Order {
        final VerifyIdPhotoRequest request;
        final Timestamp answered = Timestamp.newBuilder()
                .setSeconds(Instant.now().getEpochSecond())
                .build();
        Reply reply;

        Order(VerifyIdPhotoRequest request, Reply reply) {
            this.request = request;
            this.reply = reply;
        }
    }

    FakeService(List<Reply> script) {
        this.script = new ArrayDeque<>(script);
    }

    synchronized void reply(List<Reply> replies) {
        script.addAll(replies);
    }

    synchronized List<Call> calls() {
        return List.copyOf(calls);
    }

    @Override
    public void verifyIdPhoto(
            VerifyIdPhotoRequest request, StreamObserver<VerifyIdPhotoResponse> observer) {
        answer(observer, () -> verify(request));
    }

    @Override
    public void getVerification(
            GetVerificationRequest request, StreamObserver<GetVerificationResponse> observer) {
        answer(observer, () -> get(request.getOrderId()));
    }

    private static <T> void answer(StreamObserver<T> observer, Supplier<T> work) {
        T response;
        try {
            response = work.get();
        } catch (StatusRuntimeException e) {
            observer.onError(e);
            return;
        }
        observer.onNext(response);
        observer.onCompleted();
    }

    private synchronized VerifyIdPhotoResponse verify(VerifyIdPhotoRequest request) {
        calls.add(Call.received(request, Headers.current()));
        Order known = orders.get(request.getOrderId());
        if (known != null && !request.getValidateOnly()) {
            if (!known.request.equals(request)) {
                throw contract(Reason.ORDER_ID_REUSED, request.getOrderId());
            }
            return answer(known, true);
        }
        Reply reply = script.isEmpty() ? USUAL : script.remove();
        if (request.getValidateOnly()) {
            return validated(request, reply);
        }
        Order order = new Order(request, reply);
        if (reply.fault == null || reply.fault.usesOrder()) {
            orders.put(request.getOrderId(), order);
        }
        return answer(order, false);
    }

    private synchronized GetVerificationResponse get(String orderId) {
        Order order = orders.get(orderId);
        if (order == null) {
            throw contract(Reason.VERIFICATION_NOT_FOUND, orderId);
        }
        GetVerificationResponse.Builder response = GetVerificationResponse.newBuilder()
                .setOrderId(orderId)
                .setConsent(order.request.getConsent())
                .setCreatedAt(order.answered)
                .setUpdatedAt(order.answered)
                .setState(state(order.reply));
        if (order.reply.fault == null) {
            response.setResult(answer(order, true));
        }
        if (order.reply.pending) {
            order.reply = Reply.answer(order.reply.outcome);
        }
        return response.build();
    }

    private static VerificationState state(Reply reply) {
        if (reply.fault == null) {
            return VerificationState.VERIFICATION_STATE_ANSWERED;
        }
        return reply.fault.reason().equals(Reason.ANSWER_PENDING)
                ? VerificationState.VERIFICATION_STATE_IN_FLIGHT
                : VerificationState.VERIFICATION_STATE_OUTCOME_UNKNOWN;
    }

    private static VerifyIdPhotoResponse validated(VerifyIdPhotoRequest request, Reply reply) {
        if (reply.fault != null) {
            throw reply.fault.of(request.getOrderId());
        }
        return VerifyIdPhotoResponse.newBuilder().setOrderId(request.getOrderId()).build();
    }

    private static VerifyIdPhotoResponse answer(Order order, boolean replayed) {
        String orderId = order.request.getOrderId();
        if (order.reply.fault != null) {
            throw order.reply.fault.of(orderId);
        }
        VerifyIdPhotoResponse.Builder response = VerifyIdPhotoResponse.newBuilder()
                .setOrderId(orderId)
                .setUpiUuid("0".repeat(32))
                .setAnsweredAt(order.answered)
                .setReplayed(replayed);
        Outcome outcome = order.reply.outcome;
        if (outcome instanceof Comparison comparison) {
            response.getComparisonBuilder().setConfidence(comparison.confidence());
        } else if (outcome instanceof Rejection rejection) {
            response.getRejectionBuilder()
                    .setCategory(category(rejection))
                    .setCode(rejection.code())
                    .setMessage(rejection.message())
                    .setDetail(rejection.detail());
        }
        return response.build();
    }

    // A category of a later gateway has no name in this version's contract.
    private static RejectionCategory category(Rejection rejection) {
        EnumValueDescriptor known = RejectionCategory.getDescriptor()
                .findValueByName("REJECTION_CATEGORY_" + rejection.category().name());
        return known == null
                ? RejectionCategory.REJECTION_CATEGORY_UNSPECIFIED
                : RejectionCategory.valueOf(known);
    }

    private static StatusRuntimeException contract(Reason reason, String orderId) {
        return Reply.fault(reason, List.of(), null).of(orderId);
    }
}
