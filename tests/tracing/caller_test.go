package tracing

import (
	"context"
	"errors"
	"os"
	"testing"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/exporters/otlp/otlptrace/otlptracegrpc"
	"go.opentelemetry.io/otel/propagation"
	"go.opentelemetry.io/otel/sdk/resource"
	"go.opentelemetry.io/otel/sdk/trace"
	experimental "google.golang.org/grpc/experimental/opentelemetry"
	"google.golang.org/grpc/stats/opentelemetry"

	"idphoto.example/clients/go/idphoto"
)

// Visibly nobody's, and nothing else that is exported can look like them.
const (
	name   = "金丝雀"
	number = "440524188001010014"
)

func portrait(t *testing.T) []byte {
	t.Helper()
	image, err := os.ReadFile("../../assets/demo/portrait.jpg")
	if err != nil {
		t.Fatal(err)
	}
	return image
}

// call is what its caller knows of a call: its trace, its order and its error.
type call struct {
	traceID, orderID string
	failure          *idphoto.Error
}

// verify is a program that opens an account: it verifies once within a span of its own,
// and exports its spans.
func verify(t *testing.T, c *collector, gateway, scenario string) call {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	provider := tracing(ctx, t, c)
	client := dial(t, provider, gateway)
	request := &idphoto.Request{
		OrderID:  idphoto.MintOrderID(),
		Customer: idphoto.NewCustomer(name, number),
		Photo:    idphoto.NewPhoto(portrait(t)),
		Consent: idphoto.Consent{
			UsageScenario:    scenario,
			Purpose:          "account opening",
			AgreementVersion: "terms 1",
			AgreementSerial:  "20260101000001",
		},
	}
	spanned, span := provider.Tracer("account-opening").Start(ctx, "open account")
	_, err := client.VerifyIDPhoto(spanned, request)
	made := call{traceID: span.SpanContext().TraceID().String(), orderID: request.OrderID}
	if errors.As(err, &made.failure) {
		span.SetStatus(codes.Error, "not verified")
	}
	span.End()
	if err := errors.Join(client.Close(), provider.Shutdown(ctx)); err != nil {
		t.Fatal(err)
	}
	return made
}

// tracing is OpenTelemetry as a program sets it up.
func tracing(ctx context.Context, t *testing.T, c *collector) *trace.TracerProvider {
	t.Helper()
	exporter, err := otlptracegrpc.New(ctx, otlptracegrpc.WithEndpoint(c.address), otlptracegrpc.WithInsecure())
	if err != nil {
		t.Fatal(err)
	}
	return trace.NewTracerProvider(
		trace.WithBatcher(exporter),
		// Not what the environment says.
		trace.WithSampler(trace.AlwaysSample()),
		trace.WithResource(resource.NewSchemaless(attribute.String("service.name", "account-opening"))),
	)
}

func dial(t *testing.T, provider *trace.TracerProvider, gateway string) *idphoto.Client {
	t.Helper()
	traces := opentelemetry.DialOption(opentelemetry.Options{
		TraceOptions: experimental.TraceOptions{TracerProvider: provider, TextMapPropagator: propagation.TraceContext{}},
	})
	client, err := idphoto.New(gateway, idphoto.WithPlaintext(), idphoto.WithDialOptions(traces))
	if err != nil {
		t.Fatal(err)
	}
	return client
}
