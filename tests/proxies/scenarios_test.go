package proxies

import (
	"encoding/json"
	"strconv"
	"testing"

	pb "idphoto.example/clients/go/gen/idphoto/v1"
)

// ending is how an order ends whose caller waits long enough.
type ending string

const (
	answered ending = "answered"
	unknown  ending = "unknown"
	refused  ending = "refused"
	// broken is any of them, and none: the connection may have ended at any byte.
	broken ending = "broken"
	// shut is that no connection could be made.
	shut ending = "shut"
)

// scenario is what the sandbox is asked for, and what must come of it.
type scenario struct {
	usage  string
	ending ending
	// code is UPI's response code, of an answer.
	code string
	// confidence is that of code 00; -1 where the sandbox chooses it.
	confidence int
	category   pb.RejectionCategory
}

// rejections are some codes of each category, as docs/upi-mapping.md has them.
var rejections = map[string]pb.RejectionCategory{
	"05": pb.RejectionCategory_REJECTION_CATEGORY_NOT_CONFIRMED,
	"70": pb.RejectionCategory_REJECTION_CATEGORY_NOT_CONFIRMED,
	"30": pb.RejectionCategory_REJECTION_CATEGORY_INVALID_REQUEST,
	"94": pb.RejectionCategory_REJECTION_CATEGORY_DUPLICATE_ORDER,
	"61": pb.RejectionCategory_REJECTION_CATEGORY_NOT_PERMITTED,
	"96": pb.RejectionCategory_REJECTION_CATEGORY_SOURCE_UNAVAILABLE,
	"99": pb.RejectionCategory_REJECTION_CATEGORY_OTHER,
	"A7": pb.RejectionCategory_REJECTION_CATEGORY_OTHER,
}

func compares(usage string, confidence int) scenario {
	return scenario{usage: usage, ending: answered, code: "00", confidence: confidence}
}

func rejects(usage, code string) scenario {
	return scenario{usage: usage, ending: answered, code: code, category: rejections[code]}
}

// answers are the scenarios in which UPI answers, at once, late, and nearly too late.
func answers() []scenario {
	all := []scenario{
		compares("account opening", -1),
		compares("sandbox:confidence=0", 0),
		compares("sandbox:confidence=42", 42),
		compares("sandbox:confidence=100", 100),
		compares("sandbox:code=00", -1),
		compares("sandbox:delay=5ms", -1),
		compares("sandbox:delay=20ms,confidence=7", 7),
		compares("sandbox:delay=100ms", -1),
		// Nearly at the gateway's last word to callers with 230 and 500 ms.
		compares("sandbox:delay=210ms", -1),
		compares("sandbox:delay=465ms,confidence=42", 42),
		compares("sandbox:delay=2200ms", -1),
		rejects("sandbox:delay=100ms,code=70", "70"),
		rejects("sandbox:confidense=42", "30"),
	}
	for _, code := range []string{"05", "30", "61", "70", "94", "96", "99", "A7"} {
		all = append(all, rejects("sandbox:code="+code, code))
	}
	return all
}

// scenarios are all of them: answers, and every fault that this sandbox knows, some of them late.
func scenarios(t *testing.T) []scenario {
	t.Helper()
	told, err := run(t, "IDPHOTO_BIN", "sandbox", "--scenarios", "--json").Output()
	if err != nil {
		t.Fatal(err)
	}
	var list struct{ Faults []struct{ Name string } }
	if err := json.Unmarshal(told, &list); err != nil || len(list.Faults) < 25 {
		t.Fatalf("no list of faults: %v, %d", err, len(list.Faults))
	}
	// Later than upi.timeout.
	all := append(answers(), scenario{usage: "sandbox:delay=1m", ending: unknown})
	for _, fault := range list.Faults {
		all = append(all, faulty("sandbox:fault="+fault.Name, fault.Name))
	}
	for _, late := range []int{20, 100} {
		for _, fault := range []string{"reset", "close", "truncated", "unauthorized", "http-500"} {
			all = append(all, faulty("sandbox:delay="+strconv.Itoa(late)+"ms,fault="+fault, fault))
		}
	}
	return all
}

// breaks are scenarios over connections that end in all ways.
func breaks() []scenario {
	return []scenario{
		{usage: "over broken lines", ending: broken, code: "00", confidence: -1},
		{usage: "sandbox:confidence=0", ending: broken, code: "00", confidence: 0},
		{usage: "sandbox:confidence=42,delay=5ms", ending: broken, code: "00", confidence: 42},
		{usage: "sandbox:confidence=43,delay=50ms", ending: broken, code: "00", confidence: 43},
		{usage: "sandbox:confidence=44,delay=100ms", ending: broken, code: "00", confidence: 44},
		{usage: "sandbox:confidence=45,delay=465ms", ending: broken, code: "00", confidence: 45},
		{usage: "sandbox:code=70", ending: broken, code: "70", category: rejections["70"]},
	}
}

func faulty(usage, fault string) scenario {
	if fault == "unauthorized" {
		return scenario{usage: usage, ending: refused}
	}
	return scenario{usage: usage, ending: unknown}
}
