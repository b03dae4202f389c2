// Package proxies puts real proxies between callers and the gateway. It holds tests only; IDPHOTO_BIN names the gateway's
// binary, and ENVOY_BIN Envoy's. nginx and haproxy are taken from the PATH.
//
// Most of it is a matrix: every fault of the sandbox, every way in which a connection to UPI can end, with cancels and
// deadlines of callers, through each proxy. A cell is one order that is called twice: with the cell's cancel and deadline,
// then by a caller who waits. A witness before the sandbox counts what was really received, and a judge holds what the
// callers were told against it.
package proxies
