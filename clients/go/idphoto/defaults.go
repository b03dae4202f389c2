package idphoto

import "time"

// What holds without options; the same for every language, by clients/defaults.json.
const (
	// DefaultTimeout is the longest that one call takes, and the deadline of a context
	// that has none.
	DefaultTimeout = 20 * time.Second
	// DefaultAwaitTimeout bounds [Client.Await] with a context without a deadline. The
	// gateway has settled every order before.
	DefaultAwaitTimeout = 90 * time.Second

	awaitPauseFirst   = 200 * time.Millisecond
	awaitPauseLongest = 2 * time.Second

	retryAttempts          = 3
	retryBackoffFirst      = 250 * time.Millisecond
	retryBackoffLongest    = 2 * time.Second
	retryBackoffMultiplier = 3.0
	retryTokens            = 100.0
	retryTokenRatio        = 0.1

	reconnectLongest = 5 * time.Second

	keepaliveTime         = 60 * time.Second
	keepaliveTimeout      = 20 * time.Second
	keepaliveWithoutCalls = true

	tokenOverPlaintext = false

	// Questions alone are left to gRPC's retries, which repeat a broken connection's calls,
	// too: asking twice does no harm. Verifications are repeated by this package, which knows
	// when nothing was sent. Hedging, which sends without knowing, is out of the question.
	serviceConfig = `{
		"loadBalancingConfig": [{"round_robin": {}}],
		"healthCheckConfig": {"serviceName": "idphoto.v1.IdPhotoService"},
		"methodConfig": [{
			"name": [{"service": "idphoto.v1.IdPhotoService", "method": "GetVerification"}],
			"retryPolicy": {
				"maxAttempts": 3,
				"initialBackoff": "0.25s",
				"maxBackoff": "2s",
				"backoffMultiplier": 3,
				"retryableStatusCodes": ["UNAVAILABLE"]
			}
		}],
		"retryThrottling": {"maxTokens": 100, "tokenRatio": 0.1}
	}`
)
