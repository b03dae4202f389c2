package idphoto.client;

/**
 * How alike the faces are. It is no verdict: how much is enough is the caller's decision.
 *
 * @param confidence from 0 to 100; the higher, the more alike
 */
public record Comparison(int confidence) implements Outcome {}
