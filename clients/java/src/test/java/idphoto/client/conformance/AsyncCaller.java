package idphoto.client.conformance;

import idphoto.client.Answer;
import idphoto.client.IdPhotoClient;
import idphoto.client.IdPhotoException;
import idphoto.client.Request;
import idphoto.client.Verification;
import java.nio.file.Path;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;

/** Calls by this package's futures; an interrupt cancels the future. */
final class AsyncCaller extends ClientCaller {
    AsyncCaller(String target, Manifest.Client spec, Path folder) {
        super(target, spec, folder);
    }

    @Override
    Answer verify(IdPhotoClient within, Request request) {
        return result(within.verifyIdPhotoAsync(request));
    }

    @Override
    void validate(IdPhotoClient within, Request request) {
        result(within.validateAsync(request));
    }

    @Override
    Verification get(IdPhotoClient within, String order) {
        return result(within.getVerificationAsync(order));
    }

    @Override
    Answer await(IdPhotoClient within, String order) {
        return result(within.awaitAsync(order));
    }

    private static <T> T result(CompletableFuture<T> future) {
        try {
            return future.get();
        } catch (ExecutionException e) {
            if (e.getCause() instanceof IdPhotoException failure) {
                throw failure;
            }
            throw new AssertionError("a future failed with another exception", e);
        } catch (InterruptedException e) {
            future.cancel(true);
            throw new Cancelled();
        }
    }

    /** A future that is cancelled fails with no exception of this package. */
    static final class Cancelled extends RuntimeException {
        private static final long serialVersionUID = 1L;
    }
}
