package proxies

import (
	"fmt"
	"slices"
	"testing"
	"time"
)

// never is a cell's cancel where its caller stays.
const never time.Duration = -1

// cell is one call of the matrix.
type cell struct {
	scenario scenario
	proxy    string
	// deadline is the caller's; 0 is none.
	deadline time.Duration
	// cancel is when the caller gives up.
	cancel time.Duration
	// photo names the file that is sent: one that fits a write, and the largest that is admitted.
	photo string
	// hasty is a caller who repeats at once, and not after the order has settled.
	hasty bool
}

func (c cell) String() string {
	return fmt.Sprintf("%s / %s / deadline %v / cancel %v / %s / hasty %v",
		c.scenario.usage, c.proxy, c.deadline, c.cancel, c.photo, c.hasty)
}

var (
	// Nothing is sent for callers with less than 200 ms.
	deadlines = []time.Duration{0, time.Millisecond, 20 * time.Millisecond, 200 * time.Millisecond,
		230 * time.Millisecond, 500 * time.Millisecond, 2 * time.Second}
	// The last one comes after most answers, and before upi.timeout.
	cancels = []time.Duration{never, 0, 5 * time.Millisecond, 20 * time.Millisecond, 100 * time.Millisecond, 3 * time.Second}
	photos  = []string{"face-256.jpg", "limit-153600.jpg"}
)

// matrix is every cell. Photo and haste change from cell to cell, so that each scenario and proxy has both of them.
func matrix(scenarios []scenario, proxies []string) []cell {
	var all []cell
	for row, proxy := range proxies {
		for column, scenario := range scenarios {
			for _, deadline := range deadlines {
				for _, cancel := range cancels {
					photo := photos[(len(all)+len(all)/len(cancels))%len(photos)]
					hasty := (len(all)+row+column)%2 == 0
					all = append(all, cell{scenario, proxy, deadline, cancel, photo, hasty})
				}
			}
		}
	}
	return all
}

// stride shares no factor with the numbers of deadlines and cancels: a sample has all pairs of them, and all scenarios.
const stride = 29

// sample is always the same part of the cells.
func sample(cells []cell) []cell {
	var part []cell
	for place := 0; place < len(cells); place += stride {
		part = append(part, cells[place])
	}
	return part
}

func TestTheSampleHasEveryScenarioProxyDeadlineAndCancel(t *testing.T) {
	all := matrix(scenarios(t), []string{direct, "envoy"})
	part := sample(all)
	values := map[string]func(cell) any{
		"scenario":            func(c cell) any { return c.scenario.usage + c.proxy },
		"deadline and cancel": func(c cell) any { return [2]time.Duration{c.deadline, c.cancel} },
		"photo and haste":     func(c cell) any { return fmt.Sprint(c.photo, c.proxy, c.hasty) },
	}
	for name, value := range values {
		has := func(wanted cell) bool {
			return slices.ContainsFunc(part, func(c cell) bool { return value(c) == value(wanted) })
		}
		for _, wanted := range all {
			if !has(wanted) {
				t.Fatalf("%s of %v is missing", name, wanted)
			}
		}
	}
}
