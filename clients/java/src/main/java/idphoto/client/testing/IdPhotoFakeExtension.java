package idphoto.client.testing;

import idphoto.client.IdPhotoClient;
import org.junit.jupiter.api.extension.AfterEachCallback;
import org.junit.jupiter.api.extension.ExtensionContext;
import org.junit.jupiter.api.extension.ParameterContext;
import org.junit.jupiter.api.extension.ParameterResolver;

/**
 * Gives each JUnit test a fake gateway of its own and a client of it, as parameters.
 *
 * <pre>{@code
 * @ExtendWith(IdPhotoFakeExtension.class)
 * class OnboardingTest {
 *     @Test
 *     void asksAgainWhenTheAnswerIsPending(IdPhotoFake gateway, IdPhotoClient client) { ... }
 * }
 * }</pre>
 */
public final class IdPhotoFakeExtension implements ParameterResolver, AfterEachCallback {
    private static final ExtensionContext.Namespace SPACE =
            ExtensionContext.Namespace.create(IdPhotoFakeExtension.class);

    /** JUnit makes it. */
    public IdPhotoFakeExtension() {}

    @Override
    public boolean supportsParameter(ParameterContext parameter, ExtensionContext test) {
        Class<?> type = parameter.getParameter().getType();
        return type == IdPhotoFake.class || type == IdPhotoClient.class;
    }

    @Override
    public Object resolveParameter(ParameterContext parameter, ExtensionContext test) {
        IdPhotoFake fake = test.getStore(SPACE).getOrComputeIfAbsent(
                IdPhotoFake.class, type -> IdPhotoFake.start(), IdPhotoFake.class);
        return parameter.getParameter().getType() == IdPhotoClient.class ? fake.client() : fake;
    }

    @Override
    public void afterEach(ExtensionContext test) {
        IdPhotoFake fake = test.getStore(SPACE).remove(IdPhotoFake.class, IdPhotoFake.class);
        if (fake != null) {
            fake.close();
        }
    }
}
