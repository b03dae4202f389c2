package idphoto.client;

import com.fasterxml.jackson.annotation.JsonPropertyOrder;

// Jackson refuses a type without fields, unless it has an annotation.
/** How far an order came. */
public sealed interface State {
    /** An answer may still come. */
    @JsonPropertyOrder
    record InFlight() implements State {}

    /**
     * UPI answered. Whether it confirmed the person is in the answer's outcome.
     *
     * @param answer what it answered
     */
    record Answered(Answer answer) implements State {}

    /** UPI never processed it; the same order may be sent. */
    @JsonPropertyOrder
    record NotSent() implements State {}

    /** Sent, and no valid answer came; it is never sent again. */
    @JsonPropertyOrder
    record OutcomeUnknown() implements State {}

    /**
     * A state of a later gateway.
     *
     * @param name what that gateway calls it
     */
    record Other(String name) implements State {}
}
