package idphoto.client;

/** What this module needs at run time and cannot require. */
final class ModulePath {
    private ModulePath() {}

    /**
     * The error details of Google come in a jar that names no module, so tools leave it on the class
     * path, which a module does not read. Without a module this does nothing.
     */
    static void readClassPath() {
        ClassLoader loader = ModulePath.class.getClassLoader();
        ModulePath.class.getModule().addReads(loader.getUnnamedModule());
    }
}
