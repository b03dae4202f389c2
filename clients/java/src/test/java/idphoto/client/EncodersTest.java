package idphoto.client;

import static org.junit.jupiter.api.Assertions.assertEquals;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.google.gson.Gson;
import com.google.gson.JsonParser;
import java.time.Instant;
import java.util.List;
import java.util.function.Function;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** What Jackson and Gson make of the values of this package, with nothing set or registered. */
class EncodersTest {
    private static final String CONSENT = "{'usageScenario':'onboarding','purpose':"
            + "'account opening','agreementVersion':'terms 1','agreementSerial':'20260101000001'}";
    private static final String REJECTION = "{'category':{'name':'NOT_CONFIRMED'},'code':'70'}";
    private static final String ANSWER = "{'orderId':'" + Samples.ORDER + "','outcome':" + REJECTION
            + ",'upiUuid':'7','answeredAt':'1970-01-01T00:00:00.500Z','replayed':false}";

    private static final Request REQUEST = Samples.request().withOrderId(Samples.ORDER);
    private static final Instant TIME = Instant.ofEpochMilli(500);
    private static final Answer ANSWERED =
            new Answer(Samples.ORDER, Samples.rejection(), "7", TIME, false);

    private static final List<Object> VALUES = List.of(
            REQUEST.customer(), REQUEST.photo(), REQUEST, Samples.rejection(), new Comparison(42),
            ANSWERED, in(new State.Answered(ANSWERED)), in(new State.InFlight()),
            in(new State.NotSent()), in(new State.OutcomeUnknown()), in(new State.Other("LATER")));

    private static Verification in(State state) {
        return new Verification(Samples.ORDER, state, TIME, TIME, Samples.consent());
    }

    private static List<String> expected(String redacted, String noMerchant) {
        return List.of(redacted, redacted,
                "{'orderId':'" + Samples.ORDER + "','customer':" + redacted + ",'photo':" + redacted
                        + ",'consent':" + CONSENT + noMerchant + "}",
                REJECTION, "{'confidence':42}", ANSWER, verification("{'answer':" + ANSWER + "}"),
                verification("{}"), verification("{}"), verification("{}"),
                verification("{'name':'LATER'}"));
    }

    private static String verification(String state) {
        return "{'orderId':'" + Samples.ORDER + "','state':" + state
                + ",'createdAt':'1970-01-01T00:00:00.500Z','updatedAt':'1970-01-01T00:00:00.500Z'"
                + ",'consent':" + CONSENT + "}";
    }

    static Stream<Arguments> encoders() {
        com.fasterxml.jackson.databind.ObjectMapper two =
                new com.fasterxml.jackson.databind.ObjectMapper();
        tools.jackson.databind.ObjectMapper three = new tools.jackson.databind.ObjectMapper();
        Gson gson = new Gson();
        Function<Object, String> jackson2 = value -> {
            try {
                return two.writeValueAsString(value);
            } catch (JsonProcessingException e) {
                throw new AssertionError(e);
            }
        };
        Function<Object, String> jackson3 = three::writeValueAsString;
        Function<Object, String> plain = gson::toJson;
        List<String> texts = expected("'[redacted]'", ",'merchant':null");
        return Stream.of(Arguments.of("Jackson 2", jackson2, texts),
                Arguments.of("Jackson 3", jackson3, texts),
                Arguments.of("Gson", plain, expected("{}", "")));
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("encoders")
    void showWhatIsNotPersonal(
            String name, Function<Object, String> encoder, List<String> expected) {
        // Jackson 3 sorts the fields.
        assertEquals(expected.stream().map(JsonParser::parseString).toList(),
                VALUES.stream().map(encoder).map(JsonParser::parseString).toList());
    }
}
