package idphoto.client;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import idphoto.client.testing.IdPhotoFake;
import idphoto.client.testing.IdPhotoFakeExtension;
import idphoto.client.testing.Reply;
import io.grpc.CallOptions;
import io.grpc.Channel;
import io.grpc.ClientCall;
import io.grpc.ClientInterceptor;
import io.grpc.Context;
import io.grpc.ForwardingClientCall.SimpleForwardingClientCall;
import io.grpc.ForwardingClientCallListener.SimpleForwardingClientCallListener;
import io.grpc.Metadata;
import io.grpc.MethodDescriptor;
import io.grpc.Status;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.function.Executable;

@ExtendWith(IdPhotoFakeExtension.class)
@Timeout(30)
class IdPhotoClientTest {
    private static final Comparison ALIKE = new Comparison(88);

    @Test
    void anAnswerIsAComparisonOrARejection(IdPhotoFake gateway, IdPhotoClient client) {
        gateway.reply(Reply.answer(ALIKE), Reply.answer(Samples.rejection()));
        assertEquals(ALIKE, client.verifyIdPhoto(Samples.request()).outcome());
        Outcome outcome = client.verifyIdPhoto(Samples.request()).outcome();
        assertEquals(Category.NOT_CONFIRMED, ((Rejection) outcome).category());
    }

    @Test
    void aRequestHasItsOrderIdBeforeTheCallAndKeepsIt(IdPhotoFake gateway, IdPhotoClient client) {
        gateway.reply(Reply.fail(Reason.DRAINING), Reply.fail(Reason.DRAINING));
        Request request = Samples.request();
        assertTrue(request.orderId().matches("[0-9]{14}[0-9A-Z]{21}"));
        assertEquals(request.orderId(), client.verifyIdPhoto(request).orderId());
        assertEquals(Collections.nCopies(3, request.orderId()),
                gateway.calls().stream().map(call -> call.orderId()).toList());
    }

    @Test
    void theSameRequestAgainIsReplayed(IdPhotoClient client) {
        Request request = Samples.request();
        assertFalse(client.verifyIdPhoto(request).replayed());
        assertTrue(client.verifyIdPhoto(request).replayed());
    }

    @Test
    void anErrorTellsAllThatTheGatewayTold(IdPhotoFake gateway, IdPhotoClient client) {
        gateway.reply(
                Reply.fail(Reason.INVALID_FIELD, new Violation("photo", "required")),
                Reply.fail(Reason.QUOTA_EXCEEDED, Duration.ofMillis(1500)));
        Request request = Samples.request();
        IdPhotoException invalid = failure(() -> client.verifyIdPhoto(request));
        assertEquals(Status.Code.INVALID_ARGUMENT, invalid.code());
        assertEquals(Reason.INVALID_FIELD, invalid.reason());
        assertEquals(Dispatch.NOT_SENT, invalid.dispatch());
        assertEquals(Retry.FIX_REQUEST, invalid.retry());
        assertEquals(request.orderId(), invalid.orderId());
        assertEquals(List.of(new Violation("photo", "required")), invalid.violations());
        assertEquals(Optional.empty(), invalid.retryAfter());
        IdPhotoException quota = failure(() -> client.verifyIdPhoto(request));
        assertEquals(Optional.of(Duration.ofMillis(1500)), quota.retryAfter());
    }

    @Test
    void aReasonOfALaterGatewayIsPassedOn(IdPhotoFake gateway, IdPhotoClient client) {
        gateway.reply(Reply.fail(new Reason("A_LATER_REASON")));
        IdPhotoException later = failure(() -> client.verifyIdPhoto(Samples.request()));
        assertEquals(new Reason("A_LATER_REASON"), later.reason());
        assertEquals(Status.Code.UNKNOWN, later.code());
    }

    @Test
    void troubleOnTheWayHasNoReasonAndAdviceByItsCode(IdPhotoFake gateway, IdPhotoClient client) {
        gateway.reply(Reply.fail(Status.Code.ABORTED), Reply.fail(Status.Code.UNIMPLEMENTED));
        IdPhotoException passing = failure(() -> client.verifyIdPhoto(Samples.request()));
        assertEquals(Reason.NONE, passing.reason());
        assertEquals(Dispatch.UNKNOWN_TO_CLIENT, passing.dispatch());
        assertEquals(Retry.ASK_FIRST, passing.retry());
        IdPhotoException lasting = failure(() -> client.verifyIdPhoto(Samples.request()));
        assertEquals(Dispatch.UNKNOWN_TO_CLIENT, lasting.dispatch());
        assertEquals(Retry.NONE, lasting.retry());
    }

    @Test
    void validationSendsNothing(IdPhotoFake gateway, IdPhotoClient client) throws Exception {
        gateway.reply(Reply.answer(ALIKE), Reply.answer(ALIKE), Reply.fail(Reason.INVALID_FIELD));
        Request request = Samples.request();
        client.validate(request);
        client.validateAsync(request).get();
        assertEquals(Reason.INVALID_FIELD, failure(() -> client.validate(request)).reason());
        assertTrue(gateway.calls().stream().allMatch(call -> call.validateOnly()));
        assertEquals(Reason.VERIFICATION_NOT_FOUND,
                failure(() -> client.getVerification(request.orderId())).reason());
    }

    @Test
    void aPendingAnswerIsWaitedFor(IdPhotoFake gateway, IdPhotoClient client) throws Exception {
        gateway.reply(Reply.pending(ALIKE), Reply.pending(ALIKE));
        Answer answer = client.verifyIdPhoto(Samples.request());
        assertEquals(ALIKE, answer.outcome());
        assertTrue(answer.replayed());
        assertEquals(ALIKE, client.verifyIdPhotoAsync(Samples.request()).get().outcome());
    }

    @Test
    void waitingEndsWithItsBudget(IdPhotoFake gateway, IdPhotoClient client) {
        gateway.reply(Reply.fail(Reason.ANSWER_PENDING));
        Request request = Samples.request();
        IdPhotoClient hasty = client.within(Duration.ofMillis(300));
        IdPhotoException pending = failure(() -> hasty.verifyIdPhoto(request));
        assertEquals(Reason.ANSWER_PENDING, pending.reason());
        assertEquals(Status.Code.DEADLINE_EXCEEDED, pending.code());
        ExecutionException future = assertThrows(ExecutionException.class,
                () -> hasty.awaitAsync(request.orderId()).get());
        assertEquals(Reason.ANSWER_PENDING, ((IdPhotoException) future.getCause()).reason());
    }

    @Test
    void theCallersContextEndsTheWaiting(IdPhotoFake gateway, IdPhotoClient client)
            throws Exception {
        gateway.reply(Reply.fail(Reason.ANSWER_PENDING));
        Request request = Samples.request();
        ScheduledExecutorService clock = Executors.newSingleThreadScheduledExecutor();
        try (Context.CancellableContext context = Context.current()
                .withDeadlineAfter(200, TimeUnit.MILLISECONDS, clock)) {
            context.run(() -> assertEquals(Status.Code.DEADLINE_EXCEEDED,
                    failure(() -> client.verifyIdPhoto(request)).code()));
        }
        Context.CancellableContext context = Context.current().withCancellation();
        clock.schedule(() -> context.cancel(null), 200, TimeUnit.MILLISECONDS);
        context.run(() -> {
            IdPhotoException ended = failure(() -> client.await(request.orderId()));
            assertEquals(Status.Code.CANCELLED, ended.code());
            assertEquals(Reason.ANSWER_PENDING, ended.reason());
        });
        clock.shutdownNow();
    }

    @Test
    void anInterruptEndsTheWaitingAndStays(IdPhotoFake gateway, IdPhotoClient client) {
        gateway.reply(Reply.fail(Reason.ANSWER_PENDING));
        Thread.currentThread().interrupt();
        IdPhotoException ended = failure(() -> client.verifyIdPhoto(Samples.request()));
        assertEquals(Status.Code.CANCELLED, ended.code());
        assertTrue(Thread.interrupted());
    }

    @Test
    void aCancelledFutureCancelsItsCall(IdPhotoFake gateway) throws Exception {
        CountDownLatch cancelled = new CountDownLatch(1);
        try (IdPhotoClient client = gateway.client(builder -> builder.channel(
                channel -> channel.intercept(new Hanging(cancelled))))) {
            CompletableFuture<Answer> future = client.verifyIdPhotoAsync(Samples.request());
            future.cancel(true);
            assertTrue(cancelled.await(10, TimeUnit.SECONDS));
            assertThrows(CancellationException.class, future::get);
        }
    }

    @Test
    void aFutureFailsWithTheSameException(IdPhotoFake gateway, IdPhotoClient client) {
        gateway.reply(Reply.fail(Reason.OUTCOME_UNKNOWN));
        CompletableFuture<Answer> future = client.verifyIdPhotoAsync(Samples.request());
        ExecutionException e = assertThrows(ExecutionException.class, future::get);
        IdPhotoException failure = assertInstanceOf(IdPhotoException.class, e.getCause());
        assertEquals(Retry.NEW_ORDER, failure.retry());
    }

    @Test
    void interceptorsOfTheCallerSeeEachCall(IdPhotoFake gateway) {
        List<String> seen = Collections.synchronizedList(new ArrayList<>());
        Context.Key<String> key = Context.key("caller");
        ClientInterceptor interceptor = new ClientInterceptor() {
            @Override
            public <Q, R> ClientCall<Q, R> interceptCall(
                    MethodDescriptor<Q, R> method, CallOptions options, Channel next) {
                seen.add(method.getBareMethodName() + " " + key.get());
                return next.newCall(method, options);
            }
        };
        IdPhotoClient client = gateway.client(builder ->
                builder.channel(channel -> channel.intercept(interceptor)));
        Request request = Samples.request();
        Context.current().withValue(key, "here").run(() -> {
            client.verifyIdPhoto(request);
            client.awaitAsync(request.orderId()).join();
        });
        assertEquals(List.of("VerifyIdPhoto here", "GetVerification here"), seen);
    }

    @Test
    void anAnswerOfAnUnknownKindIsNotTakenForOne() {
        IdPhotoException failure = failure(() -> Answer.fromProto(
                idphoto.v1.VerifyIdPhotoResponse.newBuilder().setOrderId(Samples.ORDER).build()));
        assertEquals(Status.Code.INTERNAL, failure.code());
        assertEquals(Retry.NONE, failure.retry());
    }

    @Test
    void statesAndCategoriesOfALaterGatewayArePassedOn() {
        Verification later = Verification.fromProto(idphoto.v1.GetVerificationResponse.newBuilder()
                .setOrderId(Samples.ORDER).setStateValue(77).build());
        assertEquals(new State.Other("77"), later.state());
        assertEquals(new Category("78"), Category.fromProto(
                idphoto.v1.Rejection.newBuilder().setCategoryValue(78).build()));
    }

    static IdPhotoException failure(Executable call) {
        return assertThrows(IdPhotoException.class, call);
    }

    /** Never answers, and tells when it is cancelled. */
    private record Hanging(CountDownLatch cancelled) implements ClientInterceptor {
        @Override
        public <Q, R> ClientCall<Q, R> interceptCall(
                MethodDescriptor<Q, R> method, CallOptions options, Channel next) {
            return new SimpleForwardingClientCall<>(next.newCall(method, options)) {
                @Override
                public void sendMessage(Q message) {}

                @Override
                public void halfClose() {}

                @Override
                public void start(Listener<R> listener, Metadata headers) {
                    super.start(new SimpleForwardingClientCallListener<>(listener) {
                        @Override
                        public void onClose(Status status, Metadata trailers) {
                            if (status.getCode() == Status.Code.CANCELLED) {
                                cancelled.countDown();
                            }
                            super.onClose(status, trailers);
                        }
                    }, headers);
                }
            };
        }
    }
}
