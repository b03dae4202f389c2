//! What a server keeps beside its tables.

use std::path::Path;

use super::server::{Database, Server, open};
use crate::ledger::tests::{claim, granted, rejection};
use crate::verify::port::{Ledger as _, Settlement};

/// Of the request that is claimed, and of UPI's words in the rejection.
const PERSONAL: [&str; 2] = ["李雷", "11010519491231002X"];
const WORDS: &str = "not \"confirmed\" 户";

/// Whether a file below this folder has the text.
fn found(folder: &Path, text: &str) -> bool {
    std::fs::read_dir(folder).unwrap().any(|entry| {
        let path = entry.unwrap().path();
        if path.is_dir() {
            return found(&path, text);
        }
        // A file may go while we look.
        let bytes = std::fs::read(&path).unwrap_or_default();
        bytes.windows(text.len()).any(|it| it == text.as_bytes())
    })
}

#[tokio::test]
async fn nothing_personal_stands_in_files_or_in_the_log_even_when_it_logs_everything() {
    let Some(server) = Server::own() else { return };
    let database = Database::on(server).await.unwrap();
    let admin = database.client().await;
    for setting in [
        "ALTER SYSTEM SET log_statement = 'all'",
        "ALTER SYSTEM SET log_min_duration_statement = 0",
        // As docs/operations.md says.
        "ALTER ROLE idphoto SET log_parameter_max_length = 0",
    ] {
        admin.batch_execute(setting).await.unwrap();
    }
    database.server.control(&["reload"]).await;
    let ledger = open(&database.settings()).await.unwrap();
    let attempt = granted(&ledger, "1", 1).await;
    let refused = claim(&ledger, "1", 2);
    ledger.claim(refused).await.unwrap();
    let end = Settlement::Answered(rejection(1));
    ledger.settle(&attempt, end).await.unwrap();
    database.server.control(&["stop", "--mode=fast"]).await;
    let folder = Path::new(&database.server.folder);
    for personal in PERSONAL {
        assert!(!found(folder, personal), "{personal}");
    }
    // The search finds what is there.
    assert!(found(&folder.join("data"), WORDS));
    let log = std::fs::read_to_string(folder.join("log")).unwrap();
    assert!(log.contains("INSERT INTO orders"));
    assert!(!log.contains("confirmed"), "{log}");
}
