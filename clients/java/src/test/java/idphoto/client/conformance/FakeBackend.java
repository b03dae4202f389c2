package idphoto.client.conformance;

import com.google.protobuf.Any;
import com.google.rpc.BadRequest;
import com.google.rpc.ErrorInfo;
import com.google.rpc.QuotaFailure;
import com.google.rpc.RetryInfo;
import idphoto.v1.GetVerificationRequest;
import idphoto.v1.GetVerificationResponse;
import idphoto.v1.IdPhotoServiceGrpc;
import idphoto.v1.RejectionCategory;
import idphoto.v1.VerificationState;
import idphoto.v1.VerifyIdPhotoRequest;
import idphoto.v1.VerifyIdPhotoResponse;
import io.grpc.Metadata;
import io.grpc.Server;
import io.grpc.ServerCall;
import io.grpc.ServerCallHandler;
import io.grpc.ServerInterceptor;
import io.grpc.ServerInterceptors;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.grpc.health.v1.HealthCheckResponse.ServingStatus;
import io.grpc.netty.shaded.io.grpc.netty.NettyServerBuilder;
import io.grpc.protobuf.StatusProto;
import io.grpc.protobuf.services.HealthStatusManager;
import io.grpc.stub.StreamObserver;
import java.io.Closeable;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CopyOnWriteArrayList;

/** A gRPC server on a socket that says what a script says. */
final class FakeBackend extends IdPhotoServiceGrpc.IdPhotoServiceImplBase implements Closeable {
    private static final Metadata.Key<String> AUTHORIZATION =
            Metadata.Key.of("authorization", Metadata.ASCII_STRING_MARSHALLER);

    private final Connections connections = new Connections();
    private final Optional<UnixSocket> socket;
    private final Server server;
    private final List<String> tokens = new CopyOnWriteArrayList<>();
    private final Deque<Manifest.Reply> script = new ArrayDeque<>();
    private final Set<String> orders = new HashSet<>();
    private int calls;

    FakeBackend(Manifest.Backend spec) throws IOException {
        HealthStatusManager checks = new HealthStatusManager();
        checks.setStatus(IdPhotoServiceGrpc.SERVICE_NAME, spec.health() == null
                ? ServingStatus.SERVING
                : ServingStatus.valueOf(spec.health()));
        socket = "unix".equals(spec.listen()) ? Optional.of(new UnixSocket()) : Optional.empty();
        server = socket.map(UnixSocket::builder).orElseGet(this::loopback)
                .addService(ServerInterceptors.intercept(this, shown()))
                .addService(checks.getHealthService())
                .build()
                .start();
    }

    private NettyServerBuilder loopback() {
        return NettyServerBuilder
                .forAddress(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0))
                .channelFactory(connections)
                .bossEventLoopGroup(connections.group())
                .workerEventLoopGroup(connections.group());
    }

    private ServerInterceptor shown() {
        return new ServerInterceptor() {
            @Override
            public <Q, R> ServerCall.Listener<Q> interceptCall(
                    ServerCall<Q, R> call, Metadata headers, ServerCallHandler<Q, R> next) {
                if (headers.containsKey(AUTHORIZATION)) {
                    tokens.add(headers.get(AUTHORIZATION).replaceFirst("^Bearer ", ""));
                }
                return next.startCall(call, headers);
            }
        };
    }

    String address() {
        return socket.map(UnixSocket::target).orElseGet(() -> "127.0.0.1:" + server.getPort());
    }

    synchronized void say(List<Manifest.Reply> replies) {
        script.clear();
        script.addAll(replies);
        orders.clear();
        tokens.clear();
        calls = 0;
    }

    synchronized int calls() {
        return calls;
    }

    /** The bearer tokens of the calls. */
    List<String> tokens() {
        return tokens;
    }

    synchronized int orders() {
        return orders.size();
    }

    @Override
    public void close() {
        server.shutdownNow();
        connections.close();
        socket.ifPresent(UnixSocket::close);
    }

    @Override
    public void verifyIdPhoto(
            VerifyIdPhotoRequest request, StreamObserver<VerifyIdPhotoResponse> observer) {
        Manifest.Reply reply = next(request.getOrderId());
        if (isOver(reply, request.getOrderId(), observer)) {
            return;
        }
        observer.onNext(response(reply.answer(), request.getOrderId()));
        observer.onCompleted();
    }

    @Override
    public void getVerification(
            GetVerificationRequest request, StreamObserver<GetVerificationResponse> observer) {
        Manifest.Reply reply = next(request.getOrderId());
        if (isOver(reply, request.getOrderId(), observer)) {
            return;
        }
        String state = reply.state() == null ? "ANSWERED" : reply.state();
        GetVerificationResponse.Builder response = GetVerificationResponse.newBuilder()
                .setOrderId(request.getOrderId())
                .setState(VerificationState.valueOf("VERIFICATION_STATE_" + state));
        if (reply.answer() != null) {
            response.setResult(response(reply.answer(), request.getOrderId()));
        }
        observer.onNext(response.build());
        observer.onCompleted();
    }

    private boolean isOver(Manifest.Reply reply, String orderId, StreamObserver<?> observer) {
        if (reply.breaking() == Boolean.TRUE) {
            connections.cut();
            return true;
        }
        if (reply.error() != null) {
            observer.onError(status(reply.error(), orderId));
            return true;
        }
        return false;
    }

    private synchronized Manifest.Reply next(String orderId) {
        calls++;
        orders.add(orderId);
        return script.size() > 1 ? script.remove() : script.element();
    }

    private static VerifyIdPhotoResponse response(Manifest.Answer answer, String orderId) {
        VerifyIdPhotoResponse.Builder response = VerifyIdPhotoResponse.newBuilder()
                .setOrderId(orderId)
                .setUpiUuid("0".repeat(32))
                .setReplayed(Boolean.TRUE.equals(answer.replayed()));
        if (answer.confidence() != null) {
            response.getComparisonBuilder().setConfidence(answer.confidence());
        } else {
            response.getRejectionBuilder()
                    .setCategory(
                            RejectionCategory.valueOf("REJECTION_CATEGORY_" + answer.category()))
                    .setCode(answer.code())
                    .setMessage("refused");
        }
        return response.build();
    }

    private static StatusRuntimeException status(Manifest.Error error, String orderId) {
        com.google.rpc.Status.Builder status = com.google.rpc.Status.newBuilder()
                .setCode(Status.Code.valueOf(error.code()).value())
                .setMessage("by script");
        if (error.reason() == null) {
            return Status.fromCodeValue(status.getCode()).withDescription("by script")
                    .asRuntimeException();
        }
        status.addDetails(Any.pack(info(error, orderId)));
        if (error.fields() != null) {
            BadRequest.Builder bad = BadRequest.newBuilder();
            error.fields().forEach(field ->
                    bad.addFieldViolationsBuilder().setField(field).setDescription("by script"));
            status.addDetails(Any.pack(bad.build()));
        }
        if (error.quota() != null) {
            QuotaFailure.Builder failure = QuotaFailure.newBuilder();
            for (String limit : error.quota()) {
                String[] words = limit.split(" ", 2);
                failure.addViolationsBuilder().setSubject(words[0]).setDescription(words[1]);
            }
            status.addDetails(Any.pack(failure.build()));
        }
        if (error.retryAfter() != null) {
            RetryInfo.Builder info = RetryInfo.newBuilder();
            info.getRetryDelayBuilder().setSeconds(error.retryAfter().toSeconds());
            status.addDetails(Any.pack(info.build()));
        }
        return StatusProto.toStatusRuntimeException(status.build());
    }

    private static ErrorInfo info(Manifest.Error error, String orderId) {
        ErrorInfo.Builder info = ErrorInfo.newBuilder()
                .setReason(error.reason())
                .setDomain(error.domain() == null ? "idphoto" : error.domain())
                .putMetadata("order_id", orderId);
        if (error.dispatch() != null) {
            info.putMetadata("dispatch", error.dispatch());
        }
        if (error.retry() != null) {
            info.putMetadata("retry", error.retry());
        }
        return info.build();
    }
}
