// Package idphototest is a gateway for tests of programs that use package idphoto: in
// the same process, without network, with answers and errors by script.
//
//	gateway := idphototest.NewServer(idphototest.Answer(idphoto.Comparison{Confidence: 42}))
//	defer gateway.Close()
//	client := gateway.Client()
//
// It keeps the promises about order ids: the same order again gets the same answer,
// an order id with other content is refused. It does not check fields.
package idphototest

import (
	"context"
	"net"
	"slices"
	"sync"

	"google.golang.org/grpc"
	"google.golang.org/grpc/health"
	"google.golang.org/grpc/health/grpc_health_v1"
	"google.golang.org/grpc/test/bufconn"

	idphotov1 "idphoto.example/clients/go/gen/idphoto/v1"
	"idphoto.example/clients/go/idphoto"
)

const buffer = 1 << 20

// Server is a fake gateway. Make it with [NewServer]; it is safe for concurrent use.
type Server struct {
	listener *bufconn.Listener
	server   *grpc.Server
	service  *service

	mutex   sync.Mutex
	clients []*idphoto.Client
}

// NewServer starts a fake gateway that gives these replies in turn, and after them
// a comparison with confidence 97 to every order.
func NewServer(replies ...Reply) *Server {
	s := &Server{
		listener: bufconn.Listen(buffer),
		server:   grpc.NewServer(),
		service:  &service{script: replies, orders: map[string]*order{}},
	}
	idphotov1.RegisterIdPhotoServiceServer(s.server, s.service)
	serving := health.NewServer()
	serving.SetServingStatus(idphotov1.IdPhotoService_ServiceDesc.ServiceName, grpc_health_v1.HealthCheckResponse_SERVING)
	grpc_health_v1.RegisterHealthServer(s.server, serving)
	go func() {
		// Ends with an error only when the listener is closed, which is the end.
		_ = s.server.Serve(s.listener)
	}()
	return s
}

// Client makes a client of this server, with the defaults of package idphoto except for
// TLS. The server's Close closes it. It panics on options that exclude each other.
func (s *Server) Client(options ...idphoto.Option) *idphoto.Client {
	dial := grpc.WithContextDialer(func(ctx context.Context, _ string) (net.Conn, error) {
		return s.listener.DialContext(ctx)
	})
	own := []idphoto.Option{idphoto.WithPlaintext(), idphoto.WithTokenOverPlaintext(), idphoto.WithDialOptions(dial)}
	options = append(own, options...)
	client, err := idphoto.New("passthrough:///idphototest", options...)
	if err != nil {
		panic(err)
	}
	s.mutex.Lock()
	defer s.mutex.Unlock()
	s.clients = append(s.clients, client)
	return client
}

// Reply adds replies to the script.
func (s *Server) Reply(replies ...Reply) {
	s.service.mutex.Lock()
	defer s.service.mutex.Unlock()
	s.service.script = append(s.service.script, replies...)
}

// Calls returns the verifications and validations received so far, each attempt of them.
func (s *Server) Calls() []Call {
	s.service.mutex.Lock()
	defer s.service.mutex.Unlock()
	return slices.Clone(s.service.calls)
}

// Close ends the server and its clients.
func (s *Server) Close() {
	s.mutex.Lock()
	clients := s.clients
	s.mutex.Unlock()
	for _, client := range clients {
		// A client that its test has closed already says so, which is fine.
		_ = client.Close()
	}
	s.server.Stop()
}
