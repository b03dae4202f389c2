package idphoto.client.testing;

import io.grpc.Context;
import io.grpc.Contexts;
import io.grpc.Metadata;
import io.grpc.ServerCall;
import io.grpc.ServerCallHandler;
import io.grpc.ServerInterceptor;

/** Keeps the headers of a call in its context. */
final class Headers implements ServerInterceptor {
    private static final Context.Key<Metadata> KEY =
            Context.keyWithDefault("headers", new Metadata());

    /** Those of the current call. */
    static Metadata current() {
        return KEY.get();
    }

    @Override
    public <Q, R> ServerCall.Listener<Q> interceptCall(
            ServerCall<Q, R> call, Metadata headers, ServerCallHandler<Q, R> next) {
        Context context = Context.current().withValue(KEY, headers);
        return Contexts.interceptCall(context, call, headers, next);
    }
}
