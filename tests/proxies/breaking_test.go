package proxies

import (
	"io"
	"math"
	"time"
)

// way is how a connection to UPI's side behaves.
type way struct {
	// most is how many bytes of requests are read before it ends.
	most int64
	// resets is whether it ends by a reset.
	resets bool
	// swallows ends it after a whole request, which nobody answers.
	swallows bool
	// linger is how long after its first answer it ends; never where it stays.
	linger time.Duration
}

var (
	steady = way{most: math.MaxInt64, linger: never}
	// breaking has the ends that a line, a proxy or a server of UPI's can bring about. The head of a request and its
	// fields have some 3,000 bytes; the rest is the photo, which makes it 24,000 or 208,000.
	breaking = []way{
		{most: 0, linger: never},
		{most: 0, resets: true, linger: never},
		{most: 1_000, resets: true, linger: never},
		{most: 20_000, linger: never},
		{most: 20_000, resets: true, linger: never},
		{most: 150_000, resets: true, linger: never},
		{most: math.MaxInt64, swallows: true, linger: never},
		{most: math.MaxInt64, swallows: true, resets: true, linger: never},
		{most: math.MaxInt64, linger: 0},
		{most: math.MaxInt64, linger: 0},
		{most: math.MaxInt64, linger: 2 * time.Millisecond},
		{most: math.MaxInt64, linger: 20 * time.Millisecond},
		steady,
	}
)

func (w way) requests(gateway io.Reader) io.Reader {
	return io.LimitReader(gateway, w.most)
}

func (w way) answers(upi io.Reader) io.Reader {
	if w.linger == never {
		return upi
	}
	return &lingering{from: upi, linger: w.linger}
}

// lingering ends a while after it has given the first bytes: an answer of the sandbox comes in one piece.
type lingering struct {
	from   io.Reader
	linger time.Duration
	over   bool
}

func (l *lingering) Read(into []byte) (int, error) {
	if l.over {
		// Sleeps: UPI of its own pace.
		time.Sleep(l.linger)
		return 0, io.EOF
	}
	count, err := l.from.Read(into)
	l.over = true
	return count, err
}
