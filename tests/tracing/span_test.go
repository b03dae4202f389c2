package tracing

import (
	"cmp"
	"encoding/hex"
	"fmt"
	"slices"
	"strings"
	"testing"

	commonv1 "go.opentelemetry.io/proto/otlp/common/v1"
	otlp "go.opentelemetry.io/proto/otlp/trace/v1"
)

// exported is a span and the service.name of the process that made it.
type exported struct {
	*otlp.Span
	service string
}

func (e exported) traceID() string { return hex.EncodeToString(e.GetTraceId()) }

// line is all of a span that a tree shows.
func (e exported) line() string {
	kind := strings.ToLower(strings.TrimPrefix(e.GetKind().String(), "SPAN_KIND_"))
	status := strings.ToLower(strings.TrimPrefix(e.GetStatus().GetCode().String(), "STATUS_CODE_"))
	return fmt.Sprintf("%s (%s, %s, %s)", e.GetName(), e.service, kind, status)
}

// texts is attributes as text, whatever their type.
func texts(attributes []*commonv1.KeyValue) map[string]string {
	found := make(map[string]string, len(attributes))
	for _, attribute := range attributes {
		switch value := attribute.GetValue().GetValue().(type) {
		case *commonv1.AnyValue_StringValue:
			found[attribute.GetKey()] = value.StringValue
		case *commonv1.AnyValue_IntValue:
			found[attribute.GetKey()] = fmt.Sprint(value.IntValue)
		default:
			found[attribute.GetKey()] = attribute.GetValue().String()
		}
	}
	return found
}

// tree is spans below their parents, in the order of their beginnings. A span whose
// parent is not among them stands at the margin, beside the root.
func tree(spans []exported) string {
	ids := map[string]bool{}
	for _, span := range spans {
		ids[string(span.GetSpanId())] = true
	}
	children := map[string][]exported{}
	for _, span := range spans {
		parent := string(span.GetParentSpanId())
		if !ids[parent] {
			parent = ""
		}
		children[parent] = append(children[parent], span)
	}
	var text strings.Builder
	branch(&text, children, "", "")
	return text.String()
}

func branch(text *strings.Builder, children map[string][]exported, parent, indent string) {
	below := children[parent]
	// Taken, so that spans in a ring would end here.
	delete(children, parent)
	slices.SortStableFunc(below, func(one, other exported) int {
		return cmp.Compare(one.GetStartTimeUnixNano(), other.GetStartTimeUnixNano())
	})
	for _, span := range below {
		fmt.Fprintf(text, "%s%s\n", indent, span.line())
		branch(text, children, string(span.GetSpanId()), indent+"  ")
	}
}

// named is the one span of that name.
func named(t *testing.T, spans []exported, name string) exported {
	t.Helper()
	var found []exported
	for _, span := range spans {
		if span.GetName() == name {
			found = append(found, span)
		}
	}
	if len(found) != 1 {
		t.Fatalf("%d spans %q in\n%s", len(found), name, tree(spans))
	}
	return found[0]
}

func assertTree(t *testing.T, spans []exported, expected string) {
	t.Helper()
	if got := tree(spans); got != strings.TrimLeft(expected, "\n") {
		t.Errorf("the trace is\n%s\ninstead of\n%s", got, expected)
	}
}

// assertAttributes looks for these attributes; others may be there.
func assertAttributes(t *testing.T, span exported, expected map[string]string) {
	t.Helper()
	got := texts(span.GetAttributes())
	for name, value := range expected {
		if got[name] != value {
			t.Errorf("%s of %q is %q instead of %q", name, span.GetName(), got[name], value)
		}
	}
}
