package idphoto.client;

import java.io.Serializable;

/**
 * A field that breaks a rule.
 *
 * @param field its path in the request, such as customer.id_number
 * @param description the rule
 * @serial exclude
 */
public record Violation(String field, String description) implements Serializable {}
