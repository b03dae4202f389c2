package idphoto.client;

import java.util.Objects;

/**
 * The merchant for whom the gateway's member asks; its fields go together.
 *
 * @param id 1 to 15 printable ASCII characters
 * @param name 1 to 25 characters
 * @param categoryCode 4 digits
 */
public record Merchant(String id, String name, String categoryCode) {

    /**
     * Refuses nulls; every other rule is the gateway's.
     *
     * @param id 1 to 15 printable ASCII characters
     * @param name 1 to 25 characters
     * @param categoryCode 4 digits
     */
    public Merchant {
        Objects.requireNonNull(id, "id");
        Objects.requireNonNull(name, "name");
        Objects.requireNonNull(categoryCode, "categoryCode");
    }

    idphoto.v1.Merchant toProto() {
        return idphoto.v1.Merchant.newBuilder()
                .setId(id)
                .setName(name)
                .setCategoryCode(categoryCode)
                .build();
    }
}
