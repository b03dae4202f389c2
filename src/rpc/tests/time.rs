//! The caller's time: its deadline, its upload, its leaving, and its pings.

use std::time::Duration;

use tokio::time::{Instant, advance, pause, resume};
use tonic::Code;
use tonic::transport::Endpoint;

use super::raw::{self, Connection, Stream};
use super::rig::{Setup, eventually, get, request, row, setup, timed, told};
use crate::pb::VerificationState;
use crate::pb::id_photo_service_client::IdPhotoServiceClient;
use crate::verify::doubles::{Upi, answer};

fn held() -> Setup {
    let upi = Upi::held(|| Ok(answer()));
    Setup { upi, ..setup() }
}

#[tokio::test(start_paused = true)]
async fn the_details_of_a_late_answer_arrive_before_the_deadline() {
    let rig = held().start().await;
    let mut client = rig.client();
    let begun = Instant::now();
    let late = client
        .verify_id_photo(timed("1", Duration::from_secs(2)))
        .await;
    let taken = begun.elapsed();
    // An answer made by the client's own clock would have no details.
    assert_eq!(row(&late.unwrap_err()).1, "ANSWER_PENDING");
    assert!(taken >= Duration::from_millis(1850), "{taken:?}");
    assert!(taken < Duration::from_secs(2), "{taken:?}");
}

#[tokio::test]
async fn an_order_goes_on_after_its_callers_deadline() {
    let rig = held().start().await;
    rig.failure(timed("1", Duration::from_millis(500))).await;
    rig.upi.release();
    rig.verifier.idle().await;
    let found = rig.client().get_verification(get("1")).await.unwrap();
    assert_eq!(found.into_inner().state(), VerificationState::Answered);
    assert_eq!(rig.upi.posts(), 1);
}

#[tokio::test]
async fn an_order_goes_on_after_its_caller_cancelled() {
    let rig = held().start().await;
    let mut client = rig.client();
    let call = tokio::spawn(async move { client.verify_id_photo(request("1")).await });
    eventually(|| rig.upi.posts() == 1).await;
    call.abort();
    assert!(call.await.unwrap_err().is_cancelled());
    rig.upi.release();
    rig.verifier.idle().await;
    let found = rig.client().get_verification(get("1")).await.unwrap();
    assert_eq!(found.into_inner().state(), VerificationState::Answered);
    assert_eq!(rig.upi.posts(), 1);
}

#[tokio::test]
async fn a_deadline_that_cannot_be_read_is_refused() {
    let rig = setup().start().await;
    for wrong in ["soon", "5", "123456789S", "-1S"] {
        let status = raw::error(rig.address, &[("grpc-timeout", wrong)], false, b"").await;
        let expected = told(
            Code::InvalidArgument,
            "INVALID_FIELD",
            "NOT_SENT",
            "FIX_REQUEST",
        );
        assert_eq!(row(&status), expected, "{wrong}");
    }
}

#[tokio::test]
async fn a_slow_upload_eats_the_callers_time() {
    let rig = setup().start().await;
    let headers = [("grpc-timeout", "300m")];
    let begun = Instant::now();
    let stream = Stream::open(rig.address, raw::VERIFY, &headers).await;
    // Nothing of the message is ever sent.
    let status = stream.error().await;
    let expected = told(
        Code::DeadlineExceeded,
        "DEADLINE_TOO_SHORT",
        "NOT_SENT",
        "SAME_ORDER",
    );
    assert_eq!(row(&status), expected);
    assert!(begun.elapsed() >= Duration::from_millis(280));
}

#[tokio::test]
async fn the_deadline_counts_from_the_headers() {
    use prost::Message as _;

    let rig = held().start().await;
    let begun = Instant::now();
    let headers = [
        ("content-type", "application/grpc"),
        ("grpc-timeout", "13S"),
    ];
    let connection = Connection::open(rig.address).await;
    let mut stream = connection.stream(raw::VERIFY, &headers).await;
    // What is answered later on the connection was read later.
    connection.call("/unknown").await.http_status().await;
    pause();
    advance(Duration::from_secs(9)).await;
    resume();
    let message = raw::frame(false, &request("1").encode_to_vec());
    stream.body.send_data(message, true).unwrap();
    assert_eq!(row(&stream.error().await).1, "ANSWER_PENDING");
    // From the message on it would be 22.
    assert!(begun.elapsed().as_secs() < 18, "{:?}", begun.elapsed());
}

#[tokio::test]
async fn pings_of_an_idle_client_are_tolerated() {
    let rig = setup().start().await;
    let endpoint = Endpoint::from_shared(format!("http://{}", rig.address)).unwrap();
    let channel = endpoint
        .http2_keep_alive_interval(Duration::from_millis(20))
        .keep_alive_timeout(Duration::from_secs(5))
        .keep_alive_while_idle(true)
        .connect()
        .await
        .unwrap();
    let mut client = IdPhotoServiceClient::new(channel);
    for tag in ["1", "2"] {
        client.verify_id_photo(request(tag)).await.unwrap();
        // Sleeps: the client pings meanwhile.
        tokio::time::sleep(Duration::from_millis(500)).await;
    }
    client.verify_id_photo(request("3")).await.unwrap();
}
