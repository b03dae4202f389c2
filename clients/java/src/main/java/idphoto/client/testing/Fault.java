package idphoto.client.testing;

import com.google.protobuf.Any;
import com.google.rpc.BadRequest;
import com.google.rpc.ErrorInfo;
import com.google.rpc.QuotaFailure;
import com.google.rpc.RetryInfo;
import idphoto.client.Dispatch;
import idphoto.client.QuotaViolation;
import idphoto.client.Reason;
import idphoto.client.Retry;
import idphoto.client.Violation;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.grpc.protobuf.StatusProto;
import java.time.Duration;
import java.util.List;

/**
 * An error, as the gateway tells it; {@code retryAfter} is null when it does not say, and {@code
 * own} where it is not a status of the user's own.
 */
record Fault(Status.Code code, Reason reason, Dispatch dispatch, Retry retry,
        List<Violation> violations, List<QuotaViolation> quota, Duration retryAfter,
        com.google.rpc.Status own) {

    static Fault of(com.google.rpc.Status own) {
        return new Fault(Status.fromCodeValue(own.getCode()).getCode(), Reason.NONE, Dispatch.NONE,
                Retry.NONE, List.of(), List.of(), null, own);
    }

    Fault with(List<QuotaViolation> limits) {
        return new Fault(code, reason, dispatch, retry, violations, limits, retryAfter, own);
    }

    /** Whether the order id is used from then on. */
    boolean usesOrder() {
        return dispatch.equals(Dispatch.IN_FLIGHT) || dispatch.equals(Dispatch.UNKNOWN);
    }

    StatusRuntimeException of(String orderId) {
        if (own != null) {
            return StatusProto.toStatusRuntimeException(own);
        }
        com.google.rpc.Status.Builder status =
                com.google.rpc.Status.newBuilder().setCode(code.value());
        if (reason.equals(Reason.NONE)) {
            return StatusProto.toStatusRuntimeException(status.build());
        }
        status.addDetails(Any.pack(info(orderId)));
        if (!violations.isEmpty()) {
            status.addDetails(Any.pack(badRequest()));
        }
        if (!quota.isEmpty()) {
            status.addDetails(Any.pack(quotaFailure()));
        }
        if (retryAfter != null) {
            status.addDetails(Any.pack(retryInfo()));
        }
        return StatusProto.toStatusRuntimeException(status.build());
    }

    private ErrorInfo info(String orderId) {
        ErrorInfo.Builder info = ErrorInfo.newBuilder()
                .setDomain("idphoto")
                .setReason(reason.name())
                .putMetadata("order_id", orderId);
        if (!dispatch.equals(Dispatch.NONE)) {
            info.putMetadata("dispatch", dispatch.name()).putMetadata("retry", retry.name());
        }
        return info.build();
    }

    private BadRequest badRequest() {
        BadRequest.Builder bad = BadRequest.newBuilder();
        for (Violation violation : violations) {
            bad.addFieldViolationsBuilder()
                    .setField(violation.field())
                    .setDescription(violation.description());
        }
        return bad.build();
    }

    private QuotaFailure quotaFailure() {
        QuotaFailure.Builder failure = QuotaFailure.newBuilder();
        for (QuotaViolation violation : quota) {
            failure.addViolationsBuilder()
                    .setSubject(violation.subject())
                    .setDescription(violation.description());
        }
        return failure.build();
    }

    private RetryInfo retryInfo() {
        RetryInfo.Builder info = RetryInfo.newBuilder();
        info.getRetryDelayBuilder()
                .setSeconds(retryAfter.getSeconds())
                .setNanos(retryAfter.getNano());
        return info.build();
    }
}
