package idphoto.client;

import java.nio.charset.StandardCharsets;
import java.util.List;

/** Requests whose personal data can be recognised wherever it shows. */
final class Samples {
    static final String NAME = "金丝雀";
    static final String ID_NUMBER = "CANARY0123456789XY";
    static final String PHOTO = "canary-photo-bytes";
    static final String TEXT = "canary message of UPI";
    static final String ORDER = "20261124081500ABCDEFGHIJKLMNOPQRSTU";

    private Samples() {}

    static List<String> canaries() {
        return List.of(NAME, ID_NUMBER, PHOTO, TEXT);
    }

    static Request request() {
        return new Request(new Customer(NAME, ID_NUMBER),
                new Photo(PHOTO.getBytes(StandardCharsets.UTF_8)), consent());
    }

    static Consent consent() {
        return new Consent("onboarding", "account opening", "terms 1", "20260101000001");
    }

    static Rejection rejection() {
        return new Rejection(Category.NOT_CONFIRMED, "70", TEXT, TEXT);
    }
}
