package idphoto_test

import (
	"testing"
	"time"

	"idphoto.example/clients/go/idphoto"
)

func TestOptionsThatMakeNoSenseAreRefused(t *testing.T) {
	for name, options := range map[string][]idphoto.Option{
		"plaintext with a CA":     {idphoto.WithPlaintext(), idphoto.WithCAFile("ca.pem")},
		"certificate without key": {idphoto.WithClientCertificateFiles("client.pem", "")},
		"no CA file":              {idphoto.WithCAFile("testdata/none.pem")},
		"CA file without a CA":    {idphoto.WithCAFile("options_test.go")},
		"no certificate files":    {idphoto.WithClientCertificateFiles("testdata/none.pem", "testdata/none.key")},
		"no time":                 {idphoto.WithTimeout(0)},
		"less than no time":       {idphoto.WithTimeout(-time.Second)},
	} {
		if client, err := idphoto.New("localhost:1", options...); err == nil {
			t.Errorf("%s: made %v", name, client)
		}
	}
	if _, err := idphoto.New("https://localhost:1"); err == nil {
		t.Error("a URL is taken for a target")
	}
}
