package idphoto

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"encoding/xml"
	"fmt"
	"log/slog"
	"strings"
	"testing"
	"time"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
)

const (
	canaryName   = "金丝雀"
	canaryNumber = "CANARY0123456789XY"
	canaryPhoto  = "canary-photo-bytes"
	canaryText   = "canary message of UPI"
)

func canaryRequest() *Request {
	return &Request{
		OrderID:  "20261124081500ABCDEFGHIJKLMNOPQRSTU",
		Customer: NewCustomer(canaryName, canaryNumber),
		Photo:    NewPhoto([]byte(canaryPhoto)),
	}
}

// shown lists the canaries in a text, in any spelling that a verb could give them.
func shown(text string) (found []string) {
	for _, canary := range []string{canaryName, canaryNumber, canaryPhoto, canaryText} {
		raw := []byte(canary)
		for _, spelling := range []string{
			canary, hex.EncodeToString(raw), strings.ToUpper(hex.EncodeToString(raw)),
			base64.StdEncoding.EncodeToString(raw), strings.Trim(fmt.Sprint(raw), "[]"),
			strings.Trim(fmt.Sprintf("%+q", canary), `"`), strings.Trim(fmt.Sprintf("% x", raw), `"`),
			strings.TrimSuffix(strings.TrimPrefix(fmt.Sprintf("%#v", raw), "[]byte{"), "}"),
			strings.Trim(fmt.Sprintf("%b", raw), "[]"), strings.Trim(fmt.Sprintf("%o", raw), "[]"),
			strings.Trim(fmt.Sprintf("%U", raw), "[]"),
		} {
			if strings.Contains(text, spelling) {
				found = append(found, spelling)
			}
		}
	}
	return found
}

// hiding is a struct of a user: fmt asks no methods of what is in unexported fields.
type hiding struct {
	request  Request
	pointer  *Request
	customer Customer
	photo    Photo
	outcome  Outcome
	answer   Answer
}

func values() map[string]any {
	request := canaryRequest()
	rejection := NewRejection(CategoryNotConfirmed, "70", canaryText, canaryText)
	answer := Answer{Outcome: rejection}
	return map[string]any{
		"request": request, "request by value": *request, "requests": []Request{*request},
		"customer": request.Customer, "customers": map[string]Customer{"a": request.Customer},
		"photo": request.Photo, "photo by pointer": &request.Photo,
		"rejection": rejection, "answer": answer, "answer by pointer": &answer,
		"verification": &Verification{Answer: &answer},
		"user's":       hiding{*request, request, request.Customer, request.Photo, rejection, answer},
	}
}

func TestNoVerbShowsPersonalData(t *testing.T) {
	for name, value := range values() {
		for _, verb := range "vsqxXdoObcUtTpeEfFgG" {
			for _, flag := range []string{"", "+", "#", " ", "# ", "+#", "0", "-20", ".3"} {
				format := "%" + flag + string(verb)
				if found := shown(fmt.Sprintf(format, value)); found != nil {
					t.Errorf("%s of %s shows %q", format, name, found)
				}
			}
		}
	}
}

func TestNoEncoderOrLogShowsPersonalData(t *testing.T) {
	for name, value := range values() {
		var out bytes.Buffer
		encoded, err := json.Marshal(value)
		fmt.Fprintln(&out, string(encoded), err)
		encoded, err = xml.Marshal(value)
		fmt.Fprintln(&out, string(encoded), err)
		slog.New(slog.NewTextHandler(&out, nil)).Info("text", "value", value)
		slog.New(slog.NewJSONHandler(&out, nil)).Info("JSON", "value", value)
		if found := shown(out.String()); found != nil {
			t.Errorf("%s shows %q in\n%s", name, found, out.String())
		}
	}
}

// A canary that this test cannot find would make the others worthless.
func TestCanariesAreFoundWhereTheyAre(t *testing.T) {
	plain := struct {
		Name  string
		Photo []byte
	}{canaryName, []byte(canaryPhoto)}
	for _, format := range []string{"%v", "%+v", "%#v", "%s", "%x", "%X", "%q", "%d", "% x"} {
		if len(shown(fmt.Sprintf(format, plain))) == 0 {
			t.Errorf("%s hides the canaries from this test", format)
		}
	}
}

func TestPersonalDataIsThereForWhomItIsMeant(t *testing.T) {
	request, failure := canaryRequest().toProto(false)
	if failure != nil {
		t.Fatal(failure)
	}
	if request.GetCustomer().GetName() != canaryName || request.GetCustomer().GetIdNumber() != canaryNumber {
		t.Error("the customer does not reach the gateway")
	}
	if string(request.GetPhoto()) != canaryPhoto {
		t.Error("the photo does not reach the gateway")
	}
	rejection := NewRejection(CategoryNotConfirmed, "70", "message", "detail")
	if rejection.Message() != "message" || rejection.Detail() != "detail" {
		t.Error("UPI's texts do not reach the caller")
	}
}

func TestTextThatIsNoUTF8IsNamedAndNotShown(t *testing.T) {
	request := canaryRequest()
	request.Customer = NewCustomer("\xc0\xee\xc0\xd7"+canaryName, canaryNumber)
	_, e := request.toProto(false)
	if e == nil || e.Reason != ReasonInvalidField || e.Code != codes.InvalidArgument || e.Retry != RetryFixRequest {
		t.Fatalf("got %v", e)
	}
	if len(e.Violations) != 1 || e.Violations[0].Field != "customer.name" {
		t.Errorf("got %v", e.Violations)
	}
	if found := shown(fmt.Sprintf("%v %+v %#v", e, e, e)); found != nil {
		t.Errorf("the error shows %q", found)
	}
}

// The zero values of a request are printable and reach the gateway as empty fields.
func TestZeroValuesAreEmpty(t *testing.T) {
	empty, failure := (&Request{}).toProto(false)
	if failure != nil || empty.GetCustomer().GetName() != "" || len(empty.GetPhoto()) != 0 {
		t.Error("a zero request is not empty")
	}
	if text := fmt.Sprintf("%v", Customer{}); text != redacted {
		t.Errorf("printed %s", text)
	}
}

func TestErrorsShowWhatIsNeeded(t *testing.T) {
	err := questionFailure(status.FromContextError(context.DeadlineExceeded).Err(), canaryRequest().OrderID)
	if !strings.Contains(err.Error(), canaryRequest().OrderID) {
		t.Errorf("no order id in %v", err)
	}
}

func mustDuration(t *testing.T, text string) time.Duration {
	t.Helper()
	duration, err := time.ParseDuration(text)
	if err != nil {
		t.Fatal(err)
	}
	return duration
}
