package idphoto.client.testing;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.protobuf.Any;
import com.google.rpc.QuotaFailure;
import idphoto.client.Answer;
import idphoto.client.Category;
import idphoto.client.Comparison;
import idphoto.client.Consent;
import idphoto.client.Customer;
import idphoto.client.Dispatch;
import idphoto.client.IdPhotoClient;
import idphoto.client.IdPhotoException;
import idphoto.client.Merchant;
import idphoto.client.Photo;
import idphoto.client.Reason;
import idphoto.client.Rejection;
import idphoto.client.Request;
import idphoto.client.Retry;
import idphoto.client.State;
import io.grpc.Status;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.Queue;
import java.util.concurrent.LinkedBlockingQueue;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

@ExtendWith(IdPhotoFakeExtension.class)
class IdPhotoFakeTest {
    private static final Consent CONSENT =
            new Consent("onboarding", "account opening", "terms 1", "20260101000001");
    private static final Merchant SHOP = new Merchant("1", "shop", "6011");

    private static Request request() {
        return new Request(new Customer("李雷", "11010519491231002X"),
                new Photo(new byte[] {1, 2, 3}), CONSENT);
    }

    @Test
    void answersEveryOrderWithoutAScript(IdPhotoFake gateway, IdPhotoClient client) {
        assertEquals(new Comparison(97), client.verifyIdPhoto(request()).outcome());
        assertEquals(1, gateway.calls().size());
    }

    @Test
    void givesItsRepliesInTurn(IdPhotoFake gateway, IdPhotoClient client) {
        Rejection rejection = new Rejection(Category.OTHER, "99", "message", "detail");
        gateway.reply(Reply.answer(rejection), Reply.answer(new Comparison(1)));
        assertEquals(rejection, client.verifyIdPhoto(request()).outcome());
        assertEquals(new Comparison(1), client.verifyIdPhoto(request()).outcome());
    }

    @Test
    void tellsWhatItReceived(IdPhotoFake gateway, IdPhotoClient client) {
        Request request = request().withMerchant(SHOP);
        client.verifyIdPhoto(request);
        Call call = gateway.calls().get(0);
        assertEquals(request.orderId(), call.orderId());
        assertEquals("李雷", call.name());
        assertEquals("11010519491231002X", call.idNumber());
        assertEquals(3, call.photo().length);
        assertEquals(CONSENT, call.consent());
        assertEquals(Optional.of(SHOP), call.merchant());
    }

    @Test
    void keepsThePromisesAboutOrderIds(IdPhotoFake gateway, IdPhotoClient client) {
        Request request = request();
        Answer first = client.verifyIdPhoto(request);
        Answer again = client.verifyIdPhoto(request);
        assertTrue(again.replayed());
        assertEquals(first.outcome(), again.outcome());
        IdPhotoException reused = assertThrows(IdPhotoException.class,
                () -> client.verifyIdPhoto(request.withMerchant(SHOP)));
        assertEquals(Reason.ORDER_ID_REUSED, reused.reason());
    }

    @Test
    void leavesAnOrderFreeThatWasNotSent(IdPhotoFake gateway, IdPhotoClient client) {
        gateway.reply(Reply.fail(Reason.OVERLOADED));
        Request request = request();
        IdPhotoException e =
                assertThrows(IdPhotoException.class, () -> client.verifyIdPhoto(request));
        assertEquals(Dispatch.NOT_SENT, e.dispatch());
        assertEquals(new Comparison(97), client.verifyIdPhoto(request).outcome());
    }

    @Test
    void keepsAnOrderWhoseOutcomeIsUnknown(IdPhotoFake gateway, IdPhotoClient client) {
        gateway.reply(Reply.fail(Reason.OUTCOME_UNKNOWN));
        Request request = request();
        for (int i = 0; i < 2; i++) {
            IdPhotoException e =
                    assertThrows(IdPhotoException.class, () -> client.verifyIdPhoto(request));
            assertEquals(Retry.NEW_ORDER, e.retry());
        }
        assertEquals(new State.OutcomeUnknown(),
                client.getVerification(request.orderId()).state());
        assertEquals(Reason.OUTCOME_UNKNOWN, assertThrows(IdPhotoException.class,
                () -> client.await(request.orderId())).reason());
    }

    @Test
    void aDelayedAnswerIsInFlightUntilItComes() {
        Queue<Runnable> later = new LinkedBlockingQueue<>();
        try (IdPhotoFake gateway = IdPhotoFake.start((delay, work) -> later.add(work),
                Reply.answer(new Comparison(42)).after(Duration.ofMinutes(1)))) {
            IdPhotoClient client = gateway.client();
            Request request = request();
            IdPhotoException late = assertThrows(IdPhotoException.class,
                    () -> client.within(Duration.ofSeconds(1)).verifyIdPhoto(request));
            assertEquals(Status.Code.DEADLINE_EXCEEDED, late.code());
            assertEquals(new State.InFlight(), client.getVerification(request.orderId()).state());
            later.remove().run();
            assertEquals(new Comparison(42), client.await(request.orderId()).outcome());
            assertTrue(client.verifyIdPhoto(request).replayed());
        }
    }

    @Test
    void aDelayedFailureComesInItsTime() {
        Queue<Duration> delays = new LinkedBlockingQueue<>();
        FakeService.Timer timer = (delay, work) -> {
            delays.add(delay);
            work.run();
        };
        try (IdPhotoFake gateway = IdPhotoFake.start(timer,
                Reply.fail(Reason.OVERLOADED).after(Duration.ofSeconds(5)))) {
            IdPhotoException e = assertThrows(IdPhotoException.class,
                    () -> gateway.client().verifyIdPhoto(request()));
            assertEquals(Reason.OVERLOADED, e.reason());
            assertEquals(List.of(Duration.ofSeconds(5)), List.copyOf(delays));
        }
    }

    @Test
    void aDelayIsOfTheClockOnTheWall(IdPhotoFake gateway, IdPhotoClient client) {
        Duration delay = Duration.ofMillis(200);
        gateway.reply(Reply.answer(new Comparison(42)).after(delay));
        long begun = System.nanoTime();
        assertEquals(new Comparison(42), client.verifyIdPhoto(request()).outcome());
        assertTrue(System.nanoTime() - begun >= delay.toNanos());
    }

    @Test
    void aHangingCallEndsWithItsDeadline(IdPhotoFake gateway, IdPhotoClient client) {
        gateway.reply(Reply.hang());
        Request request = request();
        IdPhotoException e = assertThrows(IdPhotoException.class,
                () -> client.within(Duration.ofSeconds(1)).verifyIdPhoto(request));
        assertEquals(Status.Code.DEADLINE_EXCEEDED, e.code());
        assertEquals(Dispatch.UNKNOWN_TO_CLIENT, e.dispatch());
        assertEquals(Retry.ASK_FIRST, e.retry());
        assertEquals(new State.InFlight(), client.getVerification(request.orderId()).state());
    }

    @Test
    void aStatusComesAsItIs(IdPhotoFake gateway, IdPhotoClient client) {
        QuotaFailure quota = QuotaFailure.newBuilder()
                .addViolations(QuotaFailure.Violation.newBuilder().setSubject("caller:onboarding"))
                .build();
        gateway.reply(Reply.failStatus(com.google.rpc.Status.newBuilder()
                .setCode(Status.Code.RESOURCE_EXHAUSTED.value())
                .addDetails(Any.pack(quota))
                .build()));
        IdPhotoException e =
                assertThrows(IdPhotoException.class, () -> client.verifyIdPhoto(request()));
        assertEquals(Status.Code.RESOURCE_EXHAUSTED, e.code());
        assertEquals(Optional.of(quota), e.detail(QuotaFailure.class));
    }

    @Test
    void worksWithoutJUnit() {
        try (IdPhotoFake gateway = IdPhotoFake.start(Reply.pending(new Comparison(42)))) {
            Answer answer = gateway.client().verifyIdPhoto(request());
            assertEquals(new Comparison(42), answer.outcome());
        }
    }
}
