package idphoto.client.conformance;

import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;

/** A client under test: this package's, or the plain stubs. An interrupt cancels its calls. */
interface Caller extends AutoCloseable {
    /** Makes a caller for a target. */
    interface Maker {
        Caller make(String target, Manifest.Client spec, Path folder) throws Exception;
    }

    /** Calls; without a deadline where it is null, with an order id of the client where empty. */
    Result verify(String order, Map<String, String> request, boolean validateOnly,
            Duration deadline) throws Exception;

    Result get(String order, Duration deadline) throws Exception;

    Result await(String order, Duration deadline) throws Exception;

    @Override
    void close();
}
