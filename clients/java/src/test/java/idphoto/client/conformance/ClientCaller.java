package idphoto.client.conformance;

import idphoto.client.Answer;
import idphoto.client.Comparison;
import idphoto.client.Consent;
import idphoto.client.Customer;
import idphoto.client.IdPhotoClient;
import idphoto.client.IdPhotoClientBuilder;
import idphoto.client.IdPhotoException;
import idphoto.client.Merchant;
import idphoto.client.Photo;
import idphoto.client.Rejection;
import idphoto.client.Request;
import idphoto.client.State;
import idphoto.client.Verification;
import idphoto.client.Violation;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Locale;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Supplier;

/** Calls by this package, blocking. */
class ClientCaller implements Caller {
    private final IdPhotoClient client;

    ClientCaller(String target, Manifest.Client spec, Path folder) {
        IdPhotoClientBuilder builder = IdPhotoClient.builder(target);
        if (!Boolean.TRUE.equals(spec.tls())) {
            builder.plaintext();
        }
        if (spec.timeout() != null) {
            builder.timeout(spec.timeout());
        }
        if (spec.caFile() != null) {
            builder.caFile(folder.resolve(spec.caFile()));
        }
        if (spec.certFile() != null) {
            builder.clientCertificateFiles(folder.resolve(spec.certFile()),
                    spec.keyFile() == null ? null : folder.resolve(spec.keyFile()));
        }
        if (spec.tokens() != null) {
            builder.bearerToken(inTurn(spec.tokens()));
        }
        client = builder.build();
    }

    /** These tokens, and the last one again and again. An empty one is a failure. */
    private static Callable<String> inTurn(List<String> tokens) {
        AtomicInteger asked = new AtomicInteger();
        return () -> {
            String token = tokens.get(Math.min(asked.getAndIncrement(), tokens.size() - 1));
            if (token.isEmpty()) {
                throw new IOException("no token by script");
            }
            return token;
        };
    }

    @Override
    public void close() {
        client.close();
    }

    @Override
    public Result verify(String order, Map<String, String> fields, boolean validateOnly,
            Duration deadline) throws IOException {
        Request request = request(order, fields);
        return outcome(request.orderId(), () -> {
            if (validateOnly) {
                validate(within(deadline), request);
                return Result.validated(request.orderId());
            }
            Answer answer = verify(within(deadline), request);
            return Result.answered(request.orderId(), "", answer(answer));
        });
    }

    @Override
    public Result get(String order, Duration deadline) {
        return outcome(order, () -> {
            State state = get(within(deadline), order).state();
            return state instanceof State.Answered answered
                    ? Result.answered(order, "ANSWERED", answer(answered.answer()))
                    : Result.answered(order, name(state), null);
        });
    }

    @Override
    public Result await(String order, Duration deadline) {
        return outcome(order, () ->
                Result.answered(order, "", answer(await(within(deadline), order))));
    }

    Answer verify(IdPhotoClient within, Request request) {
        return within.verifyIdPhoto(request);
    }

    void validate(IdPhotoClient within, Request request) {
        within.validate(request);
    }

    Verification get(IdPhotoClient within, String order) {
        return within.getVerification(order);
    }

    Answer await(IdPhotoClient within, String order) {
        return within.await(order);
    }

    private IdPhotoClient within(Duration deadline) {
        return deadline == null ? client : client.within(deadline);
    }

    private static Result outcome(String order, Supplier<Result> call) {
        try {
            return call.get();
        } catch (IdPhotoException e) {
            return Result.failed(order, new Result.Failure(e.code().name(), e.reason().name(),
                    e.dispatch().name(), e.retry().name(), e.orderId(),
                    e.violations().stream().map(Violation::field).toList(),
                    e.quotaViolations().stream()
                            .map(limit -> limit.subject() + " " + limit.description()).toList(),
                    e.retryAfter().orElse(null)));
        }
    }

    private static Result.Answer answer(Answer answer) {
        if (answer.outcome() instanceof Comparison comparison) {
            return new Result.Answer(answer.orderId(), answer.upiUuid(), comparison.confidence(),
                    "", "", answer.replayed());
        }
        Rejection rejection = (Rejection) answer.outcome();
        return new Result.Answer(answer.orderId(), answer.upiUuid(), null,
                rejection.category().name(), rejection.code(), answer.replayed());
    }

    private static String name(State state) {
        return state.getClass().getSimpleName().replaceAll("(?<=.)([A-Z])", "_$1")
                .toUpperCase(Locale.ROOT);
    }

    private static Request request(String order, Map<String, String> fields) throws IOException {
        Request request = new Request(
                new Customer(fields.get("customer.name"), fields.get("customer.id_number")),
                new Photo(Manifest.photo(fields.get("photo"))),
                new Consent(fields.get("consent.usage_scenario"), fields.get("consent.purpose"),
                        fields.get("consent.agreement_version"),
                        fields.get("consent.agreement_serial")));
        if (fields.keySet().stream().anyMatch(path -> path.startsWith("merchant."))) {
            request = request.withMerchant(new Merchant(
                    fields.getOrDefault("merchant.id", ""),
                    fields.getOrDefault("merchant.name", ""),
                    fields.getOrDefault("merchant.category_code", "")));
        }
        return order.isEmpty() ? request : request.withOrderId(order);
    }
}
