// Package proxies puts a real proxy between callers and the gateway. It holds tests only; IDPHOTO_BIN names the gateway's
// binary, and ENVOY_BIN Envoy's.
package proxies
