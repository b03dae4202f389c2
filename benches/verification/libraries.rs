//! What the libraries cost by themselves: tonic takes a request in, its photo is sealed as the floor
//! does it, reqwest posts that, and the answer is verified. Nothing is checked, recorded, traced,
//! limited or held back.

use std::sync::Arc;

use hyper::server::conn::http2;
use hyper_util::rt::{TokioExecutor, TokioIo};
use hyper_util::service::TowerToHyperService;
use idphoto::pb::id_photo_service_server::{IdPhotoService, IdPhotoServiceServer};
use idphoto::pb::{
    GetVerificationRequest, GetVerificationResponse, VerifyIdPhotoRequest, VerifyIdPhotoResponse,
};
use reqwest::Client;
use tokio::net::TcpListener;
use tokio::runtime::Runtime;
use tonic::{Request, Response, Status};

use crate::floor::Floor;
use crate::photo::Photo;

/// As the gateway has them (`src/rpc/connection/http2.rs`).
const MAX_FRAME: u32 = 256 * 1024;
const STREAM_WINDOW: u32 = 1024 * 1024;
const CONNECTION_WINDOW: u32 = 320 * 1024;

struct Libraries {
    floor: Floor,
    client: Client,
    upi: String,
}

/// Says where it listens, and never ends.
pub fn serve() {
    let libraries = Libraries {
        floor: Floor::prepare(&Photo::largest()),
        client: Client::builder().no_proxy().build().unwrap(),
        upi: std::env::var("IDPHOTO_UPI__BASE_URL").unwrap(),
    };
    let service = IdPhotoServiceServer::from_arc(Arc::new(libraries));
    Runtime::new().unwrap().block_on(listen(service));
}

async fn listen(service: IdPhotoServiceServer<Libraries>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    // It has no port for operators.
    println!("admin listening on ");
    println!("gRPC listening on {}", listener.local_addr().unwrap());
    let mut http = http2::Builder::new(TokioExecutor::new());
    http.max_frame_size(MAX_FRAME)
        .initial_stream_window_size(STREAM_WINDOW)
        .initial_connection_window_size(CONNECTION_WINDOW);
    while let Ok((stream, _)) = listener.accept().await {
        stream.set_nodelay(true).unwrap();
        let service = TowerToHyperService::new(service.clone());
        tokio::spawn(http.serve_connection(TokioIo::new(stream), service));
    }
}

#[tonic::async_trait]
impl IdPhotoService for Libraries {
    async fn verify_id_photo(
        &self,
        request: Request<VerifyIdPhotoRequest>,
    ) -> Result<Response<VerifyIdPhotoResponse>, Status> {
        let request = request.into_inner();
        let body = self.floor.seal(&request.photo);
        let answer = self.client.post(&self.upi).body(body).send().await.unwrap();
        answer.bytes().await.unwrap();
        self.floor.open();
        Ok(Response::new(VerifyIdPhotoResponse {
            order_id: request.order_id,
            ..VerifyIdPhotoResponse::default()
        }))
    }

    async fn get_verification(
        &self,
        _: Request<GetVerificationRequest>,
    ) -> Result<Response<GetVerificationResponse>, Status> {
        Err(Status::unimplemented("nothing is recorded"))
    }
}
