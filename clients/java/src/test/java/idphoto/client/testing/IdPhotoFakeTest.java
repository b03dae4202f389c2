package idphoto.client.testing;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

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
import java.util.Optional;
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
    void worksWithoutJUnit() {
        try (IdPhotoFake gateway = IdPhotoFake.start(Reply.pending(new Comparison(42)))) {
            Answer answer = gateway.client().verifyIdPhoto(request());
            assertEquals(new Comparison(42), answer.outcome());
        }
    }
}
