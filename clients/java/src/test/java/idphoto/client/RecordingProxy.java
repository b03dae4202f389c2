package idphoto.client;

import java.io.BufferedReader;
import java.io.Closeable;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Proxy;
import java.net.ProxySelector;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.SocketAddress;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;

/** A forward proxy that knows CONNECT and notes it. */
final class RecordingProxy extends ProxySelector implements Closeable {
    final List<String> tunnels = new CopyOnWriteArrayList<>();
    private final ServerSocket server = new ServerSocket(0, 50, InetAddress.getLoopbackAddress());

    RecordingProxy() throws IOException {
        begin(() -> {
            while (true) {
                Socket near = server.accept();
                begin(() -> tunnel(near));
            }
        });
    }

    /** As a program's own selector says, or {@code -Dhttps.proxyHost} without its exceptions. */
    @Override
    public List<Proxy> select(URI uri) {
        return List.of(new Proxy(Proxy.Type.HTTP,
                new InetSocketAddress(server.getInetAddress(), server.getLocalPort())));
    }

    @Override
    public void connectFailed(URI uri, SocketAddress address, IOException e) {}

    @Override
    public void close() throws IOException {
        server.close();
    }

    private void tunnel(Socket near) throws IOException {
        // gRPC sends nothing after the empty line before it has the answer.
        BufferedReader head = new BufferedReader(
                new InputStreamReader(near.getInputStream(), StandardCharsets.US_ASCII));
        String[] asked = head.readLine().split(" ");
        for (String line = head.readLine(); !line.isEmpty(); line = head.readLine()) {
            continue;
        }
        tunnels.add(asked[0] + " " + asked[1]);
        int colon = asked[1].lastIndexOf(':');
        Socket far = new Socket(
                asked[1].substring(0, colon), Integer.parseInt(asked[1].substring(colon + 1)));
        near.getOutputStream().write(
                "HTTP/1.1 200 OK\r\n\r\n".getBytes(StandardCharsets.US_ASCII));
        begin(() -> copy(near, far));
        copy(far, near);
    }

    private static void copy(Socket from, Socket to) throws IOException {
        try (from; to) {
            InputStream in = from.getInputStream();
            OutputStream out = to.getOutputStream();
            in.transferTo(out);
        }
    }

    private interface Work {
        void run() throws IOException;
    }

    private static void begin(Work work) {
        Thread thread = new Thread(() -> {
            try {
                work.run();
            } catch (IOException e) {
                // The end of a connection, or of the proxy.
                return;
            }
        }, "proxy");
        thread.setDaemon(true);
        thread.start();
    }
}
