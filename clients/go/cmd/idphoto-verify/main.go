// Command idphoto-verify verifies a photo file: an example of package idphoto.
//
//	echo '{"name": "李雷", "id_number": "11010519491231002X"}' |
//		idphoto-verify -target gateway.example:443 -photo face.jpg \
//		-usage-scenario onboarding -purpose "account opening" \
//		-agreement-version "terms 1" -agreement-serial 20260101000001
//
// The customer comes on standard input, because everybody on a machine can read the
// arguments of its programs. It exits with 0 when UPI answered, 1 when not, 2 on bad usage.
package main

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"time"

	"idphoto.example/clients/go/idphoto"
)

var errCustomer = errors.New(`standard input must be a JSON object with the texts "name" and "id_number"`)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	err := run(ctx, os.Args[1:], os.Stdin, os.Stdout, os.Stderr)
	stop()
	switch {
	case errors.Is(err, flag.ErrHelp):
	case errors.Is(err, errUsage):
		os.Exit(2)
	case err != nil:
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func run(ctx context.Context, args []string, stdin io.Reader, stdout, stderr io.Writer) error {
	f, err := parse(args, stderr)
	if err != nil {
		return err
	}
	request, err := f.request(stdin)
	if err != nil {
		return err
	}
	client, err := idphoto.New(f.target, f.options()...)
	if err != nil {
		return err
	}
	defer client.Close()
	// Told before the call: whatever becomes of this program, the order can be asked for.
	fmt.Fprintln(stderr, "order", request.OrderID)
	ctx, cancel := context.WithTimeout(ctx, f.patience)
	defer cancel()
	answer, err := client.VerifyIDPhoto(ctx, request)
	if err != nil {
		return err
	}
	return tell(stdout, answer)
}

// tell is where a program decides: an answer is not yet a match.
func tell(out io.Writer, answer *idphoto.Answer) error {
	var err error
	switch outcome := answer.Outcome.(type) {
	case idphoto.Comparison:
		_, err = fmt.Fprintf(out, "confidence %d of 100\n", outcome.Confidence)
	case idphoto.Rejection:
		_, err = fmt.Fprintf(out, "not compared: code %s (%s)\n", outcome.Code, outcome.Category)
	}
	return err
}

func (f *flags) request(stdin io.Reader) (*idphoto.Request, error) {
	image, err := os.ReadFile(f.photo)
	if err != nil {
		return nil, err
	}
	var customer struct {
		Name     string `json:"name"`
		IDNumber string `json:"id_number"`
	}
	// The decoder's own error may quote what it read.
	if json.NewDecoder(stdin).Decode(&customer) != nil {
		return nil, errCustomer
	}
	if f.orderID == "" {
		f.orderID = idphoto.MintOrderID()
	}
	return &idphoto.Request{
		OrderID:  f.orderID,
		Customer: idphoto.NewCustomer(customer.Name, customer.IDNumber),
		Photo:    idphoto.NewPhoto(image),
		Consent:  f.consent,
	}, nil
}

func (f *flags) options() []idphoto.Option {
	var options []idphoto.Option
	if f.plaintext {
		options = append(options, idphoto.WithPlaintext())
	}
	if f.caFile != "" {
		options = append(options, idphoto.WithCAFile(f.caFile))
	}
	if f.certFile != "" || f.keyFile != "" {
		options = append(options, idphoto.WithClientCertificateFiles(f.certFile, f.keyFile))
	}
	if f.tokenFile != "" {
		options = append(options, idphoto.WithBearerToken(func(context.Context) (string, error) {
			token, err := os.ReadFile(f.tokenFile)
			return string(token), err
		}))
	}
	return options
}

type flags struct {
	target, photo, orderID    string
	caFile, certFile, keyFile string
	tokenFile                 string
	plaintext                 bool
	patience                  time.Duration
	consent                   idphoto.Consent
}

var errUsage = errors.New("bad usage")

func parse(args []string, stderr io.Writer) (*flags, error) {
	f, set := &flags{}, flag.NewFlagSet("idphoto-verify", flag.ContinueOnError)
	set.SetOutput(stderr)
	set.StringVar(&f.target, "target", "localhost:50051", "the gateway, host:port or unix:/path")
	set.StringVar(&f.photo, "photo", "", "JPEG or PNG `file`, at most 153600 bytes")
	set.StringVar(&f.orderID, "order-id", "", "35 characters; minted when absent")
	set.StringVar(&f.consent.UsageScenario, "usage-scenario", "", "what the verification is used in")
	set.StringVar(&f.consent.Purpose, "purpose", "", "what it is for")
	set.StringVar(&f.consent.AgreementVersion, "agreement-version", "", "name and version of the signed agreement")
	set.StringVar(&f.consent.AgreementSerial, "agreement-serial", "", "serial number of the signed agreement")
	set.DurationVar(&f.patience, "timeout", idphoto.DefaultAwaitTimeout, "longest wait for the answer")
	set.BoolVar(&f.plaintext, "plaintext", false, "no TLS: for loopback and Unix sockets")
	set.StringVar(&f.caFile, "ca-file", "", "PEM `file` of the CAs to trust instead of the system's")
	set.StringVar(&f.certFile, "cert-file", "", "PEM `file` of the client certificate")
	set.StringVar(&f.keyFile, "key-file", "", "PEM `file` of its key")
	set.StringVar(&f.tokenFile, "token-file", "", "`file` of a bearer token, read again for each attempt")
	err := set.Parse(args)
	switch {
	case errors.Is(err, flag.ErrHelp):
		return nil, err
	case err != nil:
		return nil, errUsage
	case f.photo == "" || set.NArg() > 0:
		set.Usage()
		return nil, errUsage
	}
	return f, nil
}
