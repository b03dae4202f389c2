//! Behind a proxy that gives each transaction another connection.

use std::net::TcpListener;
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::time::Duration;

use tokio::net::TcpStream;
use tokio::task::JoinSet;

use super::server::{Database, open};
use crate::ledger::archive::Archive as _;
use crate::ledger::tests::{answer, claim};
use crate::verify::port::{Claimed, Ledger as _, Settlement};

struct Bouncer {
    child: Child,
    address: String,
    _folder: tempfile::TempDir,
}

impl Drop for Bouncer {
    fn drop(&mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }
}

/// `pgbouncer` with two connections to the server; `None` where it is not installed.
async fn bouncer(database: &Database) -> Option<Bouncer> {
    let Ok(program) = std::env::var("IDPHOTO_TEST_PGBOUNCER") else {
        eprintln!("no IDPHOTO_TEST_PGBOUNCER: it is left out");
        return None;
    };
    let folder = tempfile::tempdir().unwrap();
    let port = TcpListener::bind("127.0.0.1:0")
        .unwrap()
        .local_addr()
        .unwrap()
        .port();
    let (host, server_port) = database.server.address.split_once(':').unwrap();
    let (name, password) = (&database.name, &database.server.password);
    let config = format!(
        "[databases]
{name} = host={host} port={server_port} user=idphoto password={password}
[pgbouncer]
listen_addr = 127.0.0.1
listen_port = {port}
unix_socket_dir =
auth_type = any
pool_mode = transaction
default_pool_size = 2
"
    );
    let file = folder.path().join("pgbouncer.ini");
    std::fs::write(&file, config).unwrap();
    let mut command = Command::new(program);
    // It refuses to be root, and reads its configuration before that ends.
    if rustix::process::getuid().is_root() {
        command.args(["-u", "nobody"]);
    }
    let child = command.arg(&file).stderr(Stdio::null()).spawn().unwrap();
    let address = format!("127.0.0.1:{port}");
    while TcpStream::connect(&address).await.is_err() {
        // Sleeps: between two questions.
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    Some(Bouncer {
        child,
        address,
        _folder: folder,
    })
}

#[tokio::test]
async fn behind_a_proxy_that_pools_transactions_each_order_is_granted_once() {
    let Some(database) = Database::fresh().await else {
        return;
    };
    let Some(bouncer) = bouncer(&database).await else {
        return;
    };
    let ledger = Arc::new(open(&database.behind(&bouncer.address)).await.unwrap());
    let mut claims = JoinSet::new();
    for uuid in 0..200_u128 {
        let ledger = Arc::clone(&ledger);
        claims.spawn(async move {
            let claim = claim(&*ledger, &(uuid % 50).to_string(), uuid);
            let attempt = claim.attempt.clone();
            let claimed = ledger.claim(claim).await.unwrap();
            if matches!(claimed, Claimed::Granted) {
                let end = Settlement::Answered(answer(uuid));
                ledger.settle(&attempt, end).await.unwrap();
                return 1;
            }
            0
        });
    }
    assert_eq!(claims.join_all().await.iter().sum::<u32>(), 50);
    ledger.beat().await.unwrap();
    assert_eq!(ledger.sweep().await.unwrap(), 0);
    let answered = [("ANSWERED".to_owned(), 50)];
    assert_eq!(ledger.stats().await.unwrap().orders, answered);
    assert_eq!(ledger.check().await.unwrap(), Vec::<String>::new());
}
