package idphoto

import (
	"fmt"
	"log/slog"
)

const redacted = "[redacted]"

// private keeps personal data out of sight. The value is behind a pointer, which fmt
// does not follow and encoding/json does not see, even inside a struct whose unexported
// fields fmt prints without asking their methods.
type private[T any] struct{ value *T }

func hide[T any](value T) private[T] { return private[T]{&value} }

func (p private[T]) reveal() (value T) {
	if p.value != nil {
		value = *p.value
	}
	return value
}

// Format prints no personal data, whatever the verb.
func (private[T]) Format(f fmt.State, _ rune) { fmt.Fprint(f, redacted) }

// String prints no personal data.
func (private[T]) String() string { return redacted }

// LogValue is what log/slog prints.
func (private[T]) LogValue() slog.Value { return slog.StringValue(redacted) }

// MarshalText is what encoders print.
func (private[T]) MarshalText() ([]byte, error) { return []byte(redacted), nil }
