package idphoto.client.testing;

import idphoto.client.Comparison;
import idphoto.client.Reason;
import idphoto.v1.GetVerificationRequest;
import idphoto.v1.GetVerificationResponse;
import idphoto.v1.IdPhotoServiceGrpc;
import idphoto.v1.VerifyIdPhotoRequest;
import idphoto.v1.VerifyIdPhotoResponse;
import io.grpc.StatusRuntimeException;
import io.grpc.stub.ServerCallStreamObserver;
import io.grpc.stub.StreamObserver;
import java.time.Duration;
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

    /** Does something later. */
    interface Timer {
        void after(Duration delay, Runnable work);
    }

    /** The order of a call, and whether it came before. */
    private record Received(Order order, boolean again) {}

    private final Timer timer;
    private final Queue<Reply> script;
    private final List<Call> calls = new ArrayList<>();
    private final Map<String, Order> orders = new HashMap<>();

    FakeService(Timer timer, List<Reply> script) {
        this.timer = timer;
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
        // gRPC throws at who answers a call that has ended, unless there is somebody to tell.
        ((ServerCallStreamObserver<?>) observer).setOnCancelHandler(() -> {});
        Received received = receive(request);
        Order order = received.order;
        if (!order.request.equals(request)) {
            observer.onError(contract(Reason.ORDER_ID_REUSED, request.getOrderId()));
            return;
        }
        order.settled.thenRun(() -> answer(observer, () -> order.answer(received.again)));
    }

    @Override
    public void getVerification(
            GetVerificationRequest request, StreamObserver<GetVerificationResponse> observer) {
        answer(observer, () -> get(request.getOrderId()));
    }

    private synchronized <T> void answer(StreamObserver<T> observer, Supplier<T> work) {
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

    private synchronized Received receive(VerifyIdPhotoRequest request) {
        calls.add(Call.received(request, Headers.current()));
        Order known = request.getValidateOnly() ? null : orders.get(request.getOrderId());
        if (known != null) {
            return new Received(known, true);
        }
        Order order = new Order(request, script.isEmpty() ? USUAL : script.remove(), timer);
        if (order.isKept()) {
            orders.put(request.getOrderId(), order);
        }
        return new Received(order, false);
    }

    private GetVerificationResponse get(String orderId) {
        Order order = orders.get(orderId);
        if (order == null) {
            throw contract(Reason.VERIFICATION_NOT_FOUND, orderId);
        }
        return order.found();
    }

    private static StatusRuntimeException contract(Reason reason, String orderId) {
        return Reply.fault(reason, List.of(), null).of(orderId);
    }
}
