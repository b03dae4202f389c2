package idphoto_test

import (
	"context"
	"errors"
	"fmt"
	"time"

	"idphoto.example/clients/go/idphoto"
	"idphoto.example/clients/go/idphototest"
)

func exampleRequest() *idphoto.Request {
	return &idphoto.Request{
		Customer: idphoto.NewCustomer("李雷", "11010519491231002X"),
		Photo:    idphoto.NewPhoto([]byte("bytes of a JPEG or PNG")),
		Consent: idphoto.Consent{
			UsageScenario:    "onboarding",
			Purpose:          "account opening",
			AgreementVersion: "terms 1",
			AgreementSerial:  "20260101000001",
		},
	}
}

func ExampleNew() {
	client, err := idphoto.New("gateway.example:443", idphoto.WithTimeout(10*time.Second))
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
	client := gateway.Client()

	answer, err := client.VerifyIDPhoto(context.Background(), exampleRequest())
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
		Reason:     idphoto.InvalidField,
		Violations: []idphoto.Violation{{Field: "customer.id_number", Description: "wrong check character"}},
	}))
	defer gateway.Close()

	_, err := gateway.Client().VerifyIDPhoto(context.Background(), exampleRequest())
	var failure *idphoto.Error
	if errors.As(err, &failure) {
		fmt.Println(failure.Reason, failure.Dispatch, failure.Retry)
		for _, violation := range failure.Violations {
			fmt.Println(violation.Field+":", violation.Description)
		}
	}
	// Output:
	// INVALID_FIELD NOT_SENT FIX_REQUEST
	// customer.id_number: wrong check character
}

func ExampleClient_Await() {
	gateway := idphototest.NewServer(idphototest.Pending(idphoto.Comparison{Confidence: 88}))
	defer gateway.Close()
	client := gateway.Client()

	// Too little time for UPI's answer, which is not lost.
	ctx, cancel := context.WithTimeout(context.Background(), 150*time.Millisecond)
	defer cancel()
	request := exampleRequest()
	_, err := client.VerifyIDPhoto(ctx, request)
	if !errors.Is(err, idphoto.AnswerPending) {
		fmt.Println("unexpected:", err)
		return
	}
	answer, err := client.Await(context.Background(), request.OrderID)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(answer.Outcome)
	// Output: {88}
}

func ExampleCustomer() {
	fmt.Printf("%v %+v\n", exampleRequest().Customer, exampleRequest().Photo)
	// Output: [redacted] [redacted]
}
