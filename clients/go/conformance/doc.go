// Package conformance runs tests/conformance/manifest.json, the list of scenarios that
// every client passes, against the real gateway: once with package idphoto, once with
// the plain generated stubs. It holds tests only; IDPHOTO_BIN names the gateway's binary.
package conformance
