package conformance

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// program is the example program, built as a user would build it: nothing of these tests
// is linked into it.
func program(t *testing.T) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "idphoto-verify")
	build := exec.Command("go", "build", "-o", path, "../cmd/idphoto-verify")
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	return path
}

func verifyBy(t *testing.T, path, address string, more ...string) (stdout, stderr string, code int) {
	t.Helper()
	image, err := photo("photos/face-256.jpg")
	if err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(t.TempDir(), "face.jpg")
	if err := os.WriteFile(file, image, 0o600); err != nil {
		t.Fatal(err)
	}
	command := exec.Command(path, append([]string{
		"-target", address, "-plaintext", "-photo", file, "-purpose", "test",
		"-agreement-version", "terms 1", "-agreement-serial", "20260101000001",
	}, more...)...)
	var out, errors bytes.Buffer
	command.Stdin = strings.NewReader(`{"name": "李雷", "id_number": "11010519491231002X"}`)
	command.Stdout, command.Stderr = &out, &errors
	if err := command.Run(); command.ProcessState == nil {
		t.Fatal(err)
	}
	return out.String(), errors.String(), command.ProcessState.ExitCode()
}

func TestTheExampleProgramVerifiesAPhotoFile(t *testing.T) {
	g := startGateway(t, backendSpec{}, t.TempDir())
	defer g.close()
	path := program(t)
	stdout, stderr, code := verifyBy(t, path, g.address, "-usage-scenario", "sandbox:confidence=42")
	if code != 0 || stdout != "confidence 42 of 100\n" || !strings.HasPrefix(stderr, "order ") {
		t.Errorf("exit %d, said %q and %q", code, stdout, stderr)
	}
	stdout, stderr, code = verifyBy(t, path, g.address, "-usage-scenario", "sandbox:code=70")
	if code != 0 || stdout != "not compared: code 70 (NOT_CONFIRMED)\n" {
		t.Errorf("exit %d, said %q and %q", code, stdout, stderr)
	}
	stdout, stderr, code = verifyBy(t, path, g.address, "-usage-scenario", "")
	if code != 1 || stdout != "" || !strings.Contains(stderr, "consent.usage_scenario: ") {
		t.Errorf("exit %d, said %q and %q", code, stdout, stderr)
	}
	if _, _, code = verifyBy(t, path, g.address, "-no-such-flag"); code != 2 {
		t.Errorf("exit %d", code)
	}
}

func TestTheExampleProgramSendsTheTokenOfAFile(t *testing.T) {
	f := startFake(t, backendSpec{Listen: "unix"})
	defer f.server.Stop()
	f.say([]reply{{Answer: &answerSpec{Category: "NOT_CONFIRMED", Code: "70"}}})
	token := filepath.Join(t.TempDir(), "token")
	if err := os.WriteFile(token, []byte("secret\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	_, stderr, code := verifyBy(t, program(t), f.address, "-usage-scenario", "test", "-token-file", token)
	if err := f.showed([]string{"secret"}); err != nil || code != 0 {
		t.Errorf("exit %d, said %q: %v", code, stderr, err)
	}
}

// The scenarios' process links gRPC's health package for its fakes. This one shows
// that the client brings it along by itself: without it, the fake would be called.
func TestAProgramLooksAtHealthWithoutImportingIt(t *testing.T) {
	f := startFake(t, backendSpec{Health: "NOT_SERVING"})
	defer f.server.Stop()
	stdout, stderr, code := verifyBy(t, program(t), f.address, "-usage-scenario", "test", "-timeout", "5s")
	if calls, _ := f.counts(); calls != 0 || code != 1 || !strings.Contains(stderr, "Unavailable") {
		t.Errorf("%d calls, exit %d, said %q and %q", calls, code, stdout, stderr)
	}
}
