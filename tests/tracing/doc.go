// Package tracing shows that a verification is one trace: from the Go client with gRPC's
// OpenTelemetry handler, through the gateway, to the sandbox that plays UPI. All three
// export to a receiver of OTLP in the test. Tests alone are in it.
package tracing
