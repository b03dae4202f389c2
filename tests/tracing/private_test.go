package tracing

import (
	"bytes"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"strings"
	"testing"
)

// forms is a secret as it is, and as encodings and printed lists show it.
func forms(secret []byte) []string {
	printed := strings.Trim(fmt.Sprint(secret), "[]")
	forms := []string{
		string(secret),
		hex.EncodeToString(secret),
		printed,
		strings.ReplaceAll(printed, " ", ", "),
		strings.Trim(fmt.Sprintf("%+q", secret), `"`),
	}
	// Base64 has one of three forms, by where the secret begins in what was encoded. Its
	// first and last characters depend on what is around it.
	for before := range 3 {
		encoded := base64.RawStdEncoding.EncodeToString(append(make([]byte, before), secret...))
		forms = append(forms, encoded[4:len(encoded)-2])
	}
	return forms
}

// assertPrivate looks for name, ID number and photo in all that was received: attributes,
// events, status messages, resources and metrics.
func assertPrivate(t *testing.T, c *collector) {
	t.Helper()
	received, photo := c.received(), portrait(t)
	// Spans are in it, as the tests see elsewhere.
	if !bytes.Contains(received, []byte("rpc.server.call.duration")) {
		t.Error("no metrics were received")
	}
	middle := len(photo) / 2
	for what, secret := range map[string][]byte{
		"name":                []byte(name),
		"ID number":           []byte(number),
		"day of birth":        []byte(number[6:]),
		"beginning of photo":  photo[:30],
		"middle of the photo": photo[middle : middle+30],
	} {
		for _, form := range forms(secret) {
			if bytes.Contains(received, []byte(form)) {
				t.Errorf("%s was exported, as %q", what, form)
			}
		}
	}
}
