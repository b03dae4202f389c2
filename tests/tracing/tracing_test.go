package tracing

import (
	"testing"

	"google.golang.org/grpc/codes"

	"idphoto.example/clients/go/idphoto"
)

const (
	method = "idphoto.v1.IdPhotoService/VerifyIdPhoto"
	upi    = "POST /uais/sandbox/v1/id-photo"
)

func TestOneTraceLeadsFromTheGoClientThroughTheGatewayToTheSandbox(t *testing.T) {
	t.Parallel()
	c := startCollector(t)
	e := startEstate(t, c, "upi.propagate_trace=true")
	made := verify(t, c, e.address, "account opening")
	if made.failure != nil {
		t.Fatal(made.failure)
	}
	e.end(t)

	spans := c.spans()
	assertOneTrace(t, spans, made.traceID)
	assertTree(t, spans, `
open account (account-opening, internal, unset)
  Sent.idphoto.v1.IdPhotoService.VerifyIdPhoto (account-opening, client, ok)
    Attempt.idphoto.v1.IdPhotoService.VerifyIdPhoto (account-opening, internal, ok)
      idphoto.v1.IdPhotoService/VerifyIdPhoto (idphoto, server, unset)
        validate (idphoto, internal, unset)
        seal (idphoto, internal, unset)
        claim (idphoto, internal, unset)
        send (idphoto, internal, unset)
          POST (idphoto, client, unset)
            POST /uais/sandbox/v1/id-photo (idphoto-sandbox, server, unset)
        open (idphoto, internal, unset)
        settle (idphoto, internal, unset)
`)
	assertAttributes(t, named(t, spans, method), map[string]string{
		"rpc.system.name":          "grpc",
		"rpc.method":               method,
		"rpc.response.status_code": "OK",
		"order_id":                 made.orderID,
		"error.type":               "",
	})
	assertAttributes(t, named(t, spans, "POST"), map[string]string{
		"http.request.method":       "POST",
		"http.response.status_code": "200",
		"server.address":            "127.0.0.1",
		"error.type":                "",
	})
	assertAttributes(t, named(t, spans, upi), map[string]string{
		"http.request.method":       "POST",
		"http.response.status_code": "200",
	})
	assertPrivate(t, c)
}

func TestTheTraceOfARefusedCallShowsWhereAndWhyItFailed(t *testing.T) {
	t.Parallel()
	c := startCollector(t)
	e := startEstate(t, c, "upi.propagate_trace=true")
	made := verify(t, c, e.address, "sandbox:fault=unauthorized")
	if made.failure == nil || made.failure.Code != codes.Internal || made.failure.Reason != idphoto.ReasonUPIRefused {
		t.Fatalf("the call ended with %v", made.failure)
	}
	e.end(t)

	spans := c.spans()
	assertOneTrace(t, spans, made.traceID)
	assertTree(t, spans, `
open account (account-opening, internal, error)
  Sent.idphoto.v1.IdPhotoService.VerifyIdPhoto (account-opening, client, error)
    Attempt.idphoto.v1.IdPhotoService.VerifyIdPhoto (account-opening, internal, error)
      idphoto.v1.IdPhotoService/VerifyIdPhoto (idphoto, server, error)
        validate (idphoto, internal, unset)
        seal (idphoto, internal, unset)
        claim (idphoto, internal, unset)
        send (idphoto, internal, unset)
          POST (idphoto, client, error)
            POST /uais/sandbox/v1/id-photo (idphoto-sandbox, server, unset)
        settle (idphoto, internal, unset)
`)
	assertAttributes(t, named(t, spans, method), map[string]string{
		"rpc.response.status_code": "INTERNAL",
		"error.type":               "UPI_REFUSED",
		"idphoto.reason":           "UPI_REFUSED",
		"idphoto.dispatch":         "REFUSED",
	})
	assertAttributes(t, named(t, spans, "POST"), map[string]string{
		"http.response.status_code": "401",
		"error.type":                "401",
	})
	assertPrivate(t, c)
}

// UPI is another company: by default it learns nothing of the caller's trace.
func TestWithoutLeaveTheTraceEndsAtTheGateway(t *testing.T) {
	t.Parallel()
	c := startCollector(t)
	e := startEstate(t, c)
	made := verify(t, c, e.address, "account opening")
	if made.failure != nil {
		t.Fatal(made.failure)
	}
	e.end(t)

	spans := c.spans()
	theirs := named(t, spans, upi)
	if theirs.traceID() == made.traceID || len(theirs.GetParentSpanId()) != 0 {
		t.Errorf("the sandbox's span is in the caller's trace:\n%s", tree(spans))
	}
	for _, span := range spans {
		if span.service != theirs.service && span.traceID() != made.traceID {
			t.Errorf("%q is in another trace", span.GetName())
		}
	}
	assertPrivate(t, c)
}

func assertOneTrace(t *testing.T, spans []exported, traceID string) {
	t.Helper()
	for _, span := range spans {
		if span.traceID() != traceID {
			t.Errorf("%q is in trace %s instead of %s", span.GetName(), span.traceID(), traceID)
		}
	}
}
