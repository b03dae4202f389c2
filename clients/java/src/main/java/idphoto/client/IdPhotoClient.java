package idphoto.client;

import idphoto.v1.GetVerificationRequest;
import idphoto.v1.IdPhotoServiceGrpc;
import idphoto.v1.VerifyIdPhotoResponse;
import io.grpc.Context;
import io.grpc.Deadline;
import io.grpc.ManagedChannelBuilder;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import java.util.function.Supplier;

/**
 * Calls a gateway. It is safe for concurrent use; one is enough for a program.
 *
 * <p>Every call fails with an {@link IdPhotoException}. Each method has a blocking form, which an
 * interrupt of its thread ends with CANCELLED, and one that returns a future: cancelling that
 * future cancels the call. Neither takes back an order that was sent; {@link #await} still finds
 * its answer.
 */
public final class IdPhotoClient implements AutoCloseable {
    /** The longest that one call takes, and the budget of one that has none. */
    public static final Duration DEFAULT_TIMEOUT = Defaults.TIMEOUT;

    /**
     * The budget of {@link #await} that has none. The gateway has settled every order before.
     */
    public static final Duration DEFAULT_AWAIT_TIMEOUT = Defaults.AWAIT_TIMEOUT;

    private final Connection connection;
    private final Duration timeout;
    private final Optional<Duration> budget;

    IdPhotoClient(Connection connection, Duration timeout, Optional<Duration> budget) {
        this.connection = connection;
        this.timeout = timeout;
        this.budget = budget;
    }

    /**
     * Begins a client of the gateway at a target.
     *
     * @param target {@code host:port}, all of whose addresses are used, or any other name that gRPC
     *     knows
     * @return what makes the client
     */
    public static IdPhotoClientBuilder builder(String target) {
        return new IdPhotoClientBuilder(target);
    }

    /**
     * Begins a client over a transport of the caller's own, which brings its own security. This
     * package's other defaults are put on it.
     *
     * @param transport a channel that is not built yet
     * @return what makes the client
     */
    public static IdPhotoClientBuilder builder(ManagedChannelBuilder<?> transport) {
        return new IdPhotoClientBuilder(transport);
    }

    /**
     * This client with another budget for each call. Without it the budget is the timeout, and 90
     * seconds for {@link #await}. A shorter deadline of the current gRPC context wins.
     *
     * @param budget the time until the caller must know; a single attempt takes no longer than the
     *     client's timeout all the same
     * @return a view that shares the connections, and closes them
     */
    public IdPhotoClient within(Duration budget) {
        return new IdPhotoClient(connection, timeout, Optional.of(budget));
    }

    /**
     * Asks how alike the photo is to the one on the customer's ID card. When the answer is still
     * awaited after the client's timeout, it goes on as {@link #await} does for as long as the
     * budget allows, and fails with {@link Reason#ANSWER_PENDING} when that is over: call it again
     * with the same request, or await.
     *
     * @param request called again with the same one, nothing is charged again
     * @return UPI's answer, which may be a rejection
     */
    public Answer verifyIdPhoto(Request request) {
        Deadline deadline = deadline(timeout);
        Deadline attempt = attempt(deadline);
        try {
            return Answer.fromProto(verify(request, false, attempt));
        } catch (IdPhotoException e) {
            return await(Waiting.after(e, attempt, deadline));
        }
    }

    /**
     * {@link #verifyIdPhoto} without blocking.
     *
     * @param request called again with the same one, nothing is charged again
     * @return UPI's answer
     */
    public CompletableFuture<Answer> verifyIdPhotoAsync(Request request) {
        return cancellable(() -> {
            Deadline deadline = deadline(timeout);
            Deadline attempt = attempt(deadline);
            return verifyAsync(request, false, attempt)
                    .thenApply(Answer::fromProto)
                    .exceptionallyCompose(
                            e -> awaitAsync(Waiting.after(unwrap(e), attempt, deadline)));
        });
    }

    /**
     * Lets the gateway run all its checks on a request and sends nothing to UPI. The order id stays
     * unused.
     *
     * @param request what would be sent
     */
    public void validate(Request request) {
        verify(request, true, attempt(deadline(timeout)));
    }

    /**
     * {@link #validate} without blocking.
     *
     * @param request what would be sent
     * @return done when nothing is wrong
     */
    public CompletableFuture<Void> validateAsync(Request request) {
        return cancellable(() -> verifyAsync(request, true, attempt(deadline(timeout)))
                .thenAccept(nothing -> {}));
    }

    /**
     * What the gateway knows of an order. It sends nothing to UPI.
     *
     * @param orderId the order's
     * @return how far it came
     */
    public Verification getVerification(String orderId) {
        return get(orderId, deadline(timeout));
    }

    /**
     * {@link #getVerification} without blocking.
     *
     * @param orderId the order's
     * @return how far it came
     */
    public CompletableFuture<Verification> getVerificationAsync(String orderId) {
        return cancellable(() -> getAsync(orderId, deadline(timeout)));
    }

    /**
     * Waits for the answer to an order that was sent, by asking until there is one. It sends
     * nothing to UPI.
     *
     * <p>Trouble on the way does not end it. It fails with {@link Reason#OUTCOME_UNKNOWN} when no
     * answer will come, with {@link Reason#VERIFICATION_NOT_FOUND} for an order never seen, with
     * {@link Dispatch#NOT_SENT} when the order can be sent again, and with {@link
     * Reason#ANSWER_PENDING} when the budget ends before the answer comes.
     *
     * @param orderId the order's
     * @return UPI's answer, which may be a rejection
     */
    public Answer await(String orderId) {
        return await(new Waiting(orderId, deadline(DEFAULT_AWAIT_TIMEOUT)));
    }

    /**
     * {@link #await} without blocking.
     *
     * @param orderId the order's
     * @return UPI's answer
     */
    public CompletableFuture<Answer> awaitAsync(String orderId) {
        return cancellable(
                () -> awaitAsync(new Waiting(orderId, deadline(DEFAULT_AWAIT_TIMEOUT))));
    }

    /** Closes the connections. Calls in progress end with an error; their answers are not lost. */
    @Override
    public void close() {
        connection.close();
    }

    private VerifyIdPhotoResponse verify(Request request, boolean validateOnly, Deadline attempt) {
        return connection.call(IdPhotoServiceGrpc.getVerifyIdPhotoMethod(),
                request.toProto(validateOnly), attempt, request.orderId());
    }

    private CompletableFuture<VerifyIdPhotoResponse> verifyAsync(
            Request request, boolean validateOnly, Deadline attempt) {
        return connection.start(IdPhotoServiceGrpc.getVerifyIdPhotoMethod(),
                request.toProto(validateOnly), attempt, request.orderId());
    }

    private Verification get(String orderId, Deadline deadline) {
        return Verification.fromProto(connection.call(
                IdPhotoServiceGrpc.getGetVerificationMethod(), question(orderId),
                attempt(deadline), orderId));
    }

    private CompletableFuture<Verification> getAsync(String orderId, Deadline deadline) {
        return connection.start(IdPhotoServiceGrpc.getGetVerificationMethod(), question(orderId),
                attempt(deadline), orderId).thenApply(Verification::fromProto);
    }

    private Answer await(Waiting waiting) {
        while (true) {
            Optional<Answer> answer =
                    waiting.hear(() -> get(waiting.orderId(), waiting.deadline()));
            if (answer.isPresent()) {
                return answer.get();
            }
            waiting.pause();
        }
    }

    private CompletableFuture<Answer> awaitAsync(Waiting waiting) {
        return getAsync(waiting.orderId(), waiting.deadline())
                .handle((verification, e) -> waiting.hear(() -> orThrow(verification, e)))
                .thenCompose(answer -> answer
                        .map(CompletableFuture::completedFuture)
                        .orElseGet(() -> CompletableFuture
                                .supplyAsync(() -> awaitAsync(waiting), waiting.afterPause())
                                .thenCompose(Function.identity())));
    }

    private static GetVerificationRequest question(String orderId) {
        return GetVerificationRequest.newBuilder().setOrderId(orderId).build();
    }

    private Deadline deadline(Duration otherwise) {
        Deadline deadline =
                Deadline.after(budget.orElse(otherwise).toNanos(), TimeUnit.NANOSECONDS);
        Deadline callers = Context.current().getDeadline();
        return callers == null ? deadline : deadline.minimum(callers);
    }

    private Deadline attempt(Deadline deadline) {
        return deadline.minimum(Deadline.after(timeout.toNanos(), TimeUnit.NANOSECONDS));
    }

    // The end of the returned future ends the context, and with it the call in progress.
    private static <T> CompletableFuture<T> cancellable(Supplier<CompletableFuture<T>> work) {
        Context.CancellableContext context = Context.current().withCancellation();
        Context before = context.attach();
        try {
            CompletableFuture<T> future = work.get();
            future.whenComplete((result, e) -> context.cancel(null));
            return future;
        } catch (IdPhotoException e) {
            context.cancel(null);
            return CompletableFuture.failedFuture(e);
        } finally {
            context.detach(before);
        }
    }

    private static <T> T orThrow(T result, Throwable e) {
        if (e != null) {
            throw unwrap(e);
        }
        return result;
    }

    private static IdPhotoException unwrap(Throwable e) {
        Throwable cause = e instanceof CompletionException ? e.getCause() : e;
        if (cause instanceof IdPhotoException failure) {
            return failure;
        }
        throw new CompletionException(cause);
    }
}
