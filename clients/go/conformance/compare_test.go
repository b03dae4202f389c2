package conformance

import (
	"fmt"
	"regexp"
	"slices"
	"time"
)

var (
	upiUUID = regexp.MustCompile(`^[0-9a-f]{32}$`)
	minted  = regexp.MustCompile(`^[0-9]{14}[0-9A-Z]{21}$`)
)

// differs says how a result is not what is expected; nil when it is.
func (r result) differs(want *expectation) error {
	if r.broken != nil {
		return r.broken
	}
	if err := r.breaks(); err != nil {
		return err
	}
	if want.Within > 0 && r.took > time.Duration(want.Within) {
		return fmt.Errorf("took %v, longer than %v", r.took, time.Duration(want.Within))
	}
	if (r.failure != nil) != (want.Error != nil) {
		return fmt.Errorf("got %s, not %s", r, want)
	}
	if want.Error != nil {
		return r.failure.differs(want.Error)
	}
	if r.valid != want.Valid || r.state != want.State {
		return fmt.Errorf("got %s, not %s", r, want)
	}
	if (r.answer != nil) != (want.Answer != nil) {
		return fmt.Errorf("got %s, not %s", r, want)
	}
	if want.Answer != nil {
		return r.answer.differs(want.Answer)
	}
	return nil
}

// breaks is what must hold for every call.
func (r result) breaks() error {
	if f := r.failure; f != nil && f.order != "" && f.order != r.order {
		return fmt.Errorf("the error has order %q, the call %q", f.order, r.order)
	}
	a := r.answer
	if a == nil {
		return nil
	}
	switch {
	case a.order != r.order:
		return fmt.Errorf("the answer has order %q, the call %q", a.order, r.order)
	case !upiUUID.MatchString(a.upiUUID):
		return fmt.Errorf("UPI-UUID %q", a.upiUUID)
	case a.confidence < 0 || a.confidence > 100:
		return fmt.Errorf("confidence %d", a.confidence)
	}
	return nil
}

func (a *answer) differs(want *answerSpec) error {
	var wrong []string
	if want.Confidence != nil && (!a.compared || a.confidence != *want.Confidence) {
		wrong = append(wrong, fmt.Sprintf("confidence %d", *want.Confidence))
	}
	if (want.Category != "" || want.Code != "") && (a.compared || a.category != want.Category || a.code != want.Code) {
		wrong = append(wrong, fmt.Sprintf("rejection %s %s", want.Category, want.Code))
	}
	if want.Replayed != nil && a.replayed != *want.Replayed {
		wrong = append(wrong, fmt.Sprintf("replayed %t", *want.Replayed))
	}
	if wrong == nil {
		return nil
	}
	return fmt.Errorf("got %+v, not %v", *a, wrong)
}

func (f *failure) differs(want *errorSpec) error {
	var wrong []string
	if got := codeName(f.code); want.Code != "" && got != want.Code {
		wrong = append(wrong, "code "+want.Code)
	}
	for _, part := range []struct {
		name, got string
		want      *string
	}{{"reason", f.reason, want.Reason}, {"dispatch", f.dispatch, want.Dispatch}, {"retry", f.retry, want.Retry}} {
		if part.want != nil && part.got != *part.want {
			wrong = append(wrong, fmt.Sprintf("%s %q", part.name, *part.want))
		}
	}
	if want.Fields != nil && !slices.Equal(f.fields, want.Fields) {
		wrong = append(wrong, fmt.Sprintf("fields %v", want.Fields))
	}
	if want.Quota != nil && !slices.Equal(f.quota, want.Quota) {
		wrong = append(wrong, fmt.Sprintf("quota %q", want.Quota))
	}
	if want.RetryAfter > 0 && f.retryAfter != time.Duration(want.RetryAfter) {
		wrong = append(wrong, fmt.Sprintf("retry after %v", time.Duration(want.RetryAfter)))
	}
	if wrong == nil {
		return nil
	}
	return fmt.Errorf("got %s %+v, not %v", codeName(f.code), *f, wrong)
}

func (r result) String() string {
	switch {
	case r.failure != nil:
		return fmt.Sprintf("%s %+v", codeName(r.failure.code), *r.failure)
	case r.answer != nil:
		return fmt.Sprintf("state %q and answer %+v", r.state, *r.answer)
	}
	return fmt.Sprintf("state %q, valid %t and no answer", r.state, r.valid)
}

func (e *expectation) String() string {
	switch {
	case e.Error != nil:
		return "error " + e.Error.Code
	case e.Answer != nil:
		return fmt.Sprintf("state %q and an answer", e.State)
	}
	return fmt.Sprintf("state %q, valid %t and no answer", e.State, e.Valid)
}
