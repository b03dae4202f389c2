package idphoto.client;

import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Executor;
import java.util.concurrent.LinkedBlockingQueue;

/**
 * The thread that waits for a call does the call's work meanwhile. So a blocking call needs no
 * other thread, which a small pool might not have, and keeps what its thread knows: traces, logs.
 */
final class CallingThread implements Executor {
    private static final Runnable NOTHING = () -> {};

    private final LinkedBlockingQueue<Runnable> work = new LinkedBlockingQueue<>();
    private boolean over;

    @Override
    public void execute(Runnable task) {
        synchronized (this) {
            if (!over) {
                work.add(task);
                return;
            }
        }
        task.run();
    }

    /** Waits for the end of a future; an interrupt begins {@code cancel} and stays set. */
    <T> T await(CompletableFuture<T> future, Runnable cancel) {
        future.whenComplete((result, e) -> execute(NOTHING));
        boolean interrupted = false;
        while (!future.isDone()) {
            try {
                work.take().run();
            } catch (InterruptedException e) {
                interrupted = true;
                cancel.run();
            }
        }
        finish();
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
        return result(future);
    }

    private void finish() {
        synchronized (this) {
            over = true;
        }
        for (Runnable task = work.poll(); task != null; task = work.poll()) {
            task.run();
        }
    }

    // The exception is thrown anew, so that its trace leads to the caller.
    private static <T> T result(CompletableFuture<T> future) {
        try {
            return future.get();
        } catch (ExecutionException e) {
            if (e.getCause() instanceof IdPhotoException failure) {
                throw failure.here();
            }
            throw new IllegalStateException("a call ended with a bug", e.getCause());
        } catch (InterruptedException e) {
            throw new IllegalStateException("a future that is done does not wait", e);
        }
    }
}
