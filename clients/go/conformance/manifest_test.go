package conformance

import (
	"bytes"
	"encoding/json"
	"maps"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"
)

const root = "../../.."

type manifest struct {
	Format    int
	Request   fields
	Scenarios []scenario
}

type scenario struct {
	Name       string
	ClientOnly string `json:"client_only"`
	Backends   []backendSpec
	Client     clientSpec
	Steps      []step
}

type backendSpec struct {
	Kind   string
	Set    []string
	TLS    string
	UPI    string
	Health string
	Listen string
}

type clientSpec struct {
	Timeout  duration
	TLS      bool
	CAFile   string `json:"ca_file"`
	CertFile string `json:"cert_file"`
	KeyFile  string `json:"key_file"`
	Tokens   []string
	Refused  bool
}

type step struct {
	Do         string
	Call       string
	Order      string
	Request    fields
	Deadline   duration
	Count      int
	Width      int
	During     []step
	Backend    *int
	Replies    []reply
	Files      map[string]string
	Eventually duration
	Expect     *expectation
	Raw        *expectation
}

type expectation struct {
	Answer       *answerSpec
	Error        *errorSpec
	Valid        bool
	State        string
	Within       duration
	Posts        *int
	Calls        *int
	CallsAtLeast *int `json:"calls_at_least"`
	Orders       *int
	Tokens       []string
}

type reply struct {
	Answer *answerSpec
	Error  *errorSpec
	State  string
	Break  bool
}

type answerSpec struct {
	Confidence *int
	Category   string
	Code       string
	Replayed   *bool
}

type errorSpec struct {
	Code       string
	Reason     *string
	Domain     string
	Dispatch   *string
	Retry      *string
	Fields     []string
	Quota      []string
	RetryAfter duration `json:"retry_after"`
}

// fields are parts of a request by their proto path.
type fields map[string]string

func (f fields) with(changes fields) fields {
	merged := maps.Clone(f)
	maps.Copy(merged, changes)
	return merged
}

type duration time.Duration

func (d *duration) UnmarshalText(text []byte) error {
	parsed, err := time.ParseDuration(string(text))
	*d = duration(parsed)
	return err
}

func load(t *testing.T) manifest {
	t.Helper()
	file, err := os.ReadFile(filepath.Join(root, "tests/conformance/manifest.json"))
	if err != nil {
		t.Fatal(err)
	}
	decoder := json.NewDecoder(bytes.NewReader(file))
	decoder.DisallowUnknownFields()
	var read manifest
	if err := decoder.Decode(&read); err != nil {
		t.Fatal(err)
	}
	if read.Format != 1 || len(read.Scenarios) == 0 {
		t.Fatalf("format %d with %d scenarios", read.Format, len(read.Scenarios))
	}
	return read
}

// photo is the bytes that a request's photo stands for.
func photo(name string) ([]byte, error) {
	if name == "" {
		return nil, nil
	}
	if count, ok := strings.CutPrefix(name, "zeros:"); ok {
		size, err := strconv.Atoi(count)
		return make([]byte, size), err
	}
	return os.ReadFile(filepath.Join(root, "tests/data", name))
}
