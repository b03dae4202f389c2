package idphoto_test

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

var goBlock = regexp.MustCompile("(?s)```go\n(.*?)```")

// What README.md shows is code of the examples, which run, but for its indentation.
func TestTheREADMEShowsCodeThatRuns(t *testing.T) {
	var sources strings.Builder
	for _, pattern := range []string{"idphoto/example_test.go", "idphototest/example_test.go"} {
		source, err := os.ReadFile(filepath.FromSlash(pattern))
		if err != nil {
			t.Fatal(err)
		}
		sources.WriteString(flat(string(source)))
	}
	readme, err := os.ReadFile("README.md")
	if err != nil {
		t.Fatal(err)
	}
	blocks := goBlock.FindAllStringSubmatch(string(readme), -1)
	if len(blocks) == 0 {
		t.Fatal("no Go code in README.md")
	}
	for _, block := range blocks {
		if !strings.Contains(sources.String(), flat(block[1])) {
			t.Errorf("not in an example:\n%s", block[1])
		}
	}
}

func flat(code string) string {
	var lines strings.Builder
	for line := range strings.Lines(code) {
		lines.WriteString(strings.TrimSpace(line) + "\n")
	}
	return lines.String()
}
