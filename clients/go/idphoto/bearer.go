package idphoto

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials"
	"google.golang.org/grpc/status"
)

var (
	errNoSupplier  = errors.New("idphoto: the supplier of bearer tokens is nil")
	errEmptyToken  = errors.New("the supplier gave an empty one")
	errStrayInText = errors.New("the supplier gave one with other characters than visible ASCII")
)

// bearer gives each attempt at a call the token of its time.
type bearer struct {
	supply      func(context.Context) (string, error)
	inPlaintext bool
}

// GetRequestMetadata is credentials.PerRPCCredentials'. gRPC asks where a connection is ready
// to take the call.
func (b bearer) GetRequestMetadata(ctx context.Context, _ ...string) (map[string]string, error) {
	if connection, _ := credentials.RequestInfoFromContext(ctx); !b.inPlaintext && !keepsSecrets(connection.AuthInfo) {
		return nil, &tokenError{codes.Unauthenticated, "a bearer token is not sent over plaintext" + to(connection.AuthInfo) +
			": use TLS, or WithTokenOverPlaintext where a proxy on the same host encrypts", errPlaintextToken}
	}
	token, err := b.token(ctx)
	if err != nil {
		return nil, noToken(ctx, err)
	}
	return map[string]string{"authorization": "Bearer " + token}, nil
}

// RequireTransportSecurity is credentials.PerRPCCredentials'. gRPC's own check would refuse
// loopback, too.
func (bearer) RequireTransportSecurity() bool { return false }

func (b bearer) token(ctx context.Context) (string, error) {
	token, err := b.supply(ctx)
	if err != nil {
		return "", err
	}
	// Files end in a line feed.
	token = strings.TrimSpace(token)
	if token == "" {
		return "", errEmptyToken
	}
	if strings.ContainsFunc(token, func(r rune) bool { return r <= ' ' || r > '~' }) {
		return "", errStrayInText
	}
	return token, nil
}

// tokenError ends an attempt before any of it was sent.
type tokenError struct {
	code  codes.Code
	text  string
	cause error
}

func noToken(ctx context.Context, err error) *tokenError {
	// Whoever gives tokens may be back in a moment, as a gateway may.
	code := codes.Unavailable
	if ctx.Err() != nil {
		code = status.FromContextError(ctx.Err()).Code()
	}
	return &tokenError{code, fmt.Sprintf("no bearer token: %v", err), err}
}

var errPlaintextToken = errors.New("plaintext")

// Error is the text.
func (e *tokenError) Error() string { return e.text }

// Unwrap is the supplier's error.
func (e *tokenError) Unwrap() error { return e.cause }

// GRPCStatus makes gRPC leave the error as it is.
func (e *tokenError) GRPCStatus() *status.Status { return status.New(e.code, e.text) }

// ofToken takes over why there was no token. What was refused here will be refused again.
func (e *Error) ofToken(err error) *Error {
	trouble := (*tokenError)(nil)
	switch {
	case !errors.As(err, &trouble):
	case errors.Is(trouble, errPlaintextToken):
		e.Code, e.Retry = codes.FailedPrecondition, RetryNever
	default:
		e.cause = trouble.cause
	}
	return e
}
