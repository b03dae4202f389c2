package idphoto.client;

import io.grpc.Context;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.Executor;
import java.util.concurrent.ForkJoinPool;
import java.util.function.Function;
import java.util.function.Supplier;

/**
 * One call of a user's: the context that ends it, and who does its work.
 *
 * @param context the end of the call ends it
 * @param calls where answers are dealt with; null is the channel's executor
 */
record Work(Context.CancellableContext context, Executor calls) {

    /** Without blocking. The end of the returned future ends the context and what goes on. */
    static <T> CompletableFuture<T> start(Function<Work, CompletableFuture<T>> body) {
        return new Work(Context.current().withCancellation(), null).run(body);
    }

    /** The same, and this thread waits for it. */
    static <T> T await(Function<Work, CompletableFuture<T>> body) {
        CallingThread thread = new CallingThread();
        Work work = new Work(Context.current().withCancellation(), thread);
        return thread.await(work.run(body), () -> work.context.cancel(null));
    }

    private <T> CompletableFuture<T> run(Function<Work, CompletableFuture<T>> body) {
        Context before = context.attach();
        try {
            CompletableFuture<T> future = body.apply(this);
            future.whenComplete((result, e) -> context.cancel(null));
            return future;
        } catch (IdPhotoException e) {
            context.cancel(null);
            return CompletableFuture.failedFuture(e);
        } finally {
            context.detach(before);
        }
    }

    /** Goes on when a time has gone by, or at once when it has no sense any more. */
    <T> CompletableFuture<T> after(
            Connection connection, long nanos, Supplier<CompletableFuture<T>> next) {
        Executor executor = calls == null ? ForkJoinPool.commonPool() : calls;
        return connection.pause(nanos, context)
                .thenComposeAsync(nothing -> next.get(), context.fixedContextExecutor(executor));
    }

    static IdPhotoException unwrap(Throwable e) {
        Throwable cause = e instanceof CompletionException ? e.getCause() : e;
        if (cause instanceof IdPhotoException failure) {
            return failure;
        }
        throw new CompletionException(cause);
    }
}
