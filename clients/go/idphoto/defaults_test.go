package idphoto

import (
	"encoding/json"
	"os"
	"reflect"
	"testing"
)

// The Go constants and clients/defaults.json are the same in every member.
func TestDefaultsAreThoseOfEveryLanguage(t *testing.T) {
	file, err := os.ReadFile("../../defaults.json")
	if err != nil {
		t.Fatal(err)
	}
	var shared map[string]any
	if err := json.Unmarshal(file, &shared); err != nil {
		t.Fatal(err)
	}
	var config any
	if err := json.Unmarshal([]byte(serviceConfig), &config); err != nil {
		t.Fatal(err)
	}
	own := map[string]any{
		"call_timeout":             DefaultTimeout,
		"await_timeout":            DefaultAwaitTimeout,
		"await_pause_first":        awaitPauseFirst,
		"await_pause_longest":      awaitPauseLongest,
		"retry_attempts":           float64(retryAttempts),
		"retry_backoff_first":      retryBackoffFirst,
		"retry_backoff_longest":    retryBackoffLongest,
		"retry_backoff_multiplier": retryBackoffMultiplier,
		"retry_tokens":             retryTokens,
		"retry_token_ratio":        retryTokenRatio,
		"reconnect_longest":        reconnectLongest,
		"keepalive_time":           keepaliveTime,
		"keepalive_timeout":        keepaliveTimeout,
		"keepalive_without_calls":  keepaliveWithoutCalls,
		"token_over_plaintext":     tokenOverPlaintext,
		"service_config":           config,
	}
	for name, value := range own {
		if text, ok := shared[name].(string); ok {
			shared[name] = mustDuration(t, text)
		}
		if !reflect.DeepEqual(shared[name], value) {
			t.Errorf("%s is %v, in defaults.json %v", name, value, shared[name])
		}
		delete(shared, name)
	}
	if len(shared) != 0 {
		t.Errorf("defaults.json has more: %v", shared)
	}
}
