package idphoto.client.conformance;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.regex.Pattern;

/**
 * How a call ended, in the manifest's words. Absent texts are empty; answer and failure are null
 * where there is none.
 */
record Result(String order, Answer answer, Failure failure, String state, boolean valid,
        Duration took) {
    private static final Pattern UPI_UUID = Pattern.compile("[0-9a-f]{32}");

    /** The confidence of a rejection is null. */
    record Answer(String order, String upiUuid, Integer confidence, String category, String code,
            boolean replayed) {}

    /** The order is empty where the caller does not tell one. */
    record Failure(String code, String reason, String dispatch, String retry, String order,
            List<String> fields, List<String> quota, Duration retryAfter) {}

    static Result answered(String order, String state, Answer answer) {
        return new Result(order, answer, null, state, false, Duration.ZERO);
    }

    static Result failed(String order, Failure failure) {
        return new Result(order, null, failure, "", false, Duration.ZERO);
    }

    static Result validated(String order) {
        return new Result(order, null, null, "", true, Duration.ZERO);
    }

    Result took(Duration time) {
        return new Result(order, answer, failure, state, valid, time);
    }

    /** Fails unless it is what is expected. */
    void check(Manifest.Expectation want) {
        List<String> wrong = new ArrayList<>();
        checkOrder(wrong);
        expect(wrong, "within " + want.within(),
                want.within() == null || took.compareTo(want.within()) <= 0);
        expect(wrong, "an error", (failure != null) == (want.error() != null));
        if (failure != null && want.error() != null) {
            check(wrong, want.error());
        } else if (failure == null && want.error() == null) {
            expect(wrong, "valid", valid == Boolean.TRUE.equals(want.valid()));
            expect(wrong, "state " + want.state(),
                    state.equals(Objects.requireNonNullElse(want.state(), "")));
            expect(wrong, "an answer", (answer != null) == (want.answer() != null));
            if (answer != null && want.answer() != null) {
                check(wrong, want.answer());
            }
        }
        if (!wrong.isEmpty()) {
            throw new AssertionError("expected: " + wrong + "; came: " + this);
        }
    }

    private void checkOrder(List<String> wrong) {
        if (failure != null) {
            expect(wrong, "the error's order id",
                    failure.order.isEmpty() || failure.order.equals(order));
        }
        if (answer != null) {
            expect(wrong, "the answer's order id", answer.order.equals(order));
            expect(wrong, "a UPI-UUID", UPI_UUID.matcher(answer.upiUuid).matches());
            expect(wrong, "a confidence from 0 to 100", answer.confidence == null
                    || answer.confidence >= 0 && answer.confidence <= 100);
        }
    }

    private void check(List<String> wrong, Manifest.Error want) {
        same(wrong, "code", want.code(), failure.code);
        same(wrong, "reason", want.reason(), failure.reason);
        same(wrong, "dispatch", want.dispatch(), failure.dispatch);
        same(wrong, "retry", want.retry(), failure.retry);
        same(wrong, "fields", want.fields(), failure.fields);
        same(wrong, "quota", want.quota(), failure.quota);
        same(wrong, "retry after", want.retryAfter(), failure.retryAfter);
    }

    private void check(List<String> wrong, Manifest.Answer want) {
        same(wrong, "confidence", want.confidence(), answer.confidence);
        same(wrong, "category", want.category(), answer.category);
        same(wrong, "code", want.code(), answer.code);
        same(wrong, "replayed", want.replayed(), answer.replayed);
    }

    private static void same(List<String> wrong, String name, Object want, Object got) {
        expect(wrong, name + " " + want, want == null || want.equals(got));
    }

    private static void expect(List<String> wrong, String what, boolean holds) {
        if (!holds) {
            wrong.add(what);
        }
    }
}
