package idphoto.client;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertTrue;

import idphoto.v1.GetVerificationRequest;
import idphoto.v1.GetVerificationResponse;
import idphoto.v1.IdPhotoServiceGrpc;
import io.grpc.CallOptions;
import io.grpc.Channel;
import io.grpc.ClientCall;
import io.grpc.Context;
import io.grpc.Metadata;
import io.grpc.MethodDescriptor;
import io.grpc.Status;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import org.junit.jupiter.api.Test;

class DetachedTest {
    private final List<Context> channelSaw = new ArrayList<>();
    private final List<Context> callerSaw = new ArrayList<>();
    private final List<String> cancelled = new ArrayList<>();
    private ClientCall.Listener<GetVerificationResponse> listener;

    /** Notes the context of everything that reaches the channel. */
    private final class Below extends Channel {
        @Override
        @SuppressWarnings("unchecked")
        public <Q, R> ClientCall<Q, R> newCall(MethodDescriptor<Q, R> method, CallOptions options) {
            channelSaw.add(Context.current());
            return (ClientCall<Q, R>) new BelowCall();
        }

        @Override
        public String authority() {
            return "below";
        }
    }

    private final class BelowCall
            extends ClientCall<GetVerificationRequest, GetVerificationResponse> {
        @Override
        public void start(Listener<GetVerificationResponse> responses, Metadata headers) {
            channelSaw.add(Context.current());
            listener = responses;
        }

        @Override
        public void request(int messages) {
            channelSaw.add(Context.current());
        }

        @Override
        public void cancel(String message, Throwable cause) {
            channelSaw.add(Context.current());
            cancelled.add(message);
        }

        @Override
        public void halfClose() {
            assertTrue(cancelled.isEmpty(), "gRPC refuses this");
            channelSaw.add(Context.current());
        }

        @Override
        public void sendMessage(GetVerificationRequest message) {
            assertTrue(cancelled.isEmpty(), "gRPC refuses this");
            channelSaw.add(Context.current());
        }
    }

    private final class Above extends ClientCall.Listener<GetVerificationResponse> {
        @Override
        public void onHeaders(Metadata headers) {
            callerSaw.add(Context.current());
        }

        @Override
        public void onMessage(GetVerificationResponse message) {
            callerSaw.add(Context.current());
        }

        @Override
        public void onClose(Status status, Metadata trailers) {
            callerSaw.add(Context.current());
        }
    }

    private void call() {
        ClientCall<GetVerificationRequest, GetVerificationResponse> call =
                new Detached().interceptCall(IdPhotoServiceGrpc.getGetVerificationMethod(),
                        CallOptions.DEFAULT, new Below());
        call.start(new Above(), new Metadata());
        call.request(2);
        call.sendMessage(GetVerificationRequest.getDefaultInstance());
        call.halfClose();
    }

    @Test
    void theChannelSeesNoCallersContextAndTheCallerItsOwn() {
        Context.CancellableContext callers = Context.current().withCancellation();
        List<Context> expected = new ArrayList<>();
        callers.run(this::call);
        callers.run(() -> expected.add(Context.current()));
        listener.onHeaders(new Metadata());
        listener.onMessage(GetVerificationResponse.getDefaultInstance());
        listener.onClose(Status.OK, new Metadata());
        assertEquals(5, channelSaw.size());
        channelSaw.forEach(context -> assertSame(Context.ROOT, context));
        assertEquals(Collections.nCopies(3, expected.get(0)), callerSaw);
        callers.cancel(null);
        assertTrue(cancelled.isEmpty(), "a call that has ended is not cancelled");
    }

    @Test
    void aCancelledContextCancelsTheCall() {
        Context.CancellableContext callers = Context.current().withCancellation();
        callers.run(this::call);
        callers.cancel(null);
        assertEquals(1, cancelled.size());
        assertSame(Context.ROOT, channelSaw.get(channelSaw.size() - 1));
    }

    @Test
    void aContextThatIsCancelledAlreadyCancelsTheCall() {
        Context.CancellableContext callers = Context.current().withCancellation();
        callers.cancel(null);
        callers.run(this::call);
        assertEquals(1, cancelled.size());
    }
}
