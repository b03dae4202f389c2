package idphoto_test

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"go.opentelemetry.io/otel/propagation"
	"go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/sdk/trace/tracetest"
	"google.golang.org/grpc"
	experimental "google.golang.org/grpc/experimental/opentelemetry"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/stats/opentelemetry"

	"idphoto.example/clients/go/idphoto"
	"idphoto.example/clients/go/idphototest"
)

func TestOpenTelemetryOnThePathPassesTheTraceContextOn(t *testing.T) {
	recorder := tracetest.NewSpanRecorder()
	provider := trace.NewTracerProvider(trace.WithSpanProcessor(recorder))
	gateway := idphototest.NewServer()
	defer gateway.Close()
	client := gateway.Client(idphoto.WithDialOptions(opentelemetry.DialOption(opentelemetry.Options{
		TraceOptions: experimental.TraceOptions{TracerProvider: provider, TextMapPropagator: propagation.TraceContext{}},
	})))

	ctx, span := provider.Tracer("test").Start(t.Context(), "caller")
	if _, err := client.VerifyIDPhoto(ctx, request()); err != nil {
		t.Fatal(err)
	}
	span.End()

	got := fmt.Sprint(gateway.Calls()[0].Metadata.Get("traceparent"))
	if !strings.Contains(got, span.SpanContext().TraceID().String()) {
		t.Errorf("the gateway received the trace context %s", got)
	}
	spans := recorder.Ended()
	if len(spans) < 2 {
		t.Errorf("%d spans", len(spans))
	}
	for _, span := range tracetest.SpanStubsFromReadOnlySpans(spans) {
		if text := fmt.Sprintf("%+v", span); strings.Contains(text, "李雷") || strings.Contains(text, "11010519491231002X") {
			t.Errorf("a span shows personal data: %s", text)
		}
	}
}

func TestTheUsersInterceptorsAreCalled(t *testing.T) {
	gateway := idphototest.NewServer()
	defer gateway.Close()
	client := gateway.Client(idphoto.WithDialOptions(grpc.WithChainUnaryInterceptor(
		func(ctx context.Context, method string, request, response any, conn *grpc.ClientConn, invoke grpc.UnaryInvoker, options ...grpc.CallOption) error {
			return invoke(metadata.AppendToOutgoingContext(ctx, "x-caller", "onboarding"), method, request, response, conn, options...)
		},
	)))
	if _, err := client.VerifyIDPhoto(t.Context(), request()); err != nil {
		t.Fatal(err)
	}
	if got := gateway.Calls()[0].Metadata.Get("x-caller"); len(got) != 1 || got[0] != "onboarding" {
		t.Errorf("the gateway received %v", got)
	}
}
