package conformance

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
)

// tables are what the tests print in the end, by their name.
var tables sync.Map

func TestMain(m *testing.M) {
	code := m.Run()
	tables.Range(func(name, table any) bool {
		fmt.Printf("\n%s\n%s", name, table)
		return true
	})
	os.Exit(code)
}

func TestClient(t *testing.T) { runAll(t, "client", newClient) }

func TestPlainStubs(t *testing.T) { runAll(t, "plain stubs", newStubs) }

func runAll(t *testing.T, name string, make maker) {
	list, raw := load(t), name != "client"
	certs := t.TempDir()
	if out, err := exec.Command(filepath.Join(root, "tests/conformance/certs.sh"), certs).CombinedOutput(); err != nil {
		t.Fatalf("certs.sh: %v: %s", err, out)
	}
	g := startGateway(t, backendSpec{}, certs)
	t.Cleanup(g.close)
	shared := func(*testing.T) *gateway { return g }
	results := sync.Map{}
	t.Run("scenarios", func(t *testing.T) {
		for _, s := range list.Scenarios {
			if raw && s.ClientOnly != "" {
				results.Store(s.Name, "client only: "+s.ClientOnly)
				continue
			}
			t.Run(s.Name, func(t *testing.T) {
				t.Parallel()
				results.Store(s.Name, "failed")
				one := &run{t: t, scenario: s, base: list.Request, raw: raw, make: make}
				one.setUp(shared, certs)
				if err := one.refused(); err != nil {
					t.Fatal(err)
				}
				for i, step := range s.Steps {
					if err := one.perform(step); err != nil {
						t.Fatalf("step %d: %v", i+1, err)
					}
				}
				if err := one.sentTwice(); err != nil {
					t.Fatal(err)
				}
				results.Store(s.Name, "ok")
			})
		}
	})
	var table strings.Builder
	for _, s := range list.Scenarios {
		result, ok := results.Load(s.Name)
		if !ok {
			result = "not run"
		}
		fmt.Fprintf(&table, "%s\t%s\n", s.Name, result)
	}
	tables.Store(name, table.String())
	if path := os.Getenv("IDPHOTO_TABLE"); path != "" && !raw {
		if err := os.WriteFile(path, []byte(table.String()), 0o644); err != nil {
			t.Error(err)
		}
	}
}
