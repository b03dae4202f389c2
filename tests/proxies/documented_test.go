package proxies

import (
	"os"
	"regexp"
	"testing"

	"google.golang.org/grpc/codes"
)

// documented is a row of docs/errors.md.
type documented struct {
	code            codes.Code
	dispatch, retry string
}

var (
	tableRow = regexp.MustCompile("(?m)^\\| `([A-Z_]+)` \\| `([A-Z_]+)` \\| ([^|]+) \\| ([^|]+) \\|")
	quoted   = regexp.MustCompile("^`([A-Z_]+)`$")
)

// errorTable is what callers are told to rely on, by reason. Dispatch and retry are empty where the page has words for
// them.
func errorTable(t *testing.T) map[string]documented {
	t.Helper()
	page, err := os.ReadFile("../../docs/errors.md")
	if err != nil {
		t.Fatal(err)
	}
	table := map[string]documented{}
	for _, row := range tableRow.FindAllSubmatch(page, -1) {
		var code codes.Code
		if err := code.UnmarshalJSON([]byte(`"` + string(row[2]) + `"`)); err != nil {
			t.Fatalf("%s: %v", row[1], err)
		}
		table[string(row[1])] = documented{code, name(row[3]), name(row[4])}
	}
	if len(table) != 17 {
		t.Fatalf("%d reasons in the table", len(table))
	}
	return table
}

func name(column []byte) string {
	if found := quoted.FindSubmatch(column); found != nil {
		return string(found[1])
	}
	return ""
}
