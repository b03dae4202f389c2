package idphoto.client.conformance;

import io.grpc.netty.shaded.io.netty.channel.Channel;
import io.grpc.netty.shaded.io.netty.channel.ChannelFactory;
import io.grpc.netty.shaded.io.netty.channel.EventLoopGroup;
import io.grpc.netty.shaded.io.netty.channel.ServerChannel;
import io.grpc.netty.shaded.io.netty.channel.nio.NioEventLoopGroup;
import io.grpc.netty.shaded.io.netty.channel.socket.nio.NioServerSocketChannel;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.TimeUnit;

/** The connections of a server, which can be cut. */
public final class Connections implements ChannelFactory<ServerChannel> {
    private final EventLoopGroup group = new NioEventLoopGroup(1);
    private final Queue<Channel> open = new ConcurrentLinkedQueue<>();

    /** Runs the server; the channels of this are of its kind. */
    public EventLoopGroup group() {
        return group;
    }

    @Override
    public ServerChannel newChannel() {
        return new NioServerSocketChannel() {
            @Override
            protected int doReadMessages(List<Object> channels) throws Exception {
                int count = super.doReadMessages(channels);
                channels.forEach(channel -> open.add((Channel) channel));
                return count;
            }
        };
    }

    /** Past HTTP/2's own end, which would tell the client that it comes. */
    public void cut() {
        for (Channel channel = open.poll(); channel != null; channel = open.poll()) {
            Channel one = channel;
            one.eventLoop().execute(() -> one.unsafe().close(one.voidPromise()));
        }
    }

    /** Ends the threads. */
    public void close() {
        group.shutdownGracefully(0, 1, TimeUnit.SECONDS);
    }
}
