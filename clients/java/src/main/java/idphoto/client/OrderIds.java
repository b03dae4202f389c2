package idphoto.client;

import java.security.SecureRandom;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;

/** Mints order ids. */
final class OrderIds {
    private static final SecureRandom RANDOM = new SecureRandom();
    private static final DateTimeFormatter TIME =
            DateTimeFormatter.ofPattern("uuuuMMddHHmmss").withZone(ZoneOffset.UTC);
    private static final String ALPHABET = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ";
    private static final int RANDOM_CHARACTERS = 21;

    private OrderIds() {}

    static String mint(Instant now) {
        StringBuilder id = new StringBuilder(TIME.format(now));
        // A bounded nextInt is unbiased: it draws again where a remainder would not be.
        RANDOM.ints(RANDOM_CHARACTERS, 0, ALPHABET.length())
                .forEach(index -> id.append(ALPHABET.charAt(index)));
        return id.toString();
    }
}
