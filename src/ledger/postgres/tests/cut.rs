//! What is certain when a connection ends between a statement and its answer.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};

use super::server::{Database, PATIENCE, open};
use crate::ledger::Settings;
use crate::ledger::tests::{answer, claim, granted};
use crate::verify::port::{Claimed, Ledger as _, LedgerError, Settlement, State};

const CLAIM: &str = "INSERT INTO orders";
const END: &str = "UPDATE orders SET state";

/// Settings of a ledger whose connections end, so many of them, when the server has answered to a
/// statement with these words.
async fn cut(database: &Database, words: &'static str, times: usize) -> Settings {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap().to_string();
    let server = database.server.address.clone();
    let left = Arc::new(AtomicUsize::new(times));
    tokio::spawn(async move {
        while let Ok((client, _)) = listener.accept().await {
            let server = TcpStream::connect(&server).await.unwrap();
            tokio::spawn(pass(client, server, words, Arc::clone(&left)));
        }
    });
    database.behind(&address)
}

async fn pass(client: TcpStream, server: TcpStream, words: &str, left: Arc<AtomicUsize>) {
    let (mut from_client, mut to_client) = client.into_split();
    let (mut from_server, mut to_server) = server.into_split();
    let cut = AtomicBool::new(false);
    let asks = async {
        let mut buffer = vec![0; 65536];
        while let Ok(length @ 1..) = from_client.read(&mut buffer).await {
            let said = &buffer[..length];
            let met = said.windows(words.len()).any(|it| it == words.as_bytes());
            if met
                && left
                    .fetch_update(Ordering::SeqCst, Ordering::SeqCst, |it| it.checked_sub(1))
                    .is_ok()
            {
                cut.store(true, Ordering::SeqCst);
            }
            to_server.write_all(said).await.unwrap();
        }
    };
    let answers = async {
        let mut buffer = vec![0; 65536];
        while let Ok(length @ 1..) = from_server.read(&mut buffer).await {
            if cut.load(Ordering::SeqCst) || to_client.write_all(&buffer[..length]).await.is_err() {
                return;
            }
        }
    };
    tokio::select! {
        () = asks => {}
        () = answers => {}
    }
}

#[tokio::test]
async fn a_claim_whose_answer_is_lost_is_found_again_and_granted() {
    let Some(database) = Database::fresh().await else {
        return;
    };
    let ledger = open(&cut(&database, CLAIM, 1).await).await.unwrap();
    granted(&ledger, "1", 1).await;
    let events = "SELECT string_agg(event, ' ') FROM journal";
    assert_eq!(database.value(events).await, "CLAIMED");
}

#[tokio::test]
async fn a_claim_whose_answers_are_all_lost_is_uncertain_and_can_be_read_back() {
    let Some(database) = Database::fresh().await else {
        return;
    };
    let mut settings = cut(&database, CLAIM, usize::MAX).await;
    settings.timeout = Duration::from_secs(2);
    let ledger = open(&settings).await.unwrap();
    let lost = claim(&ledger, "1", 1);
    let attempt = lost.attempt.clone();
    let claimed = ledger.claim(lost).await;
    assert!(
        matches!(claimed, Err(LedgerError::Uncertain(_))),
        "{claimed:?}"
    );
    let record = ledger.find(&attempt.order_id).await.unwrap().unwrap();
    assert_eq!(
        (record.state, record.upi_uuid),
        (State::Sending, attempt.upi_uuid)
    );
    let other = claim(&ledger, "1", 2);
    settings.location = database.settings().location;
    settings.timeout = PATIENCE;
    let standing = open(&settings).await.unwrap().claim(other).await.unwrap();
    assert!(matches!(standing, Claimed::Standing(_)));
}

#[tokio::test]
async fn an_end_whose_answer_is_lost_is_written_once() {
    let Some(database) = Database::fresh().await else {
        return;
    };
    let ledger = open(&cut(&database, END, 1).await).await.unwrap();
    let attempt = granted(&ledger, "1", 1).await;
    let end = Settlement::Answered(answer(1));
    ledger.settle(&attempt, end).await.unwrap();
    let events = "SELECT string_agg(event, ' ' ORDER BY number) FROM journal";
    assert_eq!(database.value(events).await, "CLAIMED ANSWERED");
}
