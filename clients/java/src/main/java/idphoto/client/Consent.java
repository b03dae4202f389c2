package idphoto.client;

import java.util.Objects;

/**
 * The evidence that the customer agreed. It must not contain personal data.
 *
 * @param usageScenario what the verification is used in, 2 to 40 characters
 * @param purpose what it is for, 2 to 128 characters
 * @param agreementVersion the name and version of the signed agreement, 2 to 128 characters
 * @param agreementSerial the signed agreement's serial number, 14 to 64 letters and digits
 */
public record Consent(
        String usageScenario, String purpose, String agreementVersion, String agreementSerial) {

    /**
     * Refuses nulls; every other rule is the gateway's.
     *
     * @param usageScenario what the verification is used in
     * @param purpose what it is for
     * @param agreementVersion the name and version of the signed agreement
     * @param agreementSerial the signed agreement's serial number
     */
    public Consent {
        Objects.requireNonNull(usageScenario, "usageScenario");
        Objects.requireNonNull(purpose, "purpose");
        Objects.requireNonNull(agreementVersion, "agreementVersion");
        Objects.requireNonNull(agreementSerial, "agreementSerial");
    }

    static Consent fromProto(idphoto.v1.Consent consent) {
        return new Consent(consent.getUsageScenario(), consent.getPurpose(),
                consent.getAgreementVersion(), consent.getAgreementSerial());
    }

    idphoto.v1.Consent toProto() {
        return idphoto.v1.Consent.newBuilder()
                .setUsageScenario(usageScenario)
                .setPurpose(purpose)
                .setAgreementVersion(agreementVersion)
                .setAgreementSerial(agreementSerial)
                .build();
    }
}
