package idphoto.client;

import static idphoto.client.IdPhotoClientTest.failure;
import static org.junit.jupiter.api.Assertions.assertEquals;
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
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;

@ExtendWith(IdPhotoFakeExtension.class)
@Timeout(60)
class CallsTest {
    private final Request request = Samples.request();

    @Test
    void aRequestThatIsNullIsAnErrorOfItsCaller(IdPhotoFake gateway, IdPhotoClient client) {
        assertThrows(NullPointerException.class, () -> client.verifyIdPhoto(null));
        assertThrows(NullPointerException.class, () -> client.validateAsync(null));
        assertThrows(NullPointerException.class, () -> client.await(null));
        assertEquals(List.of(), gateway.calls());
    }

    @Test
    void aQuestionThatIsNotUtf8IsNotAsked(IdPhotoClient client) {
        IdPhotoException e = failure(() -> client.getVerification("order \ud800"));
        assertEquals(Reason.INVALID_FIELD, e.reason());
        assertEquals(Dispatch.UNKNOWN_TO_CLIENT, e.dispatch());
        assertEquals(List.of(new Violation("order_id", "must be UTF-8")), e.violations());
    }

    @Test
    void aClosedClientSaysSoAndSendsNothing(IdPhotoFake gateway, IdPhotoClient client) {
        client.close();
        for (IdPhotoException e : List.of(failure(() -> client.verifyIdPhoto(request)),
                failure(() -> client.validate(request)))) {
            assertClosed(Dispatch.NOT_SENT, e);
        }
        for (IdPhotoException e : List.of(
                failure(() -> client.getVerification(request.orderId())),
                failure(() -> client.await(request.orderId())))) {
            assertClosed(Dispatch.UNKNOWN_TO_CLIENT, e);
        }
        assertEquals(List.of(), gateway.calls());
    }

    private static void assertClosed(Dispatch dispatch, IdPhotoException e) {
        assertEquals(Status.Code.FAILED_PRECONDITION, e.code());
        assertEquals(dispatch, e.dispatch());
        assertEquals(Retry.NEVER, e.retry());
        assertTrue(e.getMessage().contains("the client is closed"), e.getMessage());
    }

    @Test
    void closingEndsCallsInProgress(IdPhotoFake gateway, IdPhotoClient client) throws Exception {
        gateway.reply(Reply.hang());
        CompletableFuture<Answer> call = client.verifyIdPhotoAsync(request);
        until(() -> gateway.calls().size() == 1);
        client.close();
        IdPhotoException e = cause(call);
        assertEquals(Status.Code.CANCELLED, e.code());
        assertEquals(Dispatch.UNKNOWN_TO_CLIENT, e.dispatch());
        assertEquals(Retry.ASK_FIRST, e.retry());
    }

    @Test
    void closingEndsAWait(IdPhotoFake gateway) throws Exception {
        HastyClock clock = HastyClock.stopped();
        IdPhotoClient client = gateway.client(builder -> builder.clock(clock));
        gateway.reply(Reply.fail(Reason.ANSWER_PENDING));
        CompletableFuture<Answer> call = client.verifyIdPhotoAsync(request);
        until(() -> clock.pauses.size() == 1);
        client.close();
        IdPhotoException e = cause(call);
        assertEquals(Status.Code.CANCELLED, e.code());
        assertEquals(Reason.ANSWER_PENDING, e.reason());
    }

    @Test
    void anInterruptEndsACallInProgressAsCancelled(IdPhotoFake gateway, IdPhotoClient client)
            throws Exception {
        gateway.reply(Reply.hang());
        FutureTask<IdPhotoException> call = new FutureTask<>(() -> {
            IdPhotoException e = failure(() -> client.verifyIdPhoto(request));
            assertTrue(Thread.interrupted());
            return e;
        });
        Thread caller = new Thread(call);
        caller.start();
        until(() -> gateway.calls().size() == 1);
        caller.interrupt();
        assertEquals(Status.Code.CANCELLED, call.get().code());
        assertEquals(Dispatch.UNKNOWN_TO_CLIENT, call.get().dispatch());
        assertEquals(Retry.ASK_FIRST, call.get().retry());
    }

    @Test
    void anEndBeforeTheCallSendsNothing(IdPhotoFake gateway, IdPhotoClient client) {
        Context.CancellableContext over = Context.current().withCancellation();
        over.cancel(null);
        over.run(() -> {
            IdPhotoException e = failure(() -> client.verifyIdPhoto(request));
            assertEquals(Status.Code.CANCELLED, e.code());
            assertEquals(Dispatch.NOT_SENT, e.dispatch());
            assertEquals(Retry.SAME_ORDER, e.retry());
        });
        assertEquals(List.of(), gateway.calls());
    }

    /** Goes on with options of its own, as an interceptor of a user's may. */
    private static final class OwnOptions implements ClientInterceptor {
        @Override
        public <Q, R> ClientCall<Q, R> interceptCall(
                MethodDescriptor<Q, R> method, CallOptions options, Channel next) {
            return next.newCall(method, CallOptions.DEFAULT);
        }
    }

    @Test
    void withoutProofNothingIsSaidToBeUnsent(IdPhotoFake gateway) {
        gateway.reply(Reply.fail(Status.Code.UNAVAILABLE));
        IdPhotoClient client = gateway.client(builder ->
                builder.channel(channel -> channel.intercept(new OwnOptions())));
        IdPhotoException e = failure(() -> client.verifyIdPhoto(request));
        assertEquals(Dispatch.UNKNOWN_TO_CLIENT, e.dispatch());
        assertEquals(Retry.ASK_FIRST, e.retry());
        assertEquals(1, gateway.calls().size());
    }

    @Test
    void theLongestTimesAreNoTrouble(IdPhotoFake gateway) throws Exception {
        Duration forever = ChronoUnit.FOREVER.getDuration();
        IdPhotoClient client = gateway.client(builder -> builder.timeout(forever));
        gateway.reply(Reply.pending(new Comparison(42)));
        assertEquals(new Comparison(42),
                client.within(forever).verifyIdPhoto(request).outcome());
        assertEquals(new Comparison(42),
                client.within(forever).awaitAsync(request.orderId()).get().outcome());
    }

    @Test
    void closingAViewClosesNothing(IdPhotoFake gateway, IdPhotoClient client) {
        IdPhotoClient outer = client.within(Duration.ofSeconds(10));
        try (IdPhotoClient view = outer.within(Duration.ofSeconds(20))) {
            view.verifyIdPhoto(request);
        }
        outer.close();
        assertTrue(client.verifyIdPhoto(request).replayed());
        assertTrue(outer.verifyIdPhoto(request).replayed());
    }

    /** Notes which threads deal with answers. */
    private record Noting(Set<Thread> threads) implements ClientInterceptor {
        @Override
        public <Q, R> ClientCall<Q, R> interceptCall(
                MethodDescriptor<Q, R> method, CallOptions options, Channel next) {
            return new SimpleForwardingClientCall<>(next.newCall(method, options)) {
                @Override
                public void start(Listener<R> listener, Metadata headers) {
                    super.start(new SimpleForwardingClientCallListener<>(listener) {
                        @Override
                        public void onClose(Status status, Metadata trailers) {
                            threads.add(Thread.currentThread());
                            super.onClose(status, trailers);
                        }
                    }, headers);
                }
            };
        }
    }

    // So a pool whose every thread waits for a call still brings the answers.
    @Test
    void aBlockingCallNeedsNoOtherThreadForItsAnswers(IdPhotoFake gateway) {
        Set<Thread> threads = ConcurrentHashMap.newKeySet();
        IdPhotoClient client = gateway.client(builder ->
                builder.channel(channel -> channel.intercept(new Noting(threads))));
        gateway.reply(Reply.fail(Reason.DRAINING), Reply.pending(new Comparison(42)));
        assertEquals(new Comparison(42), client.verifyIdPhoto(request).outcome());
        assertEquals(Set.of(Thread.currentThread()), threads);
    }

    @Test
    void noThreadOutlivesTheClient(IdPhotoFake gateway, IdPhotoClient client) throws Exception {
        gateway.reply(Reply.pending(new Comparison(42)));
        client.verifyIdPhotoAsync(request).get();
        client.awaitAsync(request.orderId()).get();
        // The JDK's never ends, and keeps the class loader of a web application for ever.
        assertEquals(0, threads("CompletableFutureDelayScheduler"));
        assertTrue(threads("idphoto-client") > 0);
        client.close();
        until(() -> threads("idphoto-client") == 0);
    }

    private static long threads(String name) {
        return Thread.getAllStackTraces().keySet().stream()
                .filter(thread -> thread.getName().equals(name)).count();
    }

    private static IdPhotoException cause(CompletableFuture<?> call) {
        return assertInstanceOf(IdPhotoException.class,
                assertThrows(ExecutionException.class, call::get).getCause());
    }

    // The class's time limit ends what never comes.
    private static void until(BooleanSupplier condition) throws InterruptedException {
        while (!condition.getAsBoolean()) {
            // Sleeps: between two questions.
            TimeUnit.MILLISECONDS.sleep(5);
        }
    }
}
