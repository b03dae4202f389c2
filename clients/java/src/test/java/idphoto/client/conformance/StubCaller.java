package idphoto.client.conformance;

import com.google.protobuf.Any;
import com.google.protobuf.ByteString;
import com.google.protobuf.InvalidProtocolBufferException;
import com.google.rpc.BadRequest;
import com.google.rpc.ErrorInfo;
import com.google.rpc.QuotaFailure;
import com.google.rpc.RetryInfo;
import idphoto.v1.GetVerificationRequest;
import idphoto.v1.GetVerificationResponse;
import idphoto.v1.IdPhotoServiceGrpc;
import idphoto.v1.IdPhotoServiceGrpc.IdPhotoServiceBlockingStub;
import idphoto.v1.VerificationState;
import idphoto.v1.VerifyIdPhotoRequest;
import idphoto.v1.VerifyIdPhotoResponse;
import idphoto.v1.VerifyIdPhotoResponse.OutcomeCase;
import io.grpc.ChannelCredentials;
import io.grpc.Deadline;
import io.grpc.Grpc;
import io.grpc.InsecureChannelCredentials;
import io.grpc.ManagedChannel;
import io.grpc.StatusRuntimeException;
import io.grpc.TlsChannelCredentials;
import io.grpc.protobuf.StatusProto;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/** Calls by nothing but the generated code. */
final class StubCaller implements Caller {
    private static final Duration DEADLINE = Duration.ofSeconds(20);
    private static final long POLL_MILLIS = 100;

    private final ManagedChannel channel;
    private final IdPhotoServiceBlockingStub stub;

    StubCaller(String target, Manifest.Client spec, Path folder) throws IOException {
        channel = Grpc.newChannelBuilder(target, credentials(spec, folder)).build();
        stub = IdPhotoServiceGrpc.newBlockingStub(channel);
    }

    private static ChannelCredentials credentials(Manifest.Client spec, Path folder)
            throws IOException {
        if (!Boolean.TRUE.equals(spec.tls())) {
            return InsecureChannelCredentials.create();
        }
        TlsChannelCredentials.Builder tls = TlsChannelCredentials.newBuilder();
        if (spec.caFile() != null) {
            tls.trustManager(folder.resolve(spec.caFile()).toFile());
        }
        if (spec.certFile() != null) {
            tls.keyManager(folder.resolve(spec.certFile()).toFile(),
                    folder.resolve(spec.keyFile()).toFile());
        }
        return tls.build();
    }

    @Override
    public void close() {
        channel.shutdownNow();
    }

    @Override
    public Result verify(String order, Map<String, String> fields, boolean validateOnly,
            Duration deadline) throws IOException {
        VerifyIdPhotoRequest request = request(order, fields, validateOnly);
        try {
            VerifyIdPhotoResponse response = until(deadline(deadline)).verifyIdPhoto(request);
            return validateOnly && response.getOutcomeCase() == OutcomeCase.OUTCOME_NOT_SET
                    ? Result.validated(order)
                    : Result.answered(order, "", answer(response));
        } catch (StatusRuntimeException e) {
            return Result.failed(order, failure(e));
        }
    }

    @Override
    public Result get(String order, Duration deadline) {
        return get(order, deadline(deadline));
    }

    private Result get(String order, Deadline deadline) {
        try {
            GetVerificationResponse response = until(deadline).getVerification(
                    GetVerificationRequest.newBuilder().setOrderId(order).build());
            String state = response.getState().name().substring("VERIFICATION_STATE_".length());
            return Result.answered(order, state, answer(response.getResult()));
        } catch (StatusRuntimeException e) {
            return Result.failed(order, failure(e));
        }
    }

    // What a user of plain stubs has to do by hand. An end without an answer gets the words
    // that the call itself has for it.
    @Override
    public Result await(String order, Duration within) throws InterruptedException {
        Deadline deadline = deadline(within);
        Result last = get(order, deadline);
        while (goesOn(last) && !deadline.isExpired()) {
            // Sleeps: between two questions.
            TimeUnit.MILLISECONDS.sleep(POLL_MILLIS);
            Result found = get(order, deadline);
            last = found.failure() != null && last.state().equals("IN_FLIGHT") ? last : found;
        }
        Result.Failure end = switch (last.state()) {
            case "IN_FLIGHT" ->
                    end("DEADLINE_EXCEEDED", "ANSWER_PENDING", "IN_FLIGHT", "SAME_ORDER");
            case "NOT_SENT" -> end("UNAVAILABLE", "", "NOT_SENT", "SAME_ORDER");
            case "OUTCOME_UNKNOWN" -> end("UNKNOWN", "OUTCOME_UNKNOWN", "UNKNOWN", "NEW_ORDER");
            default -> last.failure();
        };
        return end == null
                ? Result.answered(order, "", last.answer())
                : Result.failed(order, end);
    }

    private static boolean goesOn(Result last) {
        return last.failure() == null
                ? last.state().equals(name(VerificationState.VERIFICATION_STATE_IN_FLIGHT))
                : !last.failure().code().equals("NOT_FOUND");
    }

    private static String name(VerificationState state) {
        return state.name().substring("VERIFICATION_STATE_".length());
    }

    private static Result.Failure end(String code, String reason, String dispatch, String retry) {
        return new Result.Failure(code, reason, dispatch, retry, "", List.of(), List.of(), null);
    }

    private IdPhotoServiceBlockingStub until(Deadline deadline) {
        return stub.withDeadline(deadline);
    }

    private static Deadline deadline(Duration within) {
        Duration time = within == null ? DEADLINE : within;
        return Deadline.after(time.toMillis(), TimeUnit.MILLISECONDS);
    }

    private static VerifyIdPhotoRequest request(
            String order, Map<String, String> fields, boolean validateOnly) throws IOException {
        VerifyIdPhotoRequest.Builder request = VerifyIdPhotoRequest.newBuilder()
                .setOrderId(order)
                .setPhoto(ByteString.copyFrom(Manifest.photo(fields.get("photo"))))
                .setValidateOnly(validateOnly);
        request.getCustomerBuilder()
                .setName(fields.get("customer.name"))
                .setIdNumber(fields.get("customer.id_number"));
        request.getConsentBuilder()
                .setUsageScenario(fields.get("consent.usage_scenario"))
                .setPurpose(fields.get("consent.purpose"))
                .setAgreementVersion(fields.get("consent.agreement_version"))
                .setAgreementSerial(fields.get("consent.agreement_serial"));
        if (fields.keySet().stream().anyMatch(path -> path.startsWith("merchant."))) {
            request.getMerchantBuilder()
                    .setId(fields.getOrDefault("merchant.id", ""))
                    .setName(fields.getOrDefault("merchant.name", ""))
                    .setCategoryCode(fields.getOrDefault("merchant.category_code", ""));
        }
        return request.build();
    }

    private static Result.Answer answer(VerifyIdPhotoResponse response) {
        return switch (response.getOutcomeCase()) {
            case COMPARISON -> new Result.Answer(response.getOrderId(), response.getUpiUuid(),
                    response.getComparison().getConfidence(), "", "", response.getReplayed());
            case REJECTION -> new Result.Answer(response.getOrderId(), response.getUpiUuid(), null,
                    response.getRejection().getCategory().name()
                            .substring("REJECTION_CATEGORY_".length()),
                    response.getRejection().getCode(), response.getReplayed());
            case OUTCOME_NOT_SET -> null;
        };
    }

    private static Result.Failure failure(StatusRuntimeException e) {
        ErrorInfo info = ErrorInfo.getDefaultInstance();
        List<String> fields = List.of();
        List<String> quota = List.of();
        Duration retryAfter = null;
        com.google.rpc.Status status = StatusProto.fromThrowable(e);
        try {
            for (Any detail : status.getDetailsList()) {
                if (detail.is(BadRequest.class)) {
                    fields = detail.unpack(BadRequest.class).getFieldViolationsList().stream()
                            .map(BadRequest.FieldViolation::getField).toList();
                } else if (detail.is(QuotaFailure.class)) {
                    quota = detail.unpack(QuotaFailure.class).getViolationsList().stream()
                            .map(limit -> limit.getSubject() + " " + limit.getDescription())
                            .toList();
                } else if (detail.is(RetryInfo.class)) {
                    retryAfter = Duration.ofSeconds(
                            detail.unpack(RetryInfo.class).getRetryDelay().getSeconds());
                } else if (detail.is(ErrorInfo.class)
                        && detail.unpack(ErrorInfo.class).getDomain().equals("idphoto")) {
                    info = detail.unpack(ErrorInfo.class);
                }
            }
        } catch (InvalidProtocolBufferException bad) {
            throw new IllegalStateException(bad);
        }
        return new Result.Failure(e.getStatus().getCode().name(), info.getReason(),
                info.getMetadataOrDefault("dispatch", ""), info.getMetadataOrDefault("retry", ""),
                "", fields, quota, retryAfter);
    }
}
