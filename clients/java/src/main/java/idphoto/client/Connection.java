package idphoto.client;

import io.grpc.CallOptions;
import io.grpc.ConnectivityState;
import io.grpc.Context;
import io.grpc.Deadline;
import io.grpc.ManagedChannel;
import io.grpc.MethodDescriptor;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.grpc.stub.ClientCalls;
import io.grpc.stub.StreamObserver;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Function;

/** A channel, the files that it depends on, and the clock of what waits. */
final class Connection {
    private static final long LOOK_EVERY_MILLIS = 1000;

    private final ManagedChannel channel;
    private final Optional<Bearer> bearer;
    private final ScheduledExecutorService clock;
    private final Set<CompletableFuture<Void>> pauses = ConcurrentHashMap.newKeySet();
    private final Throttle throttle = new Throttle();
    private volatile boolean closed;

    Connection(ManagedChannel channel, Optional<TlsFiles> files, Optional<Bearer> bearer,
            ScheduledExecutorService clock) {
        this.channel = channel;
        this.bearer = bearer;
        this.clock = clock;
        files.ifPresent(all -> clock.scheduleWithFixedDelay(
                all::look, LOOK_EVERY_MILLIS, LOOK_EVERY_MILLIS, TimeUnit.MILLISECONDS));
        long again = Defaults.RECONNECT_LONGEST.toMillis();
        clock.scheduleWithFixedDelay(this::reconnect, again, again, TimeUnit.MILLISECONDS);
    }

    Throttle throttle() {
        return throttle;
    }

    boolean isClosed() {
        return closed;
    }

    /**
     * Calls once; the current context cancels the call.
     *
     * @param executor where the answer is dealt with; null is the channel's
     */
    <Q, R> CompletableFuture<R> start(MethodDescriptor<Q, R> method, Q request, Deadline deadline,
            String orderId, Executor executor) {
        boolean sends = method == Waiting.SENDING;
        if (closed) {
            return CompletableFuture.failedFuture(closed(orderId, sends));
        }
        Context callers = Context.current();
        if (callers.isCancelled()) {
            boolean cancelled = !(callers.cancellationCause() instanceof TimeoutException);
            return CompletableFuture.failedFuture(
                    Failure.early(orderId, sends, cancelled).asException(null));
        }
        Handover handover = new Handover();
        CallOptions options = CallOptions.DEFAULT
                .withDeadline(deadline)
                .withCallCredentials(bearer.map(one -> one.of(handover)).orElse(null))
                .withStreamTracerFactory(handover);
        Ending<R> ending =
                new Ending<>(error -> failure(error, orderId, handover.isProvenNone(), sends));
        ClientCalls.asyncUnaryCall(
                channel.newCall(method, executor == null ? options : options.withExecutor(executor)),
                request, ending);
        return ending.future;
    }

    IdPhotoException closed(String orderId, boolean aboutSending) {
        return Failure.closed(orderId, aboutSending).asException(null);
    }

    /** Done when a time has gone by, when the context ends, or when the client is closed. */
    CompletableFuture<Void> pause(long nanos, Context context) {
        CompletableFuture<Void> pause = new CompletableFuture<>();
        pauses.add(pause);
        Context.CancellationListener end = ended -> pause.complete(null);
        context.addListener(end, Runnable::run);
        Optional<ScheduledFuture<?>> timer = timer(pause, nanos);
        pause.whenComplete((nothing, e) -> {
            context.removeListener(end);
            timer.ifPresent(one -> one.cancel(false));
            pauses.remove(pause);
        });
        return pause;
    }

    private Optional<ScheduledFuture<?>> timer(CompletableFuture<Void> pause, long nanos) {
        try {
            return Optional.of(
                    clock.schedule(() -> pause.complete(null), nanos, TimeUnit.NANOSECONDS));
        } catch (RejectedExecutionException e) {
            // The client has just been closed.
            pause.complete(null);
            return Optional.empty();
        }
    }

    void close() {
        closed = true;
        channel.shutdownNow();
        clock.shutdownNow();
        pauses.forEach(pause -> pause.complete(null));
    }

    // gRPC waits up to two minutes before it connects again, and has no setting for that.
    private void reconnect() {
        ConnectivityState state = channel.getState(false);
        if (state != ConnectivityState.IDLE && state != ConnectivityState.SHUTDOWN) {
            channel.resetConnectBackoff();
        }
    }

    private IdPhotoException failure(
            Throwable error, String orderId, boolean unsent, boolean aboutSending) {
        StatusRuntimeException e = error instanceof StatusRuntimeException status
                ? status
                : Status.fromThrowable(error).asRuntimeException();
        Failure failure = Failure.of(e, orderId, unsent, aboutSending);
        boolean byClose = closed && !failure.isToldByGateway() && failure.isPassing();
        return (byClose ? failure.byClose() : failure).asException(e);
    }

    /** The one answer of a call, or why there is none. */
    private static final class Ending<R> implements StreamObserver<R> {
        private final CompletableFuture<R> future = new CompletableFuture<>();
        private final Function<Throwable, IdPhotoException> failure;
        private R answer;

        Ending(Function<Throwable, IdPhotoException> failure) {
            this.failure = failure;
        }

        @Override
        public void onNext(R response) {
            answer = response;
        }

        @Override
        public void onError(Throwable error) {
            future.completeExceptionally(failure.apply(error));
        }

        @Override
        public void onCompleted() {
            if (answer == null) {
                onError(Status.INTERNAL.withDescription("no answer in OK").asRuntimeException());
            } else {
                future.complete(answer);
            }
        }
    }
}
