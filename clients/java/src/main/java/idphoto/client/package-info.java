/**
 * Calls the ID photo verification gateway with safe defaults.
 *
 * <p>A verification asks how alike a photo is to the one on a person's ID card. The answer is a
 * {@link idphoto.client.Comparison} or a {@link idphoto.client.Rejection}; every other end is an
 * {@link idphoto.client.IdPhotoException}. Each new order id may be charged, and the same order id
 * is sent at most once: to ask again, call again with the same {@link idphoto.client.Request}.
 *
 * <p>An {@link idphoto.client.IdPhotoClient} uses TLS, gives every call a deadline, balances over
 * all addresses whose health is good, and tries again on UNAVAILABLE only. Names, ID numbers and
 * photos do not show in what this package prints or logs.
 */
package idphoto.client;
