package idphoto

import (
	"cmp"
	"crypto/rand"
	"time"
	"unicode/utf8"

	"google.golang.org/grpc/codes"

	idphotov1 "idphoto.example/clients/go/gen/idphoto/v1"
)

// Request is one verification. Calls do not change it. Called again with the same content
// and the same OrderID, the gateway gives the same answer and charges nothing.
type Request struct {
	// OrderID is what the gateway knows the verification by: 35 printable ASCII characters
	// without personal data. When it is empty, each call is a new order with an id of its
	// own. Set it by [MintOrderID], and keep it, where you may call again or the program may
	// die during the call.
	OrderID string
	// Customer is who is to be verified.
	Customer Customer
	// Photo is the customer's picture.
	Photo Photo
	// Consent is what the customer agreed to.
	Consent Consent
	// Merchant is for whom the gateway's member asks; nil is the one of the gateway's
	// configuration, if there is one.
	Merchant *Merchant
}

// Customer is a person. It shows nothing when it is printed, logged or encoded.
type Customer struct{ private[customer] }

type customer struct{ name, idNumber string }

// NewCustomer is a person by name (Han script, as on the ID card) and ID number.
func NewCustomer(name, idNumber string) Customer {
	return Customer{hide(customer{name, idNumber})}
}

// Photo is a picture. It shows nothing when it is printed, logged or encoded.
type Photo struct{ private[[]byte] }

// NewPhoto is a picture by the bytes of a JPEG or PNG, 1 to 153,600 of them. They are
// not copied.
func NewPhoto(image []byte) Photo { return Photo{hide(image)} }

// Consent is the evidence that the customer agreed. It must not contain personal data.
type Consent struct {
	// UsageScenario is what the verification is used in, 2 to 40 characters.
	UsageScenario string
	// Purpose is what it is for, 2 to 128 characters.
	Purpose string
	// AgreementVersion is the name and version of the signed agreement, 2 to 128 characters.
	AgreementVersion string
	// AgreementSerial is the signed agreement's serial number, 14 to 64 letters and digits.
	AgreementSerial string
}

// Merchant is for whom the member asks; its fields go together.
type Merchant struct {
	// ID has 1 to 15 printable ASCII characters.
	ID string
	// Name has 1 to 25 characters.
	Name string
	// CategoryCode has 4 digits.
	CategoryCode string
}

// MintOrderID makes a new order id: the time in UTC to the second, and 21 random digits
// and capital letters (105 bits).
func MintOrderID() string {
	return time.Now().UTC().Format("20060102150405") + rand.Text()[:21]
}

// toProto mints an order id where there is none.
func (r *Request) toProto(validateOnly bool) (*idphotov1.VerifyIdPhotoRequest, *Error) {
	if r == nil {
		return nil, &Error{
			Code: codes.InvalidArgument, Reason: ReasonInvalidField, Dispatch: DispatchNotSent, Retry: RetryFixRequest,
			Message: "the request is nil",
		}
	}
	person := r.Customer.reveal()
	request := &idphotov1.VerifyIdPhotoRequest{
		OrderId:  cmp.Or(r.OrderID, MintOrderID()),
		Customer: &idphotov1.Customer{Name: person.name, IdNumber: person.idNumber},
		Photo:    r.Photo.reveal(),
		Consent: &idphotov1.Consent{
			UsageScenario:    r.Consent.UsageScenario,
			Purpose:          r.Consent.Purpose,
			AgreementVersion: r.Consent.AgreementVersion,
			AgreementSerial:  r.Consent.AgreementSerial,
		},
		ValidateOnly: validateOnly,
	}
	if m := r.Merchant; m != nil {
		request.Merchant = &idphotov1.Merchant{Id: m.ID, Name: m.Name, CategoryCode: m.CategoryCode}
	}
	if failure := checkText(request); failure != nil {
		return nil, failure
	}
	return request, nil
}

// checkText finds texts that protobuf cannot carry, such as names in GB 18030. All other
// rules are the gateway's.
func checkText(r *idphotov1.VerifyIdPhotoRequest) *Error {
	var violations []Violation
	for _, field := range [...]struct{ path, text string }{
		{"order_id", r.GetOrderId()},
		{"customer.name", r.GetCustomer().GetName()},
		{"customer.id_number", r.GetCustomer().GetIdNumber()},
		{"consent.usage_scenario", r.GetConsent().GetUsageScenario()},
		{"consent.purpose", r.GetConsent().GetPurpose()},
		{"consent.agreement_version", r.GetConsent().GetAgreementVersion()},
		{"consent.agreement_serial", r.GetConsent().GetAgreementSerial()},
		{"merchant.id", r.GetMerchant().GetId()},
		{"merchant.name", r.GetMerchant().GetName()},
		{"merchant.category_code", r.GetMerchant().GetCategoryCode()},
	} {
		if !utf8.ValidString(field.text) {
			violations = append(violations, Violation{field.path, "must be UTF-8"})
		}
	}
	if violations == nil {
		return nil
	}
	return notUTF8(r.GetOrderId(), DispatchNotSent, violations)
}

func checkOrderID(orderID string) *Error {
	if utf8.ValidString(orderID) {
		return nil
	}
	return notUTF8(orderID, DispatchUnknownToClient, []Violation{{"order_id", "must be UTF-8"}})
}

func notUTF8(orderID string, dispatch Dispatch, violations []Violation) *Error {
	return &Error{
		Code: codes.InvalidArgument, Reason: ReasonInvalidField, Dispatch: dispatch, Retry: RetryFixRequest,
		OrderID: orderID, Violations: violations, Message: "the request is not UTF-8",
	}
}
