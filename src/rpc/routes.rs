//! Everything that is served on the ports.

use std::convert::Infallible;
use std::sync::Arc;

use http::header::CONTENT_TYPE;
use http::{HeaderMap, HeaderValue, Request, Response, StatusCode};
use tokio::sync::watch;
use tonic::Status;
use tonic::body::Body;
use tonic::codec::CompressionEncoding;
use tonic::codegen::BoxFuture;
use tonic::server::NamedService;
use tonic_health::pb::health_server::HealthServer;
use tower::Service;

use super::boundary::Boundary;
use super::call::known_method;
use super::drain::Calls;
use super::health::{Phase, Readiness, Reporter};
use super::pace::{Patience, Timed};
use super::quota::Turned;
use super::reflection;
use super::refusals::Refusals;
use super::service::Methods;
use super::{Ports, ServerError, Settings};
use crate::current::Current;
use crate::observe::Observer;
use crate::pb::id_photo_service_server::IdPhotoServiceServer;
use crate::verify::Verifier;
use crate::verify::port::Admission;

/// Names of services and symbols are short.
const SMALL_MESSAGE: usize = 16 * 1024;

type Reply = BoxFuture<Response<Body>, Infallible>;

/// Services by their names; clones share them.
#[derive(Clone)]
pub(super) struct Routes {
    services: Arc<[(&'static str, Box<dyn Serve>)]>,
    refusals: Arc<Refusals>,
}

impl Routes {
    fn new(
        services: impl Into<Arc<[(&'static str, Box<dyn Serve>)]>>,
        observer: Arc<dyn Observer>,
    ) -> Self {
        let (services, refusals) = (services.into(), Arc::new(Refusals::new(observer)));
        Self { services, refusals }
    }

    /// Answers a request that is not taken in.
    pub(super) fn turn_away<B>(&self, request: &Request<B>, turned: Turned) -> Response<Body> {
        if !is_grpc(request.headers()) {
            return unsupported();
        }
        let method = known_method(request.uri().path());
        self.refusals.answer(method, turned)
    }

    /// Calls the method that the path names. UNIMPLEMENTED where nobody has that name, and
    /// HTTP 415 for what is no gRPC, before anything is read.
    pub(super) fn call(&self, request: Request<Body>) -> Reply {
        if !is_grpc(request.headers()) {
            return Box::pin(async { Ok(unsupported()) });
        }
        let named = service_name(request.uri().path());
        let found = self.services.iter().find(|(name, _)| Some(*name) == named);
        match found {
            Some((_, service)) => service.serve(request),
            None => Box::pin(async { Ok(Status::unimplemented("").into_http()) }),
        }
    }
}

/// Whether the content is protobuf messages of gRPC over HTTP/2; gRPC-Web frames them otherwise.
fn is_grpc(headers: &HeaderMap) -> bool {
    let Some(Ok(content)) = headers.get(CONTENT_TYPE).map(HeaderValue::to_str) else {
        return false;
    };
    let media_type = content.split(';').next().unwrap_or_default().trim();
    ["application/grpc", "application/grpc+proto"]
        .iter()
        .any(|known| media_type.eq_ignore_ascii_case(known))
}

/// What the protocol of gRPC wants for other content.
fn unsupported() -> Response<Body> {
    let mut response = Response::new(Body::empty());
    *response.status_mut() = StatusCode::UNSUPPORTED_MEDIA_TYPE;
    response
}

fn service_name(path: &str) -> Option<&str> {
    let (service, _) = path.strip_prefix('/')?.split_once('/')?;
    Some(service)
}

/// What is behind a name. The services of tonic differ in their types.
trait Serve: Send + Sync {
    fn serve(&self, request: Request<Body>) -> Reply;
}

impl<S> Serve for S
where
    S: Service<Request<Body>, Response = Response<Body>, Error = Infallible, Future = Reply>
        + Clone
        + Send
        + Sync,
{
    fn serve(&self, request: Request<Body>) -> Reply {
        // They are always ready, and a clone is a reference.
        self.clone().call(request)
    }
}

/// A service whose requests have their time.
struct TimedService<S> {
    inner: S,
    patience: Patience,
}

impl<S: Serve> Serve for TimedService<S> {
    fn serve(&self, request: Request<Body>) -> Reply {
        let patience = self.patience;
        let moves = request.extensions().get().cloned().unwrap_or_default();
        let timed = request.map(|body| Body::new(Timed::new(body, patience, moves)));
        self.inner.serve(timed)
    }
}

fn timed<S: Serve + NamedService + 'static>(
    inner: S,
    patience: Patience,
) -> (&'static str, Box<dyn Serve>) {
    (S::NAME, Box::new(TimedService { inner, patience }))
}

fn route<S: Serve + NamedService + 'static>(service: S) -> (&'static str, Box<dyn Serve>) {
    (S::NAME, Box::new(service))
}

/// The service, health, and reflection when it is wanted.
pub(super) fn all(
    settings: &Settings,
    ports: Ports,
    admission: Current<dyn Admission>,
    phases: &watch::Sender<Phase>,
    calls: &Calls,
) -> Result<Routes, ServerError> {
    let patience = settings.patience;
    let health = health(phases, &ports.verifier);
    let sealing = ports.verifier.sealing();
    let methods = Methods {
        verifier: ports.verifier,
        clock: ports.clock,
        observer: Arc::clone(&ports.observer),
        rules: settings.rules.clone(),
        merchant: settings.merchant.clone(),
    };
    let service = IdPhotoServiceServer::from_arc(Arc::new(methods))
        .accept_compressed(CompressionEncoding::Gzip)
        .accept_compressed(CompressionEncoding::Zstd)
        .max_decoding_message_size(settings.max_message_bytes);
    let bounded = Boundary {
        inner: service,
        admission,
        tokens: ports.tokens,
        observer: Arc::clone(&ports.observer),
        calls: calls.clone(),
        patience,
        sealing,
    };
    let mut routes = vec![route(bounded), timed(health, patience)];
    if settings.reflection {
        let (new, old) = reflection::services()?;
        routes.extend([timed(new, patience), timed(old, patience)]);
    }
    Ok(Routes::new(routes, ports.observer))
}

pub(super) fn probes(
    phases: &watch::Sender<Phase>,
    verifier: &Verifier,
    patience: Patience,
    observer: Arc<dyn Observer>,
) -> Routes {
    let health = timed(health(phases, verifier), patience);
    Routes::new([health], observer)
}

fn health(phases: &watch::Sender<Phase>, verifier: &Verifier) -> HealthServer<Reporter> {
    let readiness = Readiness::new(phases.subscribe(), verifier.ledger_up());
    let reporter = Reporter::new(readiness, verifier.upstream());
    HealthServer::new(reporter).max_decoding_message_size(SMALL_MESSAGE)
}
