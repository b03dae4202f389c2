//! What becomes of a call's headers: it is taken in, or turned away.

use std::convert::Infallible;
use std::future::{Ready, ready};
use std::sync::Arc;

use futures_util::future::Either;
use http::{Request, Response};
use hyper::body::Incoming;
use hyper::service::Service;
use tonic::body::Body;
use tonic::codegen::BoxFuture;

use super::super::pieces::{Counted, Untaken};
use super::super::quota::{Part, Place};
use super::super::routes::Routes;
use super::super::unread::{Answer, Unread};
use super::tasks::Tasks;
use crate::verify::port::Caller;

pub(super) struct CallService {
    pub(super) routes: Routes,
    pub(super) caller: Arc<Caller>,
    pub(super) part: Part,
    pub(super) unread: Unread,
    pub(super) untaken: Untaken,
    pub(super) tasks: Tasks,
}

type Answered = Result<Response<Answer>, Infallible>;

/// When most calls are turned away, each may cost next to nothing: no box, no body, and no task.
impl Service<Request<Incoming>> for CallService {
    type Response = Response<Answer>;
    type Error = Infallible;
    type Future = Either<Ready<Answered>, BoxFuture<Self::Response, Self::Error>>;

    fn call(&self, request: Request<Incoming>) -> Self::Future {
        let untaken = self.untaken.clone();
        let mut request = request.map(|body| Counted { body, untaken });
        match self.part.take_in(&mut request) {
            Ok(place) => Either::Right(self.serve(request, place)),
            Err(turned) => {
                let response = self.routes.turn_away(&request, turned);
                let unread = self.unread.clone();
                self.tasks.answered();
                Either::Left(ready(Ok(answer(response, unread, None))))
            }
        }
    }
}

impl CallService {
    fn serve(
        &self,
        mut request: Request<Counted>,
        place: Place,
    ) -> BoxFuture<Response<Answer>, Infallible> {
        request.extensions_mut().insert(Arc::clone(&self.caller));
        let answering = self.routes.call(request.map(Body::new));
        let unread = self.unread.clone();
        Box::pin(async move { Ok(answer(answering.await?, unread, Some(place))) })
    }
}

fn answer(response: Response<Body>, unread: Unread, place: Option<Place>) -> Response<Answer> {
    response.map(|body| Answer {
        body,
        unread,
        _place: place,
    })
}
