package idphoto_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"time"

	"go.opentelemetry.io/otel/propagation"
	"go.opentelemetry.io/otel/sdk/trace"
	experimental "google.golang.org/grpc/experimental/opentelemetry"
	"google.golang.org/grpc/stats/opentelemetry"

	"idphoto.example/clients/go/idphoto"
	"idphoto.example/clients/go/idphototest"
)

func exampleRequest() *idphoto.Request {
	jpeg := []byte("bytes of a JPEG or PNG")
	request := &idphoto.Request{
		OrderID:  idphoto.MintOrderID(), // keep it before you call
		Customer: idphoto.NewCustomer("李雷", "11010519491231002X"),
		Photo:    idphoto.NewPhoto(jpeg),
		Consent: idphoto.Consent{
			UsageScenario:    "onboarding",
			Purpose:          "account opening",
			AgreementVersion: "terms 1",
			AgreementSerial:  "20260101000001",
		},
	}
	return request
}

func ExampleNew() {
	client, err := idphoto.New("gateway.example:443")
	if err != nil {
		fmt.Println(err)
		return
	}
	defer client.Close()

	fmt.Println("nothing is connected before the first call")
	// Output: nothing is connected before the first call
}

func ExampleClient_VerifyIDPhoto() {
	gateway := idphototest.NewServer(idphototest.Answer(idphoto.Comparison{Confidence: 93}))
	defer gateway.Close()
	client, ctx, request := gateway.Client(), context.Background(), exampleRequest()

	answer, err := client.VerifyIDPhoto(ctx, request)
	if err != nil {
		fmt.Println(err)
		return
	}
	switch outcome := answer.Outcome.(type) {
	case idphoto.Comparison:
		fmt.Println("alike enough:", outcome.Confidence >= 80)
	case idphoto.Rejection:
		fmt.Println("not compared:", outcome.Category)
	}
	// Output: alike enough: true
}

func ExampleError() {
	gateway := idphototest.NewServer(idphototest.Fail(idphoto.Error{
		Reason:     idphoto.ReasonInvalidField,
		Violations: []idphoto.Violation{{Field: "customer.id_number", Description: "wrong check character"}},
	}))
	defer gateway.Close()
	client, ctx, request := gateway.Client(), context.Background(), exampleRequest()

	_, err := client.VerifyIDPhoto(ctx, request)
	var failure *idphoto.Error
	if errors.As(err, &failure) {
		switch failure.Retry {
		case idphoto.RetrySameOrder: // the same order id again, later
		case idphoto.RetryAskFirst: // client.Await(ctx, failure.OrderID)
		case idphoto.RetryNewOrder: // may be charged again: your decision
		case idphoto.RetryFixRequest:
			for _, violation := range failure.Violations {
				fmt.Println(violation.Field+":", violation.Description)
			}
		default: // report it
		}
	}
	// Output: customer.id_number: wrong check character
}

func ExampleClient_Await() {
	gateway := idphototest.NewServer(idphototest.Pending(idphoto.Comparison{Confidence: 88}))
	defer gateway.Close()
	client, request := gateway.Client(), exampleRequest()
	// Too little time for UPI's answer, which is not lost.
	ctx, cancel := context.WithTimeout(context.Background(), 150*time.Millisecond)
	defer cancel()

	_, err := client.VerifyIDPhoto(ctx, request)
	if errors.Is(err, idphoto.ReasonAnswerPending) {
		answer, err := client.Await(context.Background(), request.OrderID)
		fmt.Println(answer.Outcome, err)
	}
	// Output: {88} <nil>
}

func ExampleWithBearerToken() {
	token := func(context.Context) (string, error) {
		text, err := os.ReadFile("/var/run/secrets/tokens/idphoto")
		return string(text), err
	}
	client, err := idphoto.New("gateway.example:443", idphoto.WithBearerToken(token))
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(client.Close())
	// Output: <nil>
}

func ExampleWithDialOptions() {
	traces := opentelemetry.DialOption(opentelemetry.Options{
		TraceOptions: experimental.TraceOptions{
			TracerProvider:    trace.NewTracerProvider(),
			TextMapPropagator: propagation.TraceContext{},
		},
	})
	client, err := idphoto.New("gateway.example:443", idphoto.WithDialOptions(traces))
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(client.Close())
	// Output: <nil>
}

func ExampleCustomer() {
	fmt.Printf("%v %+v\n", exampleRequest().Customer, exampleRequest().Photo)
	// Output: [redacted] [redacted]
}
