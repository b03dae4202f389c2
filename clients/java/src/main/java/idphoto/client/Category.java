package idphoto.client;

import idphoto.v1.RejectionCategory;

/**
 * Groups response codes. Later gateways may have more than the constants.
 *
 * @param name the name in the contract
 */
public record Category(String name) {
    /** The source did not confirm the person. */
    public static final Category NOT_CONFIRMED = new Category("NOT_CONFIRMED");
    /** UPI found the message wrong. */
    public static final Category INVALID_REQUEST = new Category("INVALID_REQUEST");
    /** UPI had seen the order id before. */
    public static final Category DUPLICATE_ORDER = new Category("DUPLICATE_ORDER");
    /** A policy, a contract or a limit forbids it. */
    public static final Category NOT_PERMITTED = new Category("NOT_PERMITTED");
    /** No result now. */
    public static final Category SOURCE_UNAVAILABLE = new Category("SOURCE_UNAVAILABLE");
    /** Any other code. */
    public static final Category OTHER = new Category("OTHER");

    private static final String PREFIX = "REJECTION_CATEGORY_";

    static Category fromProto(idphoto.v1.Rejection rejection) {
        RejectionCategory category = rejection.getCategory();
        return new Category(category == RejectionCategory.UNRECOGNIZED
                ? Integer.toString(rejection.getCategoryValue())
                : category.name().substring(PREFIX.length()));
    }

    /** The name. */
    @Override
    public String toString() {
        return name;
    }
}
