//! What surrounds both methods: the deadline, admission, panics, the errors of the layers
//! below the methods, and the log line.

use std::any::Any;
use std::convert::Infallible;
use std::mem;
use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::task::{Context, Poll};

use futures_util::FutureExt as _;
use http::{Request, Response};
use tokio::time::Instant;
use tonic::body::Body;
use tonic::server::NamedService;
use tonic::{Code, Status};
use tower::Service;
use tracing::{Instrument as _, Span, field, info_span};

use super::backlog::Entry;
use super::call::{Call, VERIFY, known_method, method};
use super::deadline::{self, Malformed};
use super::drain::Calls;
use super::identity::identity;
use super::line::Line;
use super::pace::{Pace, Patience};
use super::resent;
use super::share::Share;
use super::status::Failure;
use super::upload::{Allowance, OneMessage, Upload, Whole};
use crate::current::Current;
use crate::observe::{Event, Observer};
use crate::verify::port::{Admission, BoxFuture, Tokens, TurnedAway};
use crate::verify::sealing::{Intake, Sealing};

#[derive(Clone)]
pub(super) struct Boundary<S> {
    pub(super) inner: S,
    pub(super) admission: Current<dyn Admission>,
    pub(super) tokens: Option<Arc<dyn Tokens>>,
    pub(super) observer: Arc<dyn Observer>,
    pub(super) calls: Calls,
    pub(super) patience: Patience,
    pub(super) sealing: Arc<Sealing>,
}

impl<S> Boundary<S> {
    /// The log line of a call that has just come in, and its span.
    fn open(&self, request: &Request<Body>, arrived: Instant, call: &Call) -> Line {
        let method = known_method(request.uri().path());
        let span = call_span(method);
        let told = |name: &str| request.headers().get(name)?.to_str().ok();
        span.in_scope(|| self.observer.extract(&told));
        self.observer.record(&Event::CallBegan(method));
        for resender in resent::by(request.headers()) {
            self.observer.record(&Event::Resent(resender));
        }
        Line {
            method,
            arrived,
            call: call.clone(),
            written: false,
            span,
            observer: Arc::clone(&self.observer),
            _in_progress: self.calls.enter(),
        }
    }
}

/// A server span by OpenTelemetry's semantic conventions.
fn call_span(method: &'static str) -> Span {
    info_span!(
        "rpc",
        otel.name = method,
        otel.kind = "server",
        rpc.system.name = "grpc",
        rpc.method = method,
        order_id = field::Empty
    )
}

impl<S: NamedService> NamedService for Boundary<S> {
    const NAME: &'static str = S::NAME;
}

impl<S> Service<Request<Body>> for Boundary<S>
where
    S: Service<Request<Body>, Response = Response<Body>, Error = Infallible>
        + Clone
        + Send
        + 'static,
    S::Future: Send,
{
    type Response = Response<Body>;
    type Error = Infallible;
    type Future = BoxFuture<'static, Result<Response<Body>, Infallible>>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        self.inner.poll_ready(context)
    }

    fn call(&mut self, mut request: Request<Body>) -> Self::Future {
        let arrived = Instant::now();
        let deadline = deadline::reply_by(request.headers(), arrived);
        let entry = request.extensions_mut().remove::<Entry>();
        let call = Call::new(deadline.as_ref().ok().copied().flatten(), entry.clone());
        let line = self.open(&request, arrived, &call);
        let span = line.span.clone();
        // One for the whole call: it does not change between two questions.
        let admission = self.admission.get();
        let tokens = self.tokens.clone();
        let observer = Arc::clone(&self.observer);
        let patience = self.patience;
        let intake = || Intake::new(Arc::clone(&self.sealing));
        let intake = entry.is_some().then(intake);
        let following = self.inner.clone();
        let mut inner = mem::replace(&mut self.inner, following);
        let handling = {
            let call = call.clone();
            async move {
                let doors = (&*admission, tokens.as_deref());
                let admitted = admit(doors, &mut request, deadline, &call, &*observer).await;
                admitted.map_err(|failure| call.fail(failure))?;
                let moves = request.extensions().get().cloned().unwrap_or_default();
                let pace = Pace::new(patience, moves, arrived, call.deadline);
                // Held until the call has ended.
                let allowance = allowance(&request);
                let request = prepare(request, pace, call, allowance.clone(), (entry, intake));
                let Ok(response) = inner.call(request).await;
                drop(allowance);
                Ok(response)
            }
        };
        let answering = async move {
            let handled = AssertUnwindSafe(handling).catch_unwind().await;
            let response = conclude(&call, handled);
            line.close(header_code(&response).unwrap_or(Code::Ok));
            Ok(response)
        };
        Box::pin(answering.instrument(span))
    }
}

/// Of a question with an order id in it.
const SMALL_MESSAGE: usize = 16 * 1024;

/// Photos are counted; nobody who only asks is turned away because of them.
fn allowance(request: &Request<Body>) -> Allowance {
    match request.extensions().get::<Share>() {
        Some(share) if request.uri().path() == VERIFY => {
            Allowance::Counted(Arc::new(share.nothing()))
        }
        _ => Allowance::Small(SMALL_MESSAGE),
    }
}

/// Everything that turns a caller away.
async fn admit(
    (admission, tokens): (&dyn Admission, Option<&dyn Tokens>),
    request: &mut Request<Body>,
    deadline: Result<Option<Instant>, Malformed>,
    call: &Call,
    observer: &dyn Observer,
) -> Result<(), Failure> {
    let method = method(request.uri().path());
    let identity = identity(admission, tokens, request, observer).await?;
    match admission.admit(&identity, method) {
        Ok(admitted) => call.admit(admitted),
        Err(TurnedAway { asker, denial }) => {
            call.ask(asker);
            return Err(denial.into());
        }
    }
    deadline.map_err(|Malformed| Failure::bad_timeout())?;
    Ok(())
}

fn prepare(
    request: Request<Body>,
    pace: Pace,
    call: Call,
    allowance: Allowance,
    (entry, intake): (Option<Entry>, Option<Intake>),
) -> Request<Body> {
    let (mut parts, body) = request.into_parts();
    parts.extensions.insert(call.clone());
    let upload = Upload {
        body,
        pace,
        call,
        message: OneMessage::default(),
        allowance,
        entry,
        intake,
    };
    Request::from_parts(parts, Body::new(Whole::new(upload)))
}

/// Makes sure that every error has its details, whoever made it.
fn conclude(
    call: &Call,
    handled: Result<Result<Response<Body>, Status>, Box<dyn Any + Send>>,
) -> Response<Body> {
    let response = match handled {
        Ok(Ok(response)) => response,
        Ok(Err(status)) => return status.into_http(),
        Err(_) => return call.panic().into_http(),
    };
    let ours = call.facts().failure.is_some();
    match header_code(&response).and_then(below_the_methods) {
        Some(failure) if !ours => call.fail(failure).into_http(),
        _ => response,
    }
}

/// Errors of a unary call have no body, so their code stands among the headers.
fn header_code(response: &Response<Body>) -> Option<Code> {
    Status::from_header_map(response.headers()).map(|status| status.code())
}

/// What a code means that tonic chose while it read the message. UNIMPLEMENTED, for an
/// unknown method or compression, stays as the gRPC specification wants it.
fn below_the_methods(code: Code) -> Option<Failure> {
    match code {
        Code::Ok | Code::Unimplemented => None,
        // A declared length over the limit, and one reached while decompressing.
        Code::OutOfRange | Code::ResourceExhausted => Some(Failure::too_large()),
        _ => Some(Failure::malformed()),
    }
}
