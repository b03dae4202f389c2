package idphoto.client;

/** What UPI answered: either a {@link Comparison} or a {@link Rejection}. */
public sealed interface Outcome permits Comparison, Rejection {}
