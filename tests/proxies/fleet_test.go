package proxies

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"google.golang.org/protobuf/proto"

	pb "idphoto.example/clients/go/gen/idphoto/v1"
)

// fleet is two gateways on one database, with a witness between them and the sandbox.
type fleet struct {
	replicas [2]*replica
	ledger   *severable
	backend  backend
}

type replica struct {
	arguments []string
	log       string
	starts    int
	process   *exec.Cmd
	address   string
}

func startFleet(t *testing.T) *fleet {
	t.Helper()
	folder := t.TempDir()
	sandbox := says(t, filepath.Join(folder, "sandbox.log"), "sandbox listening on http://",
		"sandbox", "--dir", folder, "--listen", "127.0.0.1:0")
	witness := startWitness(t, sandbox, false)
	// postgres://USER@ADDRESS/DATABASE
	user, rest, _ := strings.Cut(os.Getenv("IDPHOTO_TEST_POSTGRES"), "@")
	database, name, _ := strings.Cut(rest, "/")
	ledger := startSeverable(t, database)
	key, password := filepath.Join(folder, "ledger.key"), filepath.Join(folder, "ledger.password")
	write(t, key, strings.Repeat("0f", 32))
	write(t, password, os.Getenv("IDPHOTO_TEST_POSTGRES_PASSWORD"))
	common := []string{"--config", filepath.Join(folder, "idphoto.toml"),
		"--set", fmt.Sprintf("ledger.url=%s@%s/%s", user, ledger.address(), name), "--set", "ledger.tls=false",
		"--set", fmt.Sprintf("ledger.fingerprint_key_files=[%q]", key), "--set", "ledger.password_file=" + password,
		"--set", "ledger.timeout=10s", "--set", "upi.timeout=3s", "--set", "upi.connect_timeout=1s",
		"--set", "upi.base_url=http://" + witness.address(), "--set", "server.drain_delay=0s"}
	migrate := run(t, "IDPHOTO_BIN", append([]string{"ledger", "migrate"}, common...)...)
	if said, err := migrate.CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, said)
	}
	f := &fleet{ledger: ledger, backend: backend{sandbox: sandbox, witness: witness}}
	for place := range f.replicas {
		log := filepath.Join(folder, fmt.Sprintf("gateway-%d", place))
		f.replicas[place] = &replica{arguments: common, log: log, address: "127.0.0.1:0"}
		f.replicas[place].start(t)
	}
	return f
}

func write(t *testing.T, path, text string) {
	t.Helper()
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

func (f *fleet) addresses() (found []string) {
	for _, replica := range f.replicas {
		found = append(found, replica.address)
	}
	return found
}

// start is for a first time, and again where it was before.
func (r *replica) start(t *testing.T) {
	t.Helper()
	r.starts++
	arguments := append([]string{"serve", "--listen", r.address}, r.arguments...)
	r.process, r.address = started(t, fmt.Sprintf("%s-%d.log", r.log, r.starts), "gRPC listening on ", arguments...)
}

func (r *replica) kill(t *testing.T) {
	t.Helper()
	if err := r.process.Process.Kill(); err != nil {
		t.Error(err)
	}
	_ = r.process.Wait()
}

func (f *fleet) restartDatabase(t *testing.T) {
	t.Helper()
	control := exec.Command(os.Getenv("IDPHOTO_TEST_POSTGRES_CONTROL"), "restart", "--mode=fast")
	if said, err := control.CombinedOutput(); err != nil {
		t.Errorf("%v: %s", err, said)
	}
}

// judge holds what callers were told against the ledger and what really went to UPI.
func (f *fleet) judge(t *testing.T, calls pb.IdPhotoServiceClient, stories []*story) {
	t.Helper()
	asks, posts := &runner{asks: calls}, f.backend.received(t)
	answered, unknown, lost := 0, 0, 0
	for _, story := range stories {
		id := story.request.GetOrderId()
		until := time.Now().Add(patience)
		kept := asks.ask(t.Context(), id)
		for kept.state == pb.VerificationState_VERIFICATION_STATE_IN_FLIGHT && time.Now().Before(until) {
			// Sleeps: between two questions.
			time.Sleep(100 * time.Millisecond)
			kept = asks.ask(t.Context(), id)
		}
		if n := max(posts[id], f.backend.witness.received(id)); n > 1 {
			t.Errorf("%s was sent %d times", id, n)
		}
		for _, trouble := range story.trouble {
			t.Errorf("%s: %s", id, trouble)
		}
		for _, answer := range story.answers {
			if !proto.Equal(answer, bare(kept.result)) {
				t.Errorf("%s: %v, and the ledger has %v %v", id, answer, kept.state, kept.result)
			}
		}
		if told := len(story.answers) + story.unknown + len(story.trouble); told != askedEach {
			t.Errorf("%s: %d of %d calls ended", id, told, askedEach)
		}
		switch kept.state {
		case pb.VerificationState_VERIFICATION_STATE_ANSWERED:
			answered++
		case pb.VerificationState_VERIFICATION_STATE_OUTCOME_UNKNOWN:
			unknown++
		default:
			lost++
			t.Errorf("%s is %v %s", id, kept.state, kept.trouble)
		}
	}
	t.Logf("%d orders, %d calls each: %d answered, %d unknown, %d lost", orders, askedEach, answered, unknown, lost)
	if unknown == 0 || answered < orders/2 {
		t.Error("the disturbances missed the orders, or hit most of them")
	}
}
