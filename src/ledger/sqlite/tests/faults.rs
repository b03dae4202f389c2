//! A disk that is full, a file that cannot be written, and back to work.

use super::*;

async fn failed(ledger: &SqliteLedger, tag: &str, uuid: u128) -> LedgerError {
    ledger.claim(claim(ledger, tag, uuid)).await.err().unwrap()
}

/// Sets the writer's connection otherwise; it is another one after the next failure.
async fn spoil(ledger: &SqliteLedger, pragma: &'static str) {
    let spoilt = ledger.core.writer.write(move |connection| {
        let mut statement = connection.prepare(pragma)?;
        let mut rows = statement.query([])?;
        while rows.next()?.is_some() {}
        Ok(())
    });
    spoilt.await.unwrap();
}

/// Claims until there is no room; the number of the one that had none.
async fn fill(ledger: &SqliteLedger) -> (u128, LedgerError) {
    for number in 1_000..2_000 {
        let claimed = ledger.claim(claim(ledger, &format!("{number}"), number));
        if let Err(error) = claimed.await {
            return (number, error);
        }
    }
    panic!("there is room without end");
}

#[tokio::test]
async fn a_full_database_is_certain_and_works_again_by_itself() {
    let home = Home::new();
    let ledger = home.ledger();
    let sent = granted(&ledger, "sent", 1).await;
    // As many pages as there are.
    spoil(&ledger, "PRAGMA max_page_count = 1").await;
    let (number, error) = fill(&ledger).await;
    assert!(matches!(error, LedgerError::Engine(_)), "{error:?}");
    // The connection is another one, which has room.
    ledger.beat().await.unwrap();
    let id = order(&format!("{number}"));
    assert!(ledger.find(&id).await.unwrap().is_none());
    ledger.settle(&sent, answered(1)).await.unwrap();
    granted(&ledger, &format!("{number}"), number).await;
}

#[tokio::test]
async fn a_connection_that_cannot_write_is_certain_and_replaced() {
    let home = Home::new();
    let ledger = home.ledger();
    let sent = granted(&ledger, "sent", 1).await;
    spoil(&ledger, "PRAGMA query_only = 1").await;
    let error = failed(&ledger, "1", 2).await;
    assert!(matches!(error, LedgerError::Engine(_)), "{error:?}");
    ledger.settle(&sent, answered(1)).await.unwrap();
    granted(&ledger, "1", 2).await;
}

/// As root, where the file system knows immutable files; nobody else can take the right to write
/// from a file that is open.
struct Immutable(Vec<PathBuf>);

impl Immutable {
    fn make(home: &Home) -> Option<Self> {
        let files = ["ledger.db", "ledger.db-wal"].map(|name| home.path(name));
        let immutable = Self(files.to_vec());
        immutable.change("+i").then_some(immutable)
    }

    fn change(&self, flag: &str) -> bool {
        let mut command = std::process::Command::new("chattr");
        let done = command.arg(flag).args(&self.0).output();
        done.is_ok_and(|done| done.status.success())
    }
}

impl Drop for Immutable {
    fn drop(&mut self) {
        self.change("-i");
    }
}

#[tokio::test]
async fn a_file_that_cannot_be_written_any_more_stops_claims_until_it_can() {
    let home = Home::new();
    let ledger = home.ledger();
    let sent = granted(&ledger, "sent", 1).await;
    let Some(immutable) = Immutable::make(&home) else {
        eprintln!(
            "no file can be made immutable here: what a connection does that cannot write is tested alone"
        );
        return;
    };
    for uuid in 2..5 {
        failed(&ledger, "1", uuid).await;
        assert!(ledger.beat().await.is_err());
        assert!(ledger.settle(&sent, answered(1)).await.is_err());
    }
    // What is known is still told.
    assert_eq!(state(&ledger, "sent").await, State::Sending);
    drop(immutable);
    ledger.beat().await.unwrap();
    ledger.settle(&sent, answered(1)).await.unwrap();
    granted(&ledger, "1", 9).await;
    assert!(ledger.core.check().await.unwrap().is_empty());
}

#[tokio::test]
async fn a_file_that_was_replaced_is_not_written() {
    let home = Home::new();
    let ledger = home.ledger();
    ledger.beat().await.unwrap();
    std::fs::rename(home.path("ledger.db"), home.path("moved.db")).unwrap();
    assert!(matches!(ledger.beat().await, Err(LedgerError::Engine(_))));
    std::fs::write(home.path("ledger.db"), "").unwrap();
    assert!(matches!(ledger.beat().await, Err(LedgerError::Engine(_))));
    std::fs::rename(home.path("moved.db"), home.path("ledger.db")).unwrap();
    ledger.beat().await.unwrap();
}
