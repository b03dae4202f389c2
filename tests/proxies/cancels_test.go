package proxies

import (
	"context"
	"os"
	"sync"
	"testing"

	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"

	pb "idphoto.example/clients/go/gen/idphoto/v1"
	"idphoto.example/clients/go/idphoto"
)

const photo = "../data/photos/face-256.jpg"

// connect makes a connection that repeats nothing.
func connect(t *testing.T, address string) *grpc.ClientConn {
	t.Helper()
	connection, err := grpc.NewClient(address,
		grpc.WithTransportCredentials(insecure.NewCredentials()), grpc.WithDisableRetry())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = connection.Close() })
	return connection
}

func request(t *testing.T, scenario string) *pb.VerifyIdPhotoRequest {
	t.Helper()
	image, err := os.ReadFile(photo)
	if err != nil {
		t.Fatal(err)
	}
	return &pb.VerifyIdPhotoRequest{
		OrderId:  idphoto.MintOrderID(),
		Customer: &pb.Customer{Name: "李雷", IdNumber: "11010519491231002X"},
		Photo:    image,
		Consent: &pb.Consent{
			UsageScenario:    scenario,
			Purpose:          "account opening",
			AgreementVersion: "terms 1",
			AgreementSerial:  "20260101000001",
		},
	}
}

// Envoy puts all callers on one connection to the gateway. Some of them give up at once, and the orders of the others
// are paid: they must be answered.
func TestCallersWhoGiveUpCostNoPaidCallBehindEnvoy(t *testing.T) {
	envoy := startEnvoy(t, startGateway(t))
	calls := pb.NewIdPhotoServiceClient(connect(t, envoy))
	var paid sync.WaitGroup
	for range 40 {
		message := request(t, "sandbox:delay=5s")
		paid.Go(func() {
			ctx, cancel := context.WithTimeout(t.Context(), patience)
			defer cancel()
			answer, err := calls.VerifyIdPhoto(ctx, message)
			if err != nil {
				t.Errorf("a paid call is lost: %v", err)
			} else if answer.GetReplayed() {
				t.Errorf("order %s was sent before", message.GetOrderId())
			}
		})
	}
	for range 20 {
		// Envoy itself ends a connection on which 500 calls were given up.
		giveUp(t, connect(t, envoy), 100)
	}
	paid.Wait()
}

// giveUp begins calls and gives each up at once, as callers do whose time is over.
func giveUp(t *testing.T, connection *grpc.ClientConn, count int) {
	t.Helper()
	for range count {
		ctx, cancel := context.WithCancel(t.Context())
		if _, err := connection.NewStream(ctx, &grpc.StreamDesc{}, pb.IdPhotoService_VerifyIdPhoto_FullMethodName); err != nil {
			t.Error(err)
		}
		cancel()
	}
}
