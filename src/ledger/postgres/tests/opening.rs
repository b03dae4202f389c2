use std::error::Error as _;
use std::time::Duration;

use tokio::time::Instant;

use super::server::{Database, Server, open};
use crate::domain::{Budget, CallerName, Secret};
use crate::ledger::archive::Archive as _;
use crate::ledger::postgres::schema::{self, KNOWN};
use crate::ledger::postgres::{Refusal, migrate};
use crate::ledger::tests::{claim_for, granted};
use crate::ledger::{Location, OpenError, Settings};
use crate::verify::port::{Claim, Claimed, Ledger as _, Settlement};

async fn refusal(settings: &Settings) -> String {
    let OpenError::Engine(cause) = open(settings).await.err().unwrap() else {
        panic!("another error");
    };
    assert!(cause.source().is_none() || !cause.to_string().is_empty());
    cause.to_string()
}

#[tokio::test]
async fn a_database_without_a_schema_is_refused_and_migrated_once() {
    let Some(server) = Server::shared() else {
        return;
    };
    let database = server.database().await;
    let settings = database.settings();
    assert_eq!(refusal(&settings).await, Refusal::NoSchema.to_string());
    assert_eq!(
        i64::try_from(migrate(&settings).await.unwrap()).unwrap(),
        KNOWN
    );
    assert_eq!(migrate(&settings).await.unwrap(), 0);
    open(&settings).await.unwrap();
}

#[tokio::test]
async fn a_newer_schema_is_refused() {
    let Some(database) = Database::fresh().await else {
        return;
    };
    let found = KNOWN + 1;
    let newer =
        format!("UPDATE refinery_schema_history SET version = {found} WHERE version = {KNOWN}");
    database.client().await.batch_execute(&newer).await.unwrap();
    let settings = database.settings();
    let newer = Refusal::NewSchema { found }.to_string();
    assert_eq!(refusal(&settings).await, newer);
    assert!(migrate(&settings).await.is_err());
}

#[tokio::test]
async fn a_wrong_password_is_refused_at_once() {
    let Some(database) = Database::fresh().await else {
        return;
    };
    let mut settings = database.settings();
    settings.postgres.password = Some(Secret::new("wrong".to_owned()));
    let said = refusal(&settings).await;
    assert!(said.contains("28P01"), "{said}");
}

#[tokio::test]
async fn without_a_key_of_fingerprints_it_is_refused() {
    let Some(database) = Database::fresh().await else {
        return;
    };
    let mut settings = database.settings();
    settings.keys.clear();
    assert_eq!(refusal(&settings).await, Refusal::NoKey.to_string());
}

#[tokio::test]
async fn a_server_that_forgets_what_it_confirms_is_refused() {
    let Some(database) = Database::fresh().await else {
        return;
    };
    let forget = format!(
        "ALTER DATABASE {} SET synchronous_commit = off",
        database.name
    );
    database
        .client()
        .await
        .batch_execute(&forget)
        .await
        .unwrap();
    let setting = "synchronous_commit";
    let forgetful = Refusal::Forgetful { setting }.to_string();
    assert_eq!(refusal(&database.settings()).await, forgetful);
}

#[tokio::test]
async fn tls_is_required_unless_it_is_switched_off() {
    let Some(database) = Database::fresh().await else {
        return;
    };
    let mut settings = database.settings();
    settings.postgres.tls = true;
    // That server has none.
    assert_eq!(refusal(&settings).await, "no connection to PostgreSQL");
}

#[tokio::test]
async fn a_unix_socket_needs_no_tls() {
    let Some(database) = Database::fresh().await else {
        return;
    };
    let (_, port) = database.server.address.split_once(':').unwrap();
    let mut settings = database.settings();
    let (name, folder) = (&database.name, &database.server.folder);
    let url = format!("postgres://idphoto@:{port}/{name}?host={folder}/socket");
    settings.location = Location::Postgres(url);
    settings.postgres.tls = true;
    open(&settings).await.unwrap();
}

#[tokio::test]
async fn a_database_of_times_without_budgets_is_brought_up_to_date() {
    let Some(server) = Server::shared() else {
        return;
    };
    let database = server.database().await;
    let settings = database.settings();
    schema::migrate_to(&settings, 3).await;
    let client = database.client().await;
    let row = "INSERT INTO orders (member, order_id, state, attempts, owner, upi_uuid, digest_key,
            digest, created_at, updated_at, caller)
        VALUES ('00520446', '1AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA', 'NOT_SENT', 1, 'a', 'b',
            '0000000000000000', repeat('00', 32), 0, 0, 'loans');
        INSERT INTO journal (at, member, order_id, event, entry)
        VALUES (0, '00520446', '1AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA', 'NOT_SENT',
            '{\"at\":0,\"event\":\"NOT_SENT\",\"member\":\"00520446\",\"order\":\"1AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\"}')";
    client.batch_execute(row).await.unwrap();
    assert_eq!(migrate(&settings).await.unwrap(), 1);
    let ledger = open(&settings).await.unwrap();
    assert_eq!(ledger.check().await.unwrap(), Vec::<String>::new());
    assert!(ledger.counts().await.unwrap().is_empty());
    let found = ledger.find(&claim_for(&ledger, "1", 1, None).attempt.order_id);
    let caller = found.await.unwrap().unwrap().caller;
    assert_eq!(caller, CallerName::parse("loans"));
}

/// As docs/operations.md grants them.
const RIGHTS: &str = "
    GRANT SELECT ON ALL TABLES IN SCHEMA public TO ROLE;
    GRANT INSERT, UPDATE ON orders, gateways, budgets TO ROLE;
    GRANT INSERT, DELETE ON journal, stops TO ROLE;";

#[tokio::test]
async fn a_gateway_needs_no_right_but_to_read_and_write_rows() {
    let Some(database) = Database::fresh().await else {
        return;
    };
    let (role, admin) = (&database.name, database.client().await);
    let password = &database.server.password;
    let role_of_it = format!("CREATE ROLE {role} LOGIN PASSWORD '{password}';");
    let rights = role_of_it + &RIGHTS.replace("ROLE", role);
    admin.batch_execute(&rights).await.unwrap();
    let address = &database.server.address;
    let mut settings = database.settings();
    settings.location = Location::Postgres(format!("postgres://{role}@{address}/{role}"));
    let ledger = open(&settings).await.unwrap();
    let attempt = granted(&ledger, "1", 1).await;
    ledger.settle(&attempt, Settlement::NotSent).await.unwrap();
    granted(&ledger, "1", 2).await;
    let budget = Budget {
        daily: Some(1),
        monthly: None,
    };
    let counted = claim_for(&ledger, "2", 3, Some("loans"));
    let counted = Claim { budget, ..counted };
    let attempt = counted.attempt.clone();
    let claimed = ledger.claim(counted).await.unwrap();
    assert!(matches!(claimed, Claimed::Granted));
    ledger.settle(&attempt, Settlement::NotSent).await.unwrap();
    ledger.beat().await.unwrap();
    let now = Instant::now();
    ledger.sweep_at(now).await.unwrap();
    assert_eq!(
        ledger
            .sweep_at(now + settings.sweep_after * 2)
            .await
            .unwrap(),
        1
    );
    assert_eq!(ledger.purge(Duration::ZERO, 1).await.unwrap(), 1);
    assert_eq!(ledger.stats().await.unwrap().schema, 4);
}
