package tracing

import (
	"context"
	"net"
	"sync"
	"testing"

	metricsv1 "go.opentelemetry.io/proto/otlp/collector/metrics/v1"
	tracev1 "go.opentelemetry.io/proto/otlp/collector/trace/v1"
	"google.golang.org/grpc"
	"google.golang.org/protobuf/encoding/prototext"
	"google.golang.org/protobuf/proto"
)

// collector is a receiver of OTLP over gRPC that keeps what it gets.
type collector struct {
	address string

	mutex  sync.Mutex
	traces []*tracev1.ExportTraceServiceRequest
	kept   []byte
}

func startCollector(t *testing.T) *collector {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	c := &collector{address: listener.Addr().String()}
	server := grpc.NewServer()
	tracev1.RegisterTraceServiceServer(server, traceReceiver{c: c})
	metricsv1.RegisterMetricsServiceServer(server, metricsReceiver{c: c})
	// It ends with an error only when the listener does, and then no test passes.
	go func() { _ = server.Serve(listener) }()
	t.Cleanup(server.Stop)
	return c
}

// keep keeps a message as it was on the wire, where every text in it stands as it is, and
// printed, which shows the digits of numbers.
func (c *collector) keep(message proto.Message) error {
	wire, err := proto.Marshal(message)
	c.kept = append(append(c.kept, wire...), prototext.Format(message)...)
	return err
}

// spans is every span so far, with what its process says of itself.
func (c *collector) spans() []exported {
	c.mutex.Lock()
	defer c.mutex.Unlock()
	var spans []exported
	for _, request := range c.traces {
		for _, process := range request.GetResourceSpans() {
			resource := texts(process.GetResource().GetAttributes())
			for _, scope := range process.GetScopeSpans() {
				for _, span := range scope.GetSpans() {
					spans = append(spans, exported{span, resource["service.name"]})
				}
			}
		}
	}
	return spans
}

// received is all spans and metrics so far, as [collector.keep] keeps them.
func (c *collector) received() []byte {
	c.mutex.Lock()
	defer c.mutex.Unlock()
	return c.kept
}

type traceReceiver struct {
	tracev1.UnimplementedTraceServiceServer
	c *collector
}

func (r traceReceiver) Export(_ context.Context, request *tracev1.ExportTraceServiceRequest) (*tracev1.ExportTraceServiceResponse, error) {
	r.c.mutex.Lock()
	defer r.c.mutex.Unlock()
	r.c.traces = append(r.c.traces, request)
	return &tracev1.ExportTraceServiceResponse{}, r.c.keep(request)
}

type metricsReceiver struct {
	metricsv1.UnimplementedMetricsServiceServer
	c *collector
}

func (r metricsReceiver) Export(_ context.Context, request *metricsv1.ExportMetricsServiceRequest) (*metricsv1.ExportMetricsServiceResponse, error) {
	r.c.mutex.Lock()
	defer r.c.mutex.Unlock()
	return &metricsv1.ExportMetricsServiceResponse{}, r.c.keep(request)
}
