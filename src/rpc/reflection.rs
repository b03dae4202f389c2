//! Reflection, old and new. Both speak of the same messages under two names, and tonic's
//! service ends a stream at the first unknown symbol, where the protocol wants an
//! `error_response` in it (`reflection.proto`, ServerReflectionResponse). So it is asked one
//! question at a time.

use std::task::{Context, Poll};

use futures_util::stream::{BoxStream, TryStreamExt as _, iter};
use http::{Request as HttpRequest, Response as HttpResponse, Uri};
use tonic::body::Body;
use tonic::server::NamedService;
use tonic::{Request, Response, Status, Streaming};
use tonic_reflection::pb::v1::server_reflection_client::ServerReflectionClient;
use tonic_reflection::pb::v1::server_reflection_response::MessageResponse;
use tonic_reflection::pb::v1::server_reflection_server::{
    ServerReflection, ServerReflectionServer,
};
use tonic_reflection::pb::v1::{ErrorResponse, ServerReflectionRequest, ServerReflectionResponse};
use tonic_reflection::pb::v1alpha::server_reflection_server as v1alpha;
use tonic_reflection::server::Builder;
use tower::Service;

use super::ServerError;
use crate::pb;

/// Names of services and symbols are short.
const SMALL_MESSAGE: usize = 16 * 1024;

/// Answers by what tonic's service knows.
struct OneByOne<T>(ServerReflectionClient<ServerReflectionServer<T>>);

#[tonic::async_trait]
impl<T: ServerReflection> ServerReflection for OneByOne<T> {
    type ServerReflectionInfoStream = BoxStream<'static, Result<ServerReflectionResponse, Status>>;

    async fn server_reflection_info(
        &self,
        questions: Request<Streaming<ServerReflectionRequest>>,
    ) -> Result<Response<Self::ServerReflectionInfoStream>, Status> {
        let known = self.0.clone();
        let answers = questions
            .into_inner()
            .and_then(move |question| answer(known.clone(), question));
        Ok(Response::new(Box::pin(answers)))
    }
}

async fn answer<T: ServerReflection>(
    mut known: ServerReflectionClient<ServerReflectionServer<T>>,
    question: ServerReflectionRequest,
) -> Result<ServerReflectionResponse, Status> {
    let asked = known.server_reflection_info(iter([question.clone()]));
    let answered = match asked.await {
        Ok(answers) => answers.into_inner().message().await,
        Err(status) => Err(status),
    };
    let error = match answered {
        Ok(Some(answer)) => return Ok(answer),
        Ok(None) => Status::unimplemented("no answer"),
        Err(status) => status,
    };
    Ok(ServerReflectionResponse {
        valid_host: question.host.clone(),
        original_request: Some(question),
        message_response: Some(MessageResponse::ErrorResponse(ErrorResponse {
            error_code: error.code().into(),
            error_message: error.message().to_owned(),
        })),
    })
}

/// The service by its old name: the messages are the same ones.
#[derive(Clone)]
pub(super) struct Old<S>(S);

impl<S: NamedService> NamedService for Old<S> {
    const NAME: &'static str = v1alpha::SERVICE_NAME;
}

impl<S> Service<HttpRequest<Body>> for Old<S>
where
    S: Service<HttpRequest<Body>, Response = HttpResponse<Body>> + NamedService,
{
    type Response = S::Response;
    type Error = S::Error;
    type Future = S::Future;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.0.poll_ready(context)
    }

    fn call(&mut self, mut request: HttpRequest<Body>) -> S::Future {
        let path = request.uri().path();
        let renamed = path.replacen(v1alpha::SERVICE_NAME, S::NAME, 1);
        // A path that was one stays one.
        if let Ok(uri) = renamed.parse::<Uri>() {
            *request.uri_mut() = uri;
        }
        self.0.call(request)
    }
}

/// The service by its two names.
pub(super) fn services() -> Result<
    (
        ServerReflectionServer<impl ServerReflection>,
        Old<ServerReflectionServer<impl ServerReflection>>,
    ),
    ServerError,
> {
    let known = ServerReflectionClient::new(descriptors().build_v1()?);
    let service =
        ServerReflectionServer::new(OneByOne(known)).max_decoding_message_size(SMALL_MESSAGE);
    Ok((service.clone(), Old(service)))
}

fn descriptors() -> Builder<'static> {
    Builder::configure()
        .register_encoded_file_descriptor_set(pb::DESCRIPTOR_SET)
        .register_encoded_file_descriptor_set(tonic_health::pb::FILE_DESCRIPTOR_SET)
        .register_encoded_file_descriptor_set(tonic_reflection::pb::v1alpha::FILE_DESCRIPTOR_SET)
        // The details of errors, so that grpcurl can show them.
        .register_encoded_file_descriptor_set(tonic_types::pb::FILE_DESCRIPTOR_SET)
}
