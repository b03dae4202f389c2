package proxies

import (
	"time"

	"google.golang.org/genproto/googleapis/rpc/errdetails"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	pb "idphoto.example/clients/go/gen/idphoto/v1"
)

// end is how a call ended for its caller.
type end struct {
	answer *pb.VerifyIdPhotoResponse
	code   codes.Code
	// info is nil where a library or a proxy made the error.
	info *errdetails.ErrorInfo
	// delay is whether the error says when to come back.
	delay bool
	// text is the status' own, for reports.
	text     string
	from, to time.Time
}

func ended(answer *pb.VerifyIdPhotoResponse, err error, from time.Time) end {
	e := end{from: from, to: time.Now()}
	if err == nil {
		e.answer = answer
		return e
	}
	told := status.Convert(err)
	e.code, e.text = told.Code(), told.Message()
	for _, detail := range told.Details() {
		switch detail := detail.(type) {
		case *errdetails.ErrorInfo:
			e.info = detail
		case *errdetails.RetryInfo:
			e.delay = true
		}
	}
	return e
}

// outcome is a column of the table: OK, a reason, or the code of an error without one.
func (e end) outcome() string {
	switch {
	case e.info != nil:
		return e.info.GetReason()
	case e.code == codes.OK:
		return "OK"
	default:
		return "bare " + e.code.String()
	}
}

// kept is what GetVerification says of an order.
type kept struct {
	// state is UNSPECIFIED where the order is not known.
	state  pb.VerificationState
	result *pb.VerifyIdPhotoResponse
	// trouble is an end that GetVerification must not have; empty where there is none.
	trouble string
}

// round is one call, and what was true once its order had settled.
type round struct {
	end  end
	kept kept
	// before and received are the whole requests at UPI's side: before GetVerification was asked, and after.
	before, received int
}

// evidence is everything that is known of one cell.
type evidence struct {
	cell  cell
	order string
	// first is the cell's own call; second the same order once more, by a caller who waits. Of the first one only the end
	// is known where the caller was hasty.
	first, second round
	// last is what had been received when all cells had ended, and sandbox is the sandbox's own count of it.
	last, sandbox int
}
