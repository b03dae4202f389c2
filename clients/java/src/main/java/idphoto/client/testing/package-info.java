/**
 * A gateway for tests of programs that use {@link idphoto.client.IdPhotoClient}: in the same
 * process, without network, with answers and errors by script.
 *
 * <pre>{@code
 * try (IdPhotoFake gateway = IdPhotoFake.start(Reply.answer(new Comparison(42)))) {
 *     IdPhotoClient client = gateway.client();
 *     ...
 * }
 * }</pre>
 *
 * <p>It keeps the promises about order ids: the same order again gets the same answer, an order id
 * with other content is refused. It does not check fields.
 */
package idphoto.client.testing;
