//! Failures that prove that nothing was sent.

use tokio::net::{TcpListener, TcpSocket, TcpStream};
use tokio::time::timeout;

use super::*;

#[tokio::test]
async fn a_refused_port_proves_that_nothing_was_sent() {
    let port = {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
        listener.local_addr().unwrap().port()
    };
    let result = post_to(&settings(&format!("http://127.0.0.1:{port}"))).await;
    assert_eq!(kind(result), "no connection");
}

#[tokio::test]
async fn a_name_that_does_not_resolve_proves_that_nothing_was_sent() {
    let result = post_to(&impatient("http://nonexistent.invalid")).await;
    assert_eq!(kind(result), "no connection");
}

#[tokio::test]
async fn a_host_that_does_not_accept_in_time_proves_that_nothing_was_sent() {
    let socket = TcpSocket::new_v4().unwrap();
    socket.bind("127.0.0.1:0".parse().unwrap()).unwrap();
    let listener = socket.listen(1).unwrap();
    let address = listener.local_addr().unwrap();
    // Nobody accepts, so the queue fills up and the next handshake gets no answer.
    let mut waiting = Vec::new();
    let patience = Duration::from_millis(300);
    while let Ok(stream) = timeout(patience, TcpStream::connect(address)).await {
        waiting.push(stream.unwrap());
    }
    let result = post_to(&impatient(&format!("http://{address}"))).await;
    assert_eq!(kind(result), "no connection");
}

#[tokio::test]
async fn no_error_shows_the_address_or_a_path() {
    let port = {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
        listener.local_addr().unwrap().port()
    };
    let result = post_to(&settings(&format!("http://127.0.0.1:{port}"))).await;
    let Err(PostError::NoConnection(cause)) = result else {
        panic!("a reply");
    };
    assert!(!cause.to_string().contains(PATH), "{cause}");
}
