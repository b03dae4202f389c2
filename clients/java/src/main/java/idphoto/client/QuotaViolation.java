package idphoto.client;

import java.io.Serializable;

/**
 * A limit of a caller that it reached.
 *
 * @param subject whose limit it is, such as caller:loans
 * @param description the limit's key in the gateway's configuration, such as rate
 * @serial exclude
 */
public record QuotaViolation(String subject, String description) implements Serializable {}
