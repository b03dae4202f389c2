package conformance

import (
	"context"
	"errors"
	"path/filepath"
	"sync/atomic"
	"time"

	"google.golang.org/grpc"

	"idphoto.example/clients/go/idphoto"
)

// withClient calls by package idphoto.
type withClient struct{ client *idphoto.Client }

func newClient(target string, spec clientSpec, folder string, dial []grpc.DialOption) (caller, error) {
	options := []idphoto.Option{idphoto.WithDialOptions(dial...)}
	if !spec.TLS {
		options = append(options, idphoto.WithPlaintext())
	}
	if spec.Timeout > 0 {
		options = append(options, idphoto.WithTimeout(time.Duration(spec.Timeout)))
	}
	if spec.CAFile != "" {
		options = append(options, idphoto.WithCAFile(filepath.Join(folder, spec.CAFile)))
	}
	if spec.CertFile != "" {
		options = append(options, idphoto.WithClientCertificateFiles(filepath.Join(folder, spec.CertFile), filepath.Join(folder, spec.KeyFile)))
	}
	if spec.Tokens != nil {
		options = append(options, idphoto.WithBearerToken(inTurn(spec.Tokens)))
	}
	client, err := idphoto.New(target, options...)
	return withClient{client}, err
}

// inTurn supplies these tokens, and the last one again and again. An empty one is a failure.
func inTurn(tokens []string) func(context.Context) (string, error) {
	var asked atomic.Int64
	return func(context.Context) (string, error) {
		token := tokens[min(int(asked.Add(1)), len(tokens))-1]
		if token == "" {
			return "", errors.New("no token by script")
		}
		return token, nil
	}
}

func (c withClient) close() { _ = c.client.Close() }

func (c withClient) verify(ctx context.Context, order string, f fields, validateOnly bool) result {
	image, err := photo(f["photo"])
	if err != nil {
		return result{broken: err}
	}
	request := &idphoto.Request{
		OrderID:  order,
		Customer: idphoto.NewCustomer(f["customer.name"], f["customer.id_number"]),
		Photo:    idphoto.NewPhoto(image),
		Consent: idphoto.Consent{
			UsageScenario: f["consent.usage_scenario"], Purpose: f["consent.purpose"],
			AgreementVersion: f["consent.agreement_version"], AgreementSerial: f["consent.agreement_serial"],
		},
	}
	if merchant, ok := f.group("merchant."); ok {
		request.Merchant = &idphoto.Merchant{ID: merchant["id"], Name: merchant["name"], CategoryCode: merchant["category_code"]}
	}
	if validateOnly {
		err = c.client.Validate(ctx, request)
		return ended(order, nil, err, result{valid: err == nil})
	}
	got, err := c.client.VerifyIDPhoto(ctx, request)
	return ended(orderOf(order, got, err), got, err, result{})
}

// orderOf finds an order id that the client minted.
func orderOf(order string, got *idphoto.Answer, err error) string {
	var e *idphoto.Error
	switch {
	case order != "":
	case got != nil:
		return got.OrderID
	case errors.As(err, &e):
		return e.OrderID
	}
	return order
}

func (c withClient) get(ctx context.Context, order string) result {
	found, err := c.client.GetVerification(ctx, order)
	if err != nil {
		return ended(order, nil, err, result{})
	}
	return ended(order, found.Answer, nil, result{state: string(found.State)})
}

func (c withClient) await(ctx context.Context, order string) result {
	got, err := c.client.Await(ctx, order)
	return ended(order, got, err, result{})
}

func ended(order string, got *idphoto.Answer, err error, r result) result {
	r.order = order
	if err != nil {
		var e *idphoto.Error
		if !errors.As(err, &e) {
			r.broken = err
			return r
		}
		r.failure = &failure{
			code: e.Code, reason: string(e.Reason), dispatch: string(e.Dispatch), retry: string(e.Retry),
			order: e.OrderID, retryAfter: e.RetryAfter,
		}
		for _, violation := range e.Violations {
			r.failure.fields = append(r.failure.fields, violation.Field)
		}
		for _, limit := range e.Quota {
			r.failure.quota = append(r.failure.quota, limit.Subject+" "+limit.Description)
		}
	}
	if got == nil {
		return r
	}
	r.answer = &answer{order: got.OrderID, upiUUID: got.UPIUUID, replayed: got.Replayed}
	switch outcome := got.Outcome.(type) {
	case idphoto.Comparison:
		r.answer.compared, r.answer.confidence = true, outcome.Confidence
	case idphoto.Rejection:
		r.answer.category, r.answer.code = string(outcome.Category), outcome.Code
	}
	return r
}
