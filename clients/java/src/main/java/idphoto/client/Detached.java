package idphoto.client;

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
import java.util.concurrent.Executor;
import java.util.concurrent.TimeoutException;

/**
 * Keeps the channel out of its callers' contexts. A channel does its own work in whatever thread
 * comes by, and a health check begun in the context of a call would end with that call: the
 * address would count as not serving. Calls still end with the context of their caller.
 */
final class Detached implements ClientInterceptor {
    private static final Executor DETACHED = Context.ROOT.fixedContextExecutor(Runnable::run);

    @Override
    public <Q, R> ClientCall<Q, R> interceptCall(
            MethodDescriptor<Q, R> method, CallOptions options, Channel next) {
        Handover.reach(options);
        Context detached = Context.ROOT.attach();
        try {
            return new Call<>(next.newCall(method, options), detached);
        } finally {
            Context.ROOT.detach(detached);
        }
    }

    private static final class Call<Q, R> extends SimpleForwardingClientCall<Q, R> {
        private final Context callers;
        private final Context.CancellationListener cancellation = this::cancelWith;
        private boolean cancelled;

        Call(ClientCall<Q, R> call, Context callers) {
            super(call);
            this.callers = callers;
        }

        @Override
        public void start(Listener<R> listener, Metadata headers) {
            DETACHED.execute(() -> delegate().start(new Attached(listener), headers));
            callers.addListener(cancellation, Runnable::run);
        }

        @Override
        public void request(int messages) {
            DETACHED.execute(() -> delegate().request(messages));
        }

        @Override
        public void sendMessage(Q message) {
            send(() -> delegate().sendMessage(message));
        }

        @Override
        public void halfClose() {
            send(delegate()::halfClose);
        }

        @Override
        public void cancel(String message, Throwable cause) {
            DETACHED.execute(() -> delegate().cancel(message, cause));
        }

        // Whoever sends does not know that the context was cancelled, and a call that is cancelled
        // takes no more.
        private synchronized void send(Runnable work) {
            if (!cancelled) {
                DETACHED.execute(work);
            }
        }

        private synchronized void cancelWith(Context context) {
            // The call has the context's deadline itself, and tells it apart from a cancellation.
            if (!(context.cancellationCause() instanceof TimeoutException)) {
                cancelled = true;
                cancel("the caller's context was cancelled", context.cancellationCause());
            }
        }

        private final class Attached extends SimpleForwardingClientCallListener<R> {
            Attached(Listener<R> listener) {
                super(listener);
            }

            @Override
            public void onHeaders(Metadata headers) {
                callers.run(() -> delegate().onHeaders(headers));
            }

            @Override
            public void onMessage(R message) {
                callers.run(() -> delegate().onMessage(message));
            }

            @Override
            public void onClose(Status status, Metadata trailers) {
                callers.removeListener(cancellation);
                callers.run(() -> delegate().onClose(status, trailers));
            }
        }
    }
}
