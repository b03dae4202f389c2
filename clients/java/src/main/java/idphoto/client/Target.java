package idphoto.client;

import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Reads what a user names a gateway by, and gives gRPC the name that it reads the same way. */
final class Target {
    private static final Pattern HOST_AND_PORT =
            Pattern.compile("(\\[[0-9A-Fa-f:.%a-z]+]|[^\\[\\]:/\\s]+):(\\d{1,5})");
    private static final Pattern DNS = Pattern.compile("dns:(//[^/]*/|/?)([^/]+)");
    private static final int LAST_PORT = 65535;

    private Target() {}

    /** Refuses what cannot be a target with words that name it. */
    static String read(String target) {
        if (target.isBlank()) {
            throw wrong(target, "it is empty; it is host:port");
        }
        if (target.matches("(?i)https?:.*")) {
            throw wrong(target, "a target is host:port, not a URL");
        }
        Matcher dns = DNS.matcher(target);
        if (dns.matches()) {
            String plain = dns(target, dns.group(2));
            // With a name server of its own it is gRPC's to read.
            return dns.group(1).length() > "///".length() ? target : plain;
        }
        return target.contains("://") || target.startsWith("unix:") ? target : dns(target, target);
    }

    private static String dns(String target, String name) {
        Matcher matcher = HOST_AND_PORT.matcher(name);
        if (!matcher.matches()) {
            throw wrong(target, "it needs a host and a port, as in gateway.example:443");
        }
        int port = Integer.parseInt(matcher.group(2));
        if (port < 1 || port > LAST_PORT) {
            throw wrong(target, "a port is 1 to 65535");
        }
        String host = matcher.group(1);
        // gRPC's own resolver refuses an underscore, which names in Compose and DNS have.
        String scheme = host.contains("_") ? AnyHost.SCHEME : "dns";
        return scheme + ":///" + host.replace("[", "%5B").replace("]", "%5D") + ":" + port;
    }

    private static IllegalArgumentException wrong(String target, String why) {
        return new IllegalArgumentException("target \"" + target + "\": " + why);
    }
}
