package idphoto

import (
	"fmt"
	"log/slog"
)

const redacted = "[redacted]"

// private keeps personal data out of sight. encoding/json does not see the value, and
// fmt does not reach it even where it asks no methods, in a struct with unexported
// fields: it follows one pointer for a verb that does not fit, and never two.
type private[T any] struct{ value **T }

func hide[T any](value T) private[T] {
	pointer := &value
	return private[T]{&pointer}
}

func (p private[T]) reveal() (value T) {
	if p.value != nil {
		value = **p.value
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
