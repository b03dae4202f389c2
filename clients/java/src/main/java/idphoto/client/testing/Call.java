package idphoto.client.testing;

import idphoto.client.Consent;
import idphoto.client.Merchant;
import idphoto.v1.VerifyIdPhotoRequest;
import io.grpc.Metadata;
import java.util.Optional;

/**
 * A request as the fake gateway received it.
 *
 * @param orderId the order's
 * @param name the customer's
 * @param idNumber the customer's
 * @param photo the picture
 * @param consent the evidence
 * @param merchant empty when none was named
 * @param validateOnly set for a validation
 * @param metadata the headers, such as those of interceptors
 */
public record Call(String orderId, String name, String idNumber, byte[] photo, Consent consent,
        Optional<Merchant> merchant, boolean validateOnly, Metadata metadata) {

    static Call received(VerifyIdPhotoRequest request, Metadata metadata) {
        idphoto.v1.Consent consent = request.getConsent();
        idphoto.v1.Merchant merchant = request.getMerchant();
        return new Call(request.getOrderId(),
                request.getCustomer().getName(), request.getCustomer().getIdNumber(),
                request.getPhoto().toByteArray(),
                new Consent(consent.getUsageScenario(), consent.getPurpose(),
                        consent.getAgreementVersion(), consent.getAgreementSerial()),
                request.hasMerchant()
                        ? Optional.of(new Merchant(
                                merchant.getId(), merchant.getName(), merchant.getCategoryCode()))
                        : Optional.empty(),
                request.getValidateOnly(), metadata);
    }

    /** Shows no personal data. */
    @Override
    public String toString() {
        return "Call[orderId=" + orderId + "]";
    }
}
