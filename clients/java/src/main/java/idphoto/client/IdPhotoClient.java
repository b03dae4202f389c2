package idphoto.client;

import idphoto.v1.GetVerificationRequest;
import idphoto.v1.IdPhotoServiceGrpc;
import io.grpc.Context;
import io.grpc.Deadline;
import io.grpc.ManagedChannelBuilder;
import java.time.Duration;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;

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
    private final boolean view;

    private IdPhotoClient(
            Connection connection, Duration timeout, Optional<Duration> budget, boolean view) {
        this.connection = connection;
        this.timeout = timeout;
        this.budget = budget;
        this.view = view;
    }

    IdPhotoClient(Connection connection, Duration timeout) {
        this(connection, timeout, Optional.empty(), false);
    }

    /**
     * Begins a client of the gateway at a target.
     *
     * @param target {@code host:port} or {@code [::1]:port}, all of whose addresses are used, or any
     *     other name that gRPC knows, such as {@code unix:/path}
     * @return what makes the client
     * @throws IllegalArgumentException when it is empty, has no port, or is a URL
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
     * @return a view that shares the connections; closing it closes nothing
     */
    public IdPhotoClient within(Duration budget) {
        Objects.requireNonNull(budget, "budget");
        return new IdPhotoClient(connection, timeout, Optional.of(budget), true);
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
        Objects.requireNonNull(request, "request");
        return Work.await(work -> verify(request, work));
    }

    /**
     * {@link #verifyIdPhoto} without blocking.
     *
     * @param request called again with the same one, nothing is charged again
     * @return UPI's answer
     */
    public CompletableFuture<Answer> verifyIdPhotoAsync(Request request) {
        Objects.requireNonNull(request, "request");
        return Work.start(work -> verify(request, work));
    }

    /**
     * Lets the gateway run all its checks on a request and sends nothing to UPI. The order id stays
     * unused.
     *
     * @param request what would be sent
     */
    public void validate(Request request) {
        Objects.requireNonNull(request, "request");
        Work.await(work -> validate(request, work));
    }

    /**
     * {@link #validate} without blocking.
     *
     * @param request what would be sent
     * @return done when nothing is wrong
     */
    public CompletableFuture<Void> validateAsync(Request request) {
        Objects.requireNonNull(request, "request");
        return Work.start(work -> validate(request, work));
    }

    /**
     * What the gateway knows of an order. It sends nothing to UPI.
     *
     * @param orderId the order's
     * @return how far it came
     */
    public Verification getVerification(String orderId) {
        Objects.requireNonNull(orderId, "orderId");
        return Work.await(work -> get(orderId, deadline(timeout), work));
    }

    /**
     * {@link #getVerification} without blocking.
     *
     * @param orderId the order's
     * @return how far it came
     */
    public CompletableFuture<Verification> getVerificationAsync(String orderId) {
        Objects.requireNonNull(orderId, "orderId");
        return Work.start(work -> get(orderId, deadline(timeout), work));
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
        Objects.requireNonNull(orderId, "orderId");
        return Work.await(work -> await(orderId, work));
    }

    /**
     * {@link #await} without blocking.
     *
     * @param orderId the order's
     * @return UPI's answer
     */
    public CompletableFuture<Answer> awaitAsync(String orderId) {
        Objects.requireNonNull(orderId, "orderId");
        return Work.start(work -> await(orderId, work));
    }

    /**
     * Closes the connections, unless this is a view of another client. Calls in progress end with
     * CANCELLED; their answers are not lost. Later ones fail with FAILED_PRECONDITION.
     */
    @Override
    public void close() {
        if (!view) {
            connection.close();
        }
    }

    private CompletableFuture<Answer> verify(Request request, Work work) {
        Deadline deadline = deadline(timeout);
        Deadline attempt = attempt(deadline);
        return new Sending(connection, work, request.toProto(false), attempt).start()
                .thenApply(Answer::fromProto)
                .exceptionallyCompose(e -> ask(Waiting.after(
                        connection, work, Work.unwrap(e), attempt, deadline), work));
    }

    private CompletableFuture<Void> validate(Request request, Work work) {
        return new Sending(connection, work, request.toProto(true), attempt(deadline(timeout)))
                .start()
                .thenAccept(nothing -> {});
    }

    private CompletableFuture<Verification> get(String orderId, Deadline deadline, Work work) {
        return connection.start(IdPhotoServiceGrpc.getGetVerificationMethod(), question(orderId),
                attempt(deadline), orderId, work.calls()).thenApply(Verification::fromProto);
    }

    private CompletableFuture<Answer> await(String orderId, Work work) {
        if (connection.isClosed()) {
            throw connection.closed(orderId, false);
        }
        return ask(new Waiting(connection, work, orderId, deadline(DEFAULT_AWAIT_TIMEOUT)), work);
    }

    private CompletableFuture<Answer> ask(Waiting waiting, Work work) {
        return get(waiting.orderId(), waiting.deadline(), work)
                .handle((verification, e) -> waiting.hear(() -> orThrow(verification, e)))
                .thenCompose(answer -> answer
                        .map(CompletableFuture::completedFuture)
                        .orElseGet(() -> waiting.afterPause(() -> ask(waiting, work))));
    }

    private static GetVerificationRequest question(String orderId) {
        GetVerificationRequest question =
                GetVerificationRequest.newBuilder().setOrderId(orderId).build();
        Request.checkText(question, orderId, Dispatch.UNKNOWN_TO_CLIENT);
        return question;
    }

    private Deadline deadline(Duration otherwise) {
        Deadline deadline =
                Deadline.after(Durations.nanos(budget.orElse(otherwise)), TimeUnit.NANOSECONDS);
        Deadline callers = Context.current().getDeadline();
        return callers == null ? deadline : deadline.minimum(callers);
    }

    private Deadline attempt(Deadline deadline) {
        return deadline.minimum(
                Deadline.after(Durations.nanos(timeout), TimeUnit.NANOSECONDS));
    }

    private static <T> T orThrow(T result, Throwable e) {
        if (e != null) {
            throw Work.unwrap(e);
        }
        return result;
    }
}
