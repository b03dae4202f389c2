package proxies

import (
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"testing"
	"text/tabwriter"
)

// judged is evidence with its judge.
type judged struct {
	judge    judge
	evidence []evidence
}

// shown is how many violations a report has words for.
const shown = 40

// report has what is broken, with what the gateway's log says of the order.
func (j judged) report(t *testing.T, log string) {
	t.Helper()
	count := 0
	for _, e := range j.evidence {
		for _, violation := range j.judge.violations(e) {
			if count++; count <= shown {
				t.Errorf("%v: %s, then %s: %s\n%s", e.cell, e.first.end.outcome(), e.second.end.outcome(), violation, about(e.order, log))
			}
		}
	}
	if count > shown {
		t.Errorf("and %d more", count-shown)
	}
}

func about(order, log string) string {
	var lines strings.Builder
	for line := range strings.Lines(log) {
		if strings.Contains(line, order) {
			lines.WriteString(line)
		}
	}
	return lines.String()
}

// print writes the first calls' outcomes by scenario and proxy, and the sums.
func (j judged) print(out io.Writer) {
	rows, names := map[string]map[string]int{}, map[string]bool{}
	var order []string
	violations := map[string]int{}
	for _, e := range j.evidence {
		row := e.cell.scenario.usage + "\t" + e.cell.proxy
		if rows[row] == nil {
			rows[row] = map[string]int{}
			order = append(order, row)
		}
		rows[row][e.first.end.outcome()]++
		names[e.first.end.outcome()] = true
		violations[row] += len(j.judge.violations(e))
	}
	columns := slices.Sorted(maps.Keys(names))
	slices.SortStableFunc(order, func(one, other string) int {
		return strings.Compare(strings.Split(one, "\t")[0], strings.Split(other, "\t")[0])
	})
	table := tabwriter.NewWriter(out, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintf(table, "scenario\tproxy\t%s\tviolations\t\n", strings.Join(columns, "\t"))
	sums := map[string]int{}
	for _, row := range order {
		line(table, row, columns, rows[row], violations[row])
		proxy := strings.Split(row, "\t")[1]
		sums["all"] += violations[row]
		for _, sum := range []string{"all", proxy} {
			total := "sum\t" + sum
			if rows[total] == nil {
				rows[total] = map[string]int{}
			}
			for column, count := range rows[row] {
				rows[total][column] += count
			}
		}
		if proxy != "all" {
			sums[proxy] += violations[row]
		}
	}
	for _, sum := range slices.Sorted(maps.Keys(sums)) {
		line(table, "sum\t"+sum, columns, rows["sum\t"+sum], sums[sum])
	}
	_ = table.Flush()
	j.sums(out, sums["all"])
}

func line(out io.Writer, row string, columns []string, counts map[string]int, violations int) {
	fmt.Fprintf(out, "%s\t", row)
	for _, column := range columns {
		fmt.Fprintf(out, "%d\t", counts[column])
	}
	fmt.Fprintf(out, "%d\t\n", violations)
}

func (j judged) sums(out io.Writer, violations int) {
	kept, posts := map[string]int{}, 0
	for _, e := range j.evidence {
		state := strings.TrimPrefix(e.first.kept.state.String(), "VERIFICATION_STATE_")
		if !e.cell.hasty {
			kept["before the repeat "+strings.Replace(state, "UNSPECIFIED", "never known", 1)]++
		}
		kept["the repeat ends with "+e.second.end.outcome()]++
		if e.second.end.outcome() == "OUTCOME_UNKNOWN" && e.last == 0 {
			kept["OUTCOME_UNKNOWN though nothing was received, with "+e.cell.photo]++
		}
		posts += e.last
	}
	fmt.Fprintf(out, "calls: %d, of %d orders, each called twice, half of them at once\n", 2*len(j.evidence), len(j.evidence))
	fmt.Fprintf(out, "requests that UPI's side received: %d\n", posts)
	for _, state := range slices.Sorted(maps.Keys(kept)) {
		fmt.Fprintf(out, "%s: %d\n", state, kept[state])
	}
	fmt.Fprintf(out, "violations: %d\n", violations)
}
