package idphoto.client;

import io.grpc.CallOptions;
import io.grpc.Deadline;
import io.grpc.ManagedChannel;
import io.grpc.MethodDescriptor;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.grpc.stub.ClientCalls;
import io.grpc.stub.StreamObserver;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;

/** A channel, and the files that it depends on. */
record Connection(ManagedChannel channel, Optional<TlsFiles> files) {

    /** Calls and blocks. */
    <Q, R> R call(MethodDescriptor<Q, R> method, Q request, Deadline deadline, String orderId) {
        try {
            return ClientCalls.blockingUnaryCall(channel, method, until(deadline), request);
        } catch (StatusRuntimeException e) {
            throw Failure.of(e, orderId).asException(e);
        }
    }

    /** Calls; the current context cancels the call. */
    <Q, R> CompletableFuture<R> start(
            MethodDescriptor<Q, R> method, Q request, Deadline deadline, String orderId) {
        CompletableFuture<R> future = new CompletableFuture<>();
        ClientCalls.asyncUnaryCall(channel.newCall(method, until(deadline)), request,
                new StreamObserver<R>() {
                    @Override
                    public void onNext(R response) {
                        future.complete(response);
                    }

                    @Override
                    public void onError(Throwable error) {
                        StatusRuntimeException e = asStatus(error);
                        future.completeExceptionally(Failure.of(e, orderId).asException(e));
                    }

                    @Override
                    public void onCompleted() {}
                });
        return future;
    }

    void close() {
        channel.shutdownNow();
        files.ifPresent(TlsFiles::close);
    }

    private static CallOptions until(Deadline deadline) {
        return CallOptions.DEFAULT.withDeadline(deadline);
    }

    private static StatusRuntimeException asStatus(Throwable error) {
        return error instanceof StatusRuntimeException e
                ? e
                : Status.fromThrowable(error).asRuntimeException();
    }
}
