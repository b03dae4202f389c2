package conformance

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"time"

	"google.golang.org/genproto/googleapis/rpc/errdetails"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/status"

	idphotov1 "idphoto.example/clients/go/gen/idphoto/v1"
)

const (
	rawDeadline = 20 * time.Second
	rawPoll     = 100 * time.Millisecond
)

// withStubs calls by nothing but the generated code.
type withStubs struct {
	conn *grpc.ClientConn
	stub idphotov1.IdPhotoServiceClient
}

func newStubs(target string, spec clientSpec, folder string, dial []grpc.DialOption) (caller, error) {
	transport := insecure.NewCredentials()
	if spec.TLS {
		config, err := tlsConfig(spec, folder)
		if err != nil {
			return nil, err
		}
		transport = credentials.NewTLS(config)
	}
	conn, err := grpc.NewClient(target, append(dial, grpc.WithTransportCredentials(transport))...)
	return withStubs{conn, idphotov1.NewIdPhotoServiceClient(conn)}, err
}

func tlsConfig(spec clientSpec, folder string) (*tls.Config, error) {
	config := &tls.Config{}
	if spec.CAFile != "" {
		pem, err := os.ReadFile(filepath.Join(folder, spec.CAFile))
		if err != nil {
			return nil, err
		}
		config.RootCAs = x509.NewCertPool()
		if !config.RootCAs.AppendCertsFromPEM(pem) {
			return nil, errors.New("no certificate in the CA file")
		}
	}
	if spec.CertFile != "" {
		pair, err := tls.LoadX509KeyPair(filepath.Join(folder, spec.CertFile), filepath.Join(folder, spec.KeyFile))
		if err != nil {
			return nil, err
		}
		config.Certificates = []tls.Certificate{pair}
	}
	return config, nil
}

func (c withStubs) close() { _ = c.conn.Close() }

func bounded(ctx context.Context) (context.Context, context.CancelFunc) {
	return context.WithTimeout(ctx, rawDeadline)
}

func (c withStubs) verify(ctx context.Context, order string, f fields, validateOnly bool) result {
	image, err := photo(f["photo"])
	if err != nil {
		return result{broken: err}
	}
	request := &idphotov1.VerifyIdPhotoRequest{
		OrderId:  order,
		Customer: &idphotov1.Customer{Name: f["customer.name"], IdNumber: f["customer.id_number"]},
		Photo:    image,
		Consent: &idphotov1.Consent{
			UsageScenario: f["consent.usage_scenario"], Purpose: f["consent.purpose"],
			AgreementVersion: f["consent.agreement_version"], AgreementSerial: f["consent.agreement_serial"],
		},
		ValidateOnly: validateOnly,
	}
	if merchant, ok := f.group("merchant."); ok {
		request.Merchant = &idphotov1.Merchant{Id: merchant["id"], Name: merchant["name"], CategoryCode: merchant["category_code"]}
	}
	ctx, cancel := bounded(ctx)
	defer cancel()
	response, err := c.stub.VerifyIdPhoto(ctx, request)
	if err != nil {
		return result{order: order, failure: rawFailure(err)}
	}
	return result{order: order, answer: rawAnswer(response), valid: validateOnly && response.GetOutcome() == nil}
}

func (c withStubs) get(ctx context.Context, order string) result {
	ctx, cancel := bounded(ctx)
	defer cancel()
	response, err := c.stub.GetVerification(ctx, &idphotov1.GetVerificationRequest{OrderId: order})
	if err != nil {
		return result{order: order, failure: rawFailure(err)}
	}
	state := strings.TrimPrefix(response.GetState().String(), "VERIFICATION_STATE_")
	return result{order: order, state: state, answer: rawAnswer(response.GetResult())}
}

// await does by hand what a user of plain stubs has to do, and gives an end without an
// answer the words that the call itself has for it.
func (c withStubs) await(ctx context.Context, order string) result {
	ctx, cancel := bounded(ctx)
	defer cancel()
	ends := map[string]*failure{
		"IN_FLIGHT":       {code: codes.DeadlineExceeded, reason: "ANSWER_PENDING", dispatch: "IN_FLIGHT", retry: "SAME_ORDER"},
		"NOT_SENT":        {code: codes.Unavailable, dispatch: "NOT_SENT", retry: "SAME_ORDER"},
		"OUTCOME_UNKNOWN": {code: codes.Unknown, reason: "OUTCOME_UNKNOWN", dispatch: "UNKNOWN", retry: "NEW_ORDER"},
	}
	last := result{}
	for {
		found := c.get(ctx, order)
		if found.state != "" || last.state == "" {
			last = found
		}
		trouble := found.failure != nil && found.failure.code != codes.NotFound
		if found.state != "IN_FLIGHT" && !trouble {
			break
		}
		select {
		case <-ctx.Done():
			if end := ends[last.state]; end != nil {
				return result{order: order, failure: end}
			}
			return found
		case <-time.After(rawPoll):
		}
	}
	if end := ends[last.state]; end != nil {
		last.failure = end
	}
	last.state = ""
	return last
}

func rawAnswer(response *idphotov1.VerifyIdPhotoResponse) *answer {
	if response.GetOutcome() == nil {
		return nil
	}
	got := &answer{order: response.GetOrderId(), upiUUID: response.GetUpiUuid(), replayed: response.GetReplayed()}
	if comparison := response.GetComparison(); comparison != nil {
		got.compared, got.confidence = true, int(comparison.GetConfidence())
		return got
	}
	rejection := response.GetRejection()
	got.category = strings.TrimPrefix(rejection.GetCategory().String(), "REJECTION_CATEGORY_")
	got.code = rejection.GetCode()
	return got
}

func rawFailure(err error) *failure {
	s := status.Convert(err)
	f := &failure{code: s.Code()}
	for _, detail := range s.Details() {
		switch detail := detail.(type) {
		case *errdetails.ErrorInfo:
			if detail.GetDomain() == "idphoto" {
				f.reason, f.dispatch, f.retry = detail.GetReason(), detail.GetMetadata()["dispatch"], detail.GetMetadata()["retry"]
			}
		case *errdetails.BadRequest:
			for _, violation := range detail.GetFieldViolations() {
				f.fields = append(f.fields, violation.GetField())
			}
		case *errdetails.QuotaFailure:
			for _, limit := range detail.GetViolations() {
				f.quota = append(f.quota, limit.GetSubject()+" "+limit.GetDescription())
			}
		case *errdetails.RetryInfo:
			f.retryAfter = detail.GetRetryDelay().AsDuration()
		}
	}
	return f
}
