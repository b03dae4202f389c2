package idphoto.client;

import static idphoto.client.IdPhotoClientTest.failure;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import idphoto.client.testing.IdPhotoFake;
import idphoto.client.testing.Reply;
import io.grpc.Status;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

@Timeout(60)
class RetryTest {
    private static final Reply DRAINING = Reply.fail(Reason.DRAINING);

    private final HastyClock clock = new HastyClock();
    private final IdPhotoFake gateway = IdPhotoFake.start();
    private final IdPhotoClient client = gateway.client(builder -> builder.clock(clock));

    @AfterEach
    void close() {
        gateway.close();
    }

    @ParameterizedTest
    @EnumSource(value = Status.Code.class, mode = EnumSource.Mode.EXCLUDE, names = "OK")
    void whatTheGatewayHasNotSaidIsNotTriedAgain(Status.Code code) {
        gateway.reply(Reply.fail(code));
        IdPhotoException e = failure(() -> client.verifyIdPhoto(Samples.request()));
        assertEquals(code, e.code());
        assertEquals(Dispatch.UNKNOWN_TO_CLIENT, e.dispatch());
        assertNotEquals(Retry.SAME_ORDER, e.retry());
        assertEquals(1, gateway.calls().size());
    }

    @Test
    void whatTheGatewayHasNotSentIsTriedThreeTimes() {
        gateway.reply(DRAINING, DRAINING, DRAINING, DRAINING);
        IdPhotoException e = failure(() -> client.verifyIdPhoto(Samples.request()));
        assertEquals(Reason.DRAINING, e.reason());
        assertEquals(Retry.SAME_ORDER, e.retry());
        assertEquals(3, gateway.calls().size());
    }

    @Test
    void onlyUnavailableIsTriedAgain() {
        gateway.reply(Reply.fail(Reason.OVERLOADED));
        assertEquals(Reason.OVERLOADED,
                failure(() -> client.verifyIdPhoto(Samples.request())).reason());
        assertEquals(1, gateway.calls().size());
    }

    @Test
    void validationIsTriedAgainLikewise() {
        gateway.reply(DRAINING);
        client.validate(Samples.request());
        assertEquals(2, gateway.calls().size());
    }

    @Test
    void aPauseIsAsLongAsTheGatewayAsks() {
        gateway.reply(Reply.fail(Reason.DRAINING, Duration.ofSeconds(7)));
        client.verifyIdPhoto(Samples.request());
        assertEquals(List.of(Duration.ofSeconds(7)), clock.pauses);
    }

    @Test
    void aPauseThatTheDeadlineDoesNotAllowIsNotBegun() {
        gateway.reply(Reply.fail(Reason.DRAINING, Duration.ofSeconds(21)));
        IdPhotoException e = failure(() -> client.verifyIdPhoto(Samples.request()));
        assertEquals(Reason.DRAINING, e.reason());
        assertEquals(List.of(), clock.pauses);
    }

    @Test
    void pausesGrowFromAQuarterOfASecond() {
        gateway.reply(DRAINING, DRAINING);
        client.verifyIdPhoto(Samples.request());
        assertEquals(2, clock.pauses.size());
        // A fifth more or less.
        assertBetween(200, 300, clock.pauses.get(0));
        assertBetween(600, 900, clock.pauses.get(1));
    }

    @Test
    void manyFailuresEndTheFurtherAttempts() {
        for (int i = 0; i < 100; i++) {
            gateway.reply(DRAINING);
        }
        for (int i = 0; i < 20; i++) {
            failure(() -> client.verifyIdPhoto(Samples.request()));
        }
        // 16 calls of three attempts and one of two take half of the hundred tokens.
        assertEquals(16 * 3 + 2 + 3, gateway.calls().size());
    }

    private static void assertBetween(long least, long most, Duration pause) {
        assertTrue(pause.toMillis() >= least && pause.toMillis() <= most, pause.toString());
    }
}
