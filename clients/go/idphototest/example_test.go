package idphototest_test

import (
	"context"
	"fmt"

	"idphoto.example/clients/go/idphoto"
	"idphoto.example/clients/go/idphototest"
)

func Example() {
	gateway := idphototest.NewServer(
		idphototest.Answer(idphoto.NewRejection(idphoto.CategoryNotConfirmed, "70", "not confirmed", "")),
		idphototest.Fail(idphoto.Error{Reason: idphoto.ReasonOverloaded}),
	)
	defer gateway.Close()
	client := gateway.Client()

	answer, err := client.VerifyIDPhoto(context.Background(), &idphoto.Request{Customer: idphoto.NewCustomer("李雷", "11010519491231002X")})
	fmt.Println(answer.Outcome, err)
	_, err = client.VerifyIDPhoto(context.Background(), &idphoto.Request{OrderID: "20261124081500ABCDEFGHIJKLMNOPQRSTU"})
	fmt.Println(err)
	fmt.Println(len(gateway.Calls()), "calls, the first for", gateway.Calls()[0].Name)
	// Output:
	// NOT_CONFIRMED 70 <nil>
	// idphoto: ResourceExhausted: OVERLOADED (order 20261124081500ABCDEFGHIJKLMNOPQRSTU, dispatch "NOT_SENT", retry "SAME_ORDER")
	// 2 calls, the first for 李雷
}
