package idphoto.client;

import io.grpc.CallOptions;
import io.grpc.ClientStreamTracer;
import io.grpc.Metadata;
import io.grpc.Status;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * Knows whether gRPC handed a call to a connection. That it did not is proven only when gRPC got
 * the call with this in its options, which an interceptor of the user's may leave out, and when
 * each stream that it made has ended without its headers: a stream that a deadline has just
 * cancelled may still be written by another thread. One whose token is still awaited when the call
 * has ended is not written any more, and gRPC does not tell of its end.
 */
final class Handover extends ClientStreamTracer.Factory {
    private final AtomicInteger open = new AtomicInteger();
    private final AtomicInteger preparing = new AtomicInteger();
    private final AtomicBoolean handed = new AtomicBoolean();
    private final AtomicBoolean reached = new AtomicBoolean();

    /** Notes that a call gets to gRPC; nearest to the channel. */
    static void reach(CallOptions options) {
        for (ClientStreamTracer.Factory factory : options.getStreamTracerFactories()) {
            if (factory instanceof Handover handover) {
                handover.reached.set(true);
            }
        }
    }

    /** Notes that a stream waits for its token. */
    void prepare() {
        preparing.incrementAndGet();
    }

    /** Notes that it is about to go on. */
    void prepared() {
        preparing.decrementAndGet();
    }

    /** Whether no connection got anything of the call, once it has ended. */
    boolean isProvenNone() {
        // A stream that goes on meanwhile counts as open alone.
        int waiting = preparing.get();
        return reached.get() && open.get() == waiting && !handed.get();
    }

    @Override
    public ClientStreamTracer newClientStreamTracer(
            ClientStreamTracer.StreamInfo info, Metadata headers) {
        open.incrementAndGet();
        return new ClientStreamTracer() {
            private final AtomicBoolean closed = new AtomicBoolean();

            @Override
            public void outboundHeaders() {
                handed.set(true);
            }

            @Override
            public void streamClosed(Status status) {
                if (closed.compareAndSet(false, true)) {
                    open.decrementAndGet();
                }
            }
        };
    }
}
