package idphoto.client;

import com.fasterxml.jackson.annotation.JsonProperty;
import java.util.Objects;

/**
 * The refusal to compare, by UPI or by its source. When printed, logged or encoded it shows its
 * category and code only.
 */
public final class Rejection implements Outcome {
    @JsonProperty private final Category category;
    @JsonProperty private final String code;
    private final transient String message;
    private final transient String detail;

    /**
     * A rejection.
     *
     * @param category groups codes by what the caller can do
     * @param code UPI's response code, two characters
     * @param message UPI's text
     * @param detail UPI's additional text, perhaps empty
     */
    public Rejection(Category category, String code, String message, String detail) {
        this.category = Objects.requireNonNull(category, "category");
        this.code = Objects.requireNonNull(code, "code");
        this.message = Objects.requireNonNull(message, "message");
        this.detail = Objects.requireNonNull(detail, "detail");
    }

    /**
     * Groups codes by what the caller can do.
     *
     * @return the group
     */
    public Category category() {
        return category;
    }

    /**
     * UPI's response code.
     *
     * @return two characters
     */
    public String code() {
        return code;
    }

    /**
     * UPI's text, which may be shown to the customer and must not be logged.
     *
     * @return 1 to 100 characters
     */
    public String message() {
        return message;
    }

    /**
     * UPI's additional text, which must not be logged.
     *
     * @return up to 255 characters, perhaps none
     */
    public String detail() {
        return detail;
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof Rejection that
                && category.equals(that.category) && code.equals(that.code)
                && message.equals(that.message) && detail.equals(that.detail);
    }

    @Override
    public int hashCode() {
        return Objects.hash(category, code);
    }

    /** Shows neither of UPI's texts. */
    @Override
    public String toString() {
        return "Rejection[category=" + category + ", code=" + code + "]";
    }
}
