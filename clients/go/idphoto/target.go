package idphoto

import (
	"errors"
	"fmt"
	"net"
	"net/url"
	"strconv"
	"strings"

	"google.golang.org/grpc/resolver"
)

var (
	errNoTarget = errors.New("idphoto: the target is empty; it is host:port")
	errURL      = errors.New("idphoto: the target is host:port, not a URL")
	errNoPort   = errors.New("idphoto: the target needs a host and a port, as in gateway.example:443 or [::1]:443")
)

// checkTarget finds what gRPC would take and never reach. Names of resolvers are gRPC's.
func checkTarget(target string) error {
	lower := strings.ToLower(target)
	switch {
	case target == "":
		return errNoTarget
	case strings.HasPrefix(lower, "http://"), strings.HasPrefix(lower, "https://"):
		return fmt.Errorf("%w: %s", errURL, target)
	}
	address, ok := dnsAddress(target)
	if !ok {
		return nil
	}
	_, port, err := net.SplitHostPort(address)
	if err != nil {
		return fmt.Errorf("%w: %q", errNoPort, target)
	}
	if number, err := strconv.ParseUint(port, 10, 16); err != nil || number == 0 {
		return fmt.Errorf("%w: %q", errNoPort, target)
	}
	return nil
}

// dnsAddress is the host:port that gRPC asks DNS for; not ok is another resolver's target.
func dnsAddress(target string) (address string, ok bool) {
	parsed, err := url.Parse(target)
	switch {
	case err != nil:
		return target, true
	case parsed.Scheme == "dns" && parsed.Opaque != "":
		return parsed.Opaque, true
	case parsed.Scheme == "dns":
		return strings.TrimPrefix(parsed.Path, "/"), true
	case resolver.Get(parsed.Scheme) != nil, strings.Contains(target, ":/"):
		// The latter may be a resolver that only this client's dial options know.
		return "", false
	}
	return target, true
}
