package idphoto.client;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.File;
import java.io.IOException;
import java.lang.module.ModuleFinder;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.jar.JarFile;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A module that requires the client: calls that fail need most of what the client requires. */
class ModulePathTest {
    private static final String MODULE = "module shop { requires idphoto.client; }";
    private static final String PROGRAM = """
            package shop;

            import idphoto.client.*;
            import idphoto.client.testing.*;

            public class Program {
                public static void main(String[] args) {
                    System.out.println(IdPhotoClient.class.getModule());
                    try (IdPhotoClient client = IdPhotoClient.builder(args[0]).plaintext().build()) {
                        client.getVerification("order");
                    } catch (IdPhotoException e) {
                        System.out.println(e.code());
                    }
                    try (IdPhotoFake gateway = IdPhotoFake.start(Reply.fail(Reason.OVERLOADED))) {
                        gateway.client().validate(new Request(
                                new Customer("", ""), new Photo(new byte[0]),
                                new Consent("", "", "", "")));
                    } catch (IdPhotoException e) {
                        System.out.println(e.reason());
                    }
                }
            }
            """;
    private static final String SAID = "module idphoto.client\nUNAVAILABLE\nOVERLOADED\n";

    @TempDir
    private Path folder;

    @Test
    void aProgramNeedsNothingButTheModulePath() throws Exception {
        assertEquals(SAID, run(List.of("-p", path(jars()))));
    }

    // Gradle, Maven and IDEs leave them there.
    @Test
    void jarsThatNameNoModuleMayBeOnTheClassPath() throws Exception {
        assertEquals(SAID, run(List.of(
                "-p", path(jars().stream().filter(ModulePathTest::isModule).toList()),
                "-cp", path(jars().stream().filter(jar -> !isModule(jar)).toList()))));
    }

    private static String path(List<String> jars) {
        return String.join(File.pathSeparator, jars);
    }

    private String run(List<String> paths) throws Exception {
        Path sources = Files.createDirectories(folder.resolve("shop"));
        Path module = Files.writeString(folder.resolve("module-info.java"), MODULE);
        Path program = Files.writeString(sources.resolve("Program.java"), PROGRAM);
        Path classes = folder.resolve("classes");
        List<String> compile = new ArrayList<>(paths);
        compile.addAll(List.of("-d", classes.toString(), module.toString(), program.toString()));
        ended("javac", compile);
        List<String> run = new ArrayList<>(paths);
        run.set(1, classes + File.pathSeparator + paths.get(1));
        run.addAll(List.of("-m", "shop/shop.Program", nobody()));
        return ended("java", run);
    }

    private static String nobody() throws IOException {
        try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            return "127.0.0.1:" + socket.getLocalPort();
        }
    }

    private String ended(String tool, List<String> arguments) throws Exception {
        List<String> command = new ArrayList<>(arguments);
        command.add(0, Path.of(System.getProperty("java.home"), "bin", tool).toString());
        Path errors = folder.resolve("stderr");
        Process process =
                new ProcessBuilder(command).redirectError(errors.toFile()).start();
        String said =
                new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertEquals(0, process.waitFor(), Files.readString(errors));
        return said;
    }

    /** The class path without what is only for tests. */
    private static List<String> jars() {
        return Stream.of(System.getProperty("java.class.path").split(File.pathSeparator))
                .filter(path -> Stream.of("test-classes", "junit", "opentest4j", "surefire",
                        "opentelemetry", "jackson", "gson").noneMatch(path::contains))
                .collect(Collectors.toList());
    }

    private static boolean isModule(String path) {
        boolean named = ModuleFinder.of(Path.of(path)).findAll().stream()
                .anyMatch(module -> !module.descriptor().isAutomatic());
        return named || hasModuleName(path);
    }

    private static boolean hasModuleName(String path) {
        try (JarFile jar = new JarFile(path)) {
            return jar.getManifest() != null && jar.getManifest().getMainAttributes()
                    .getValue("Automatic-Module-Name") != null;
        } catch (IOException e) {
            throw new AssertionError(path, e);
        }
    }
}
