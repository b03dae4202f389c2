package idphoto.client;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import idphoto.client.testing.Call;
import idphoto.client.testing.IdPhotoFake;
import idphoto.client.testing.IdPhotoFakeExtension;
import io.grpc.Metadata;
import io.grpc.opentelemetry.GrpcOpenTelemetry;
import io.opentelemetry.api.trace.Span;
import io.opentelemetry.api.trace.propagation.W3CTraceContextPropagator;
import io.opentelemetry.context.Context;
import io.opentelemetry.context.propagation.ContextPropagators;
import io.opentelemetry.sdk.OpenTelemetrySdk;
import io.opentelemetry.sdk.testing.exporter.InMemorySpanExporter;
import io.opentelemetry.sdk.trace.SdkTracerProvider;
import io.opentelemetry.sdk.trace.data.SpanData;
import io.opentelemetry.sdk.trace.export.SimpleSpanProcessor;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

@ExtendWith(IdPhotoFakeExtension.class)
class OpenTelemetryTest {
    private static final Metadata.Key<String> TRACEPARENT =
            Metadata.Key.of("traceparent", Metadata.ASCII_STRING_MARSHALLER);

    private final InMemorySpanExporter spans = InMemorySpanExporter.create();
    private final SdkTracerProvider tracers = SdkTracerProvider.builder()
            .addSpanProcessor(SimpleSpanProcessor.create(spans))
            .build();
    private final OpenTelemetrySdk openTelemetry = OpenTelemetrySdk.builder()
            .setTracerProvider(tracers)
            .setPropagators(ContextPropagators.create(W3CTraceContextPropagator.getInstance()))
            .build();

    @Test
    void grpcsOpenTelemetryPassesTheTraceContextOn(IdPhotoFake gateway) {
        GrpcOpenTelemetry traces = GrpcOpenTelemetry.newBuilder().sdk(openTelemetry).build();
        IdPhotoClient client =
                gateway.client(builder -> builder.channel(traces::configureChannelBuilder));
        Span span = openTelemetry.getTracer("test").spanBuilder("caller").startSpan();
        Context.current().with(span).wrap(() -> {
            client.verifyIdPhoto(Samples.request());
            client.verifyIdPhotoAsync(Samples.request()).join();
        }).run();
        span.end();
        List<Call> calls = gateway.calls();
        assertEquals(2, calls.size());
        for (Call call : calls) {
            String parent = String.valueOf(call.metadata().get(TRACEPARENT));
            assertTrue(parent.contains(span.getSpanContext().getTraceId()), parent);
        }
        tracers.forceFlush().join(10, TimeUnit.SECONDS);
        assertTrue(spans.getFinishedSpanItems().size() > 2);
        for (SpanData data : spans.getFinishedSpanItems()) {
            Samples.canaries().forEach(canary ->
                    assertFalse(data.toString().contains(canary), data.toString()));
        }
    }
}
