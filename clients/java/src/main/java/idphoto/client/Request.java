package idphoto.client;

import com.google.protobuf.Message;
import idphoto.v1.VerifyIdPhotoRequest;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;

/**
 * One verification. Called again with the same request, the gateway gives the same answer and
 * charges nothing; so keep the request, or its order id, until there is an answer.
 *
 * @param orderId what the gateway knows the verification by: 35 printable ASCII characters without
 *     personal data, minted when it is null or empty
 * @param customer who is to be verified
 * @param photo the customer's picture
 * @param consent what the customer agreed to
 * @param merchant for whom the member asks; null is the one of the gateway's configuration, if
 *     there is one
 */
public record Request(
        String orderId, Customer customer, Photo photo, Consent consent, Merchant merchant) {

    /**
     * Mints the order id where there is none.
     *
     * @param orderId may be null or empty
     * @param customer who is to be verified
     * @param photo the customer's picture
     * @param consent what the customer agreed to
     * @param merchant may be null
     */
    public Request {
        orderId = orderId == null || orderId.isEmpty() ? OrderIds.mint(Instant.now()) : orderId;
        Objects.requireNonNull(customer, "customer");
        Objects.requireNonNull(photo, "photo");
        Objects.requireNonNull(consent, "consent");
    }

    /**
     * A verification with a new order id, for the merchant of the gateway's configuration.
     *
     * @param customer who is to be verified
     * @param photo the customer's picture
     * @param consent what the customer agreed to
     */
    public Request(Customer customer, Photo photo, Consent consent) {
        this(null, customer, photo, consent, null);
    }

    /**
     * The same with an order id of the caller's own.
     *
     * @param id 35 printable ASCII characters; minted when it is null or empty
     * @return the new request
     */
    public Request withOrderId(String id) {
        return new Request(id, customer, photo, consent, merchant);
    }

    /**
     * The same for another merchant.
     *
     * @param other null is the one of the gateway's configuration
     * @return the new request
     */
    public Request withMerchant(Merchant other) {
        return new Request(orderId, customer, photo, consent, other);
    }

    VerifyIdPhotoRequest toProto(boolean validateOnly) {
        VerifyIdPhotoRequest.Builder request = VerifyIdPhotoRequest.newBuilder()
                .setOrderId(orderId)
                .setCustomer(customer.toProto())
                .setPhoto(photo.toProto())
                .setConsent(consent.toProto())
                .setValidateOnly(validateOnly);
        if (merchant != null) {
            request.setMerchant(merchant.toProto());
        }
        checkText(request.build(), orderId, Dispatch.NOT_SENT);
        return request.build();
    }

    // Protobuf would replace half of a surrogate pair by a question mark and send that.
    static void checkText(Message message, String orderId, Dispatch dispatch) {
        List<Violation> violations = new ArrayList<>();
        collect(message, "", violations);
        if (!violations.isEmpty()) {
            throw Failure.invalid(orderId, dispatch, violations).asException(null);
        }
    }

    private static void collect(Message message, String path, List<Violation> violations) {
        message.getAllFields().forEach((field, value) -> {
            if (value instanceof Message inner) {
                collect(inner, path + field.getName() + ".", violations);
            } else if (value instanceof String text
                    && !StandardCharsets.UTF_8.newEncoder().canEncode(text)) {
                violations.add(new Violation(path + field.getName(), "must be UTF-8"));
            }
        });
    }
}
