package idphoto.client;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.File;
import java.io.IOException;
import java.lang.reflect.InvocationTargetException;
import java.net.MalformedURLException;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.file.Path;
import java.util.Collections;
import java.util.Enumeration;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** A program in one jar, where of several files with one name a single one is left. */
class ServiceFilesTest {
    /** The whole class path as such a jar: of a service's files only those of some jars are there. */
    private static final class FatJar extends URLClassLoader {
        // When a class loader goes, its native library takes the methods of all others with it.
        private static final String NO_NATIVE =
                "io.grpc.netty.shaded.io.netty.transport.noNative";

        private final String service;
        private final String kept;

        FatJar(String service, String kept) {
            super(Stream.of(System.getProperty("java.class.path").split(File.pathSeparator))
                    .map(FatJar::url).toArray(URL[]::new), getPlatformClassLoader());
            this.service = "META-INF/services/" + service;
            this.kept = ".*/(" + kept + ")-.*";
        }

        private static URL url(String path) {
            try {
                return Path.of(path).toUri().toURL();
            } catch (MalformedURLException e) {
                throw new AssertionError(e);
            }
        }

        @Override
        public Enumeration<URL> findResources(String name) throws IOException {
            List<URL> all = Collections.list(super.findResources(name));
            return Collections.enumeration(name.equals(service)
                    ? all.stream().filter(one -> one.getPath().matches(kept)).toList()
                    : all);
        }

        /** Makes a client and closes it, as a program in this jar would. */
        void makeClient(String target) throws Throwable {
            ClassLoader before = Thread.currentThread().getContextClassLoader();
            Thread.currentThread().setContextClassLoader(this);
            System.setProperty(NO_NATIVE, "true");
            try {
                Object builder = loadClass(IdPhotoClient.class.getName())
                        .getMethod("builder", String.class).invoke(null, target);
                builder.getClass().getMethod("plaintext").invoke(builder);
                AutoCloseable client = (AutoCloseable)
                        builder.getClass().getMethod("build").invoke(builder);
                client.close();
            } catch (InvocationTargetException e) {
                throw e.getCause();
            } finally {
                System.clearProperty(NO_NATIVE);
                Thread.currentThread().setContextClassLoader(before);
            }
        }
    }

    @ParameterizedTest
    @CsvSource({
        "io.grpc.LoadBalancerProvider, grpc-core, localhost:1",
        "io.grpc.LoadBalancerProvider, grpc-util, localhost:1",
        "io.grpc.LoadBalancerProvider, grpc-services, localhost:1",
        "io.grpc.LoadBalancerProvider, grpc-core|grpc-util, localhost:1",
        "io.grpc.NameResolverProvider, grpc-netty-shaded, localhost:1",
        "io.grpc.NameResolverProvider, grpc-core, unix:/run/gateway",
        "io.grpc.ManagedChannelProvider, none, localhost:1",
    })
    void overwrittenFilesAreNamedWhenTheClientIsMade(String service, String kept, String target)
            throws IOException {
        try (FatJar jar = new FatJar(service, kept)) {
            IllegalStateException error =
                    assertThrows(IllegalStateException.class, () -> jar.makeClient(target));
            assertEquals("META-INF/services/" + service + " does not name all of gRPC's parts: it"
                    + " was overwritten when several jars were made one. Let that merge the files"
                    + " of META-INF/services: the ServicesResourceTransformer of"
                    + " maven-shade-plugin, mergeServiceFiles() of Gradle's Shadow",
                    error.getMessage());
        }
    }

    // Here it is as on a platform for which gRPC has no native library.
    @Test
    void aUnixSocketWithoutANativeTransportIsRefusedByName() throws IOException {
        try (FatJar jar = new FatJar("none", "none")) {
            IllegalStateException error = assertThrows(IllegalStateException.class,
                    () -> jar.makeClient("unix:/run/gateway"));
            assertTrue(error.getMessage().startsWith("target \"unix:/run/gateway\": gRPC reaches"
                    + " Unix sockets by its native transport"), error.getMessage());
        }
    }

    @Test
    void mergedFilesAreEnough() throws Throwable {
        try (FatJar jar = new FatJar("none", "none")) {
            jar.makeClient("localhost:1");
        }
    }

    // Where this class path has one of them only, the test above shows nothing.
    @Test
    void theseFilesComeFromSeveralJars() throws IOException {
        for (String service : List.of("LoadBalancerProvider", "NameResolverProvider")) {
            try (FatJar jar = new FatJar("none", "none")) {
                List<URL> files = Collections.list(
                        jar.findResources("META-INF/services/io.grpc." + service));
                assertTrue(files.size() > 1, files.toString());
            }
        }
    }
}
