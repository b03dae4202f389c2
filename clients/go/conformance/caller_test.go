package conformance

import (
	"context"
	"slices"
	"strings"
	"time"

	"google.golang.org/grpc/codes"
)

// caller is a client under test: package idphoto, or the plain stubs. A deadline of zero
// is none.
type caller interface {
	verify(ctx context.Context, order string, request fields, validateOnly bool) result
	get(ctx context.Context, order string) result
	await(ctx context.Context, order string) result
	close()
}

// result is how a call ended, in the manifest's words.
type result struct {
	// order is the order id that the call was made with.
	order   string
	answer  *answer
	failure *failure
	state   string
	valid   bool
	// broken is what kept the call from being made.
	broken error
	took   time.Duration
}

type answer struct {
	order, upiUUID string
	confidence     int
	compared       bool
	category, code string
	replayed       bool
}

type failure struct {
	code                    codes.Code
	reason, dispatch, retry string
	// order is empty where the caller does not tell one.
	order      string
	fields     []string
	quota      []string
	retryAfter time.Duration
}

// codeName is UPPER_SNAKE for what grpc-go prints as CamelCase.
func codeName(code codes.Code) string {
	if code == codes.OK {
		return "OK"
	}
	var name strings.Builder
	for i, letter := range code.String() {
		if i > 0 && letter >= 'A' && letter <= 'Z' {
			name.WriteByte('_')
		}
		name.WriteRune(letter)
	}
	spelt := strings.ToUpper(name.String())
	if spelt == "CANCELED" {
		return "CANCELLED"
	}
	return spelt
}

// group is the values below a prefix, or none when there are none.
func (f fields) group(prefix string) (fields, bool) {
	found := fields{}
	for path, value := range f {
		if name, ok := strings.CutPrefix(path, prefix); ok {
			found[name] = value
		}
	}
	return found, len(found) > 0
}

func (f fields) unknown() []string {
	known := []string{
		"customer.name", "customer.id_number", "photo", "consent.usage_scenario", "consent.purpose",
		"consent.agreement_version", "consent.agreement_serial", "merchant.id", "merchant.name", "merchant.category_code",
	}
	var unknown []string
	for path := range f {
		if !slices.Contains(known, path) {
			unknown = append(unknown, path)
		}
	}
	return unknown
}
