//! What the ledger's engines do by themselves: how long a claim and an end take alone, how many
//! orders a second pass when 64 wait, how many changes share a commit, and what a million orders
//! change of all that. Beside each stands what one fsync takes here.
//!
//! ```sh
//! cargo bench --bench ledger                        # SQLite, 1,000 and 100,000 orders
//! cargo bench --bench ledger -- 1000 1000000        # and others
//! scripts/postgres.sh run cargo bench --bench ledger    # PostgreSQL, too
//! ```

#![allow(
    missing_docs,
    clippy::unwrap_used,
    clippy::panic,
    clippy::print_stdout,
    clippy::indexing_slicing,
    clippy::cast_precision_loss,
    reason = "a benchmark reports by printing, and fails by panicking"
)]

use std::fs::File;
use std::io::Write as _;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use idphoto::domain::{Answer, Budget, Confidence, Consent, OrderId, Outcome, Secret};
use idphoto::ledger::archive::{Copied, OrderPage};
use idphoto::ledger::{
    AnswerRow, Calendar, FingerprintKey, Location, Opened, OrderRow, PostgresSettings, Settings,
    open,
};
use idphoto::observe::{Event, Observer};
use idphoto::verify::port::{
    Attempt, Claim, Claimed, Clock, Digest, KeyId, Ledger, Settlement, SystemClock,
};
use time::OffsetDateTime;
use tokio::task::JoinSet;

const ALONE: u64 = 300;
const WAITING: u64 = 64;
const MANY: u64 = 6400;
const PAGE: u64 = 1000;
const STARTS: usize = 5;
/// Before finds are measured: by then the inner pages of an index are in memory, as they are in a
/// gateway that has run for a while.
const WARMING: u64 = 20_000;

/// Counts commits and what was in them.
#[derive(Default)]
struct Commits {
    commits: AtomicU64,
    changes: AtomicU64,
}

impl Observer for Commits {
    fn record(&self, event: &Event<'_>) {
        if let Event::Committed(changes, _) = event {
            self.commits.fetch_add(1, Ordering::Relaxed);
            self.changes.fetch_add(*changes as u64, Ordering::Relaxed);
        }
    }
}

#[tokio::main]
async fn main() {
    let sizes: Vec<u64> = std::env::args()
        .skip(1)
        .filter_map(|it| it.parse().ok())
        .collect();
    let sizes = if sizes.is_empty() {
        vec![1000, 100_000]
    } else {
        sizes
    };
    let folder = tempfile::tempdir().unwrap();
    println!("one fdatasync of 4 KiB: p50 {:.1?}", fsync(folder.path()));
    for size in &sizes {
        let path = folder.path().join(format!("{size}.db"));
        measure("sqlite", Location::Sqlite(path), *size).await;
    }
    match std::env::var("IDPHOTO_TEST_POSTGRES") {
        Ok(url) => {
            for size in &sizes {
                measure("postgres", Location::parse(&url).unwrap(), *size).await;
            }
        }
        Err(_) => println!("postgres: not measured (scripts/postgres.sh run …)"),
    }
}

fn fsync(folder: &Path) -> Duration {
    let mut file = File::create(folder.join("fsync")).unwrap();
    let once = |_| {
        file.write_all(&[1; 4096]).unwrap();
        let begun = Instant::now();
        file.sync_data().unwrap();
        begun.elapsed()
    };
    median((0..200).map(once).collect())
}

/// Each size has a member of its own, since PostgreSQL has one table for all.
fn settings(location: Location, size: u64) -> Settings {
    let password = std::env::var("IDPHOTO_TEST_POSTGRES_PASSWORD").ok();
    Settings {
        location,
        member: format!("{size:0>8}"),
        timeout: Duration::from_secs(60),
        sweep_after: Duration::from_secs(600),
        calendar: Calendar::default(),
        keep_texts: true,
        keys: vec![FingerprintKey::parse(&[b'0'; 64]).unwrap()],
        postgres: PostgresSettings {
            password: password.map(Secret::new),
            ca_pem: None,
            tls: false,
            connections: 16,
        },
    }
}

async fn measure(engine: &str, location: Location, size: u64) {
    let clock: Arc<dyn Clock> = Arc::new(SystemClock);
    let commits = Arc::new(Commits::default());
    let observer: Arc<dyn Observer> = Arc::clone(&commits) as _;
    let settings = settings(location, size);
    if engine == "postgres" {
        idphoto::ledger::postgres::migrate(&settings).await.unwrap();
    }
    let opened = open(&settings, &clock, &observer).await.unwrap();
    fill(&opened, size).await;
    drop(opened);
    let mut starts = Vec::new();
    for _ in 1..STARTS {
        starts.push(timed_open(&settings, &clock, &observer).await.1);
    }
    let (Opened { ledger, archive }, last) = timed_open(&settings, &clock, &observer).await;
    starts.push(last);
    let start = median(starts);
    let archive = archive.unwrap();
    let checked = checked().await;
    let mut next = Ids(size);
    commits.commits.store(0, Ordering::Relaxed);
    commits.changes.store(0, Ordering::Relaxed);
    let rate = many(&ledger, &mut next).await;
    let changes = commits.changes.load(Ordering::Relaxed) as f64;
    let each = changes / commits.commits.load(Ordering::Relaxed).max(1) as f64;
    // After the crowd: a log that still grows costs the disk more than one that is written again.
    let (claims, ends) = alone(&*ledger, &mut next).await;
    let found = finds(&*ledger, size).await;
    let begun = Instant::now();
    let page = OrderPage {
        limit: 100,
        ..OrderPage::default()
    };
    assert_eq!(archive.orders(page).await.unwrap().len(), 100);
    let list = begun.elapsed();
    let begun = Instant::now();
    ledger.sweep().await.unwrap();
    let sweep = begun.elapsed();
    println!(
        "{engine}, {size} orders: start p50 {start:.1?}, checked beside calls in {checked:.1?}; alone p50 claim {claims:.1?}, settle {ends:.1?}, find {found:.1?}; \
         {WAITING} waiting: {rate:.0} orders a second, {each:.1} changes in a commit; list of 100 {list:.1?}; sweep {sweep:.1?}"
    );
}

async fn timed_open(
    settings: &Settings,
    clock: &Arc<dyn Clock>,
    observer: &Arc<dyn Observer>,
) -> (Opened, Duration) {
    let begun = Instant::now();
    let opened = open(settings, clock, observer).await.unwrap();
    (opened, begun.elapsed())
}

/// Waits for the inspection that follows SQLite's start, which has a thread of its own.
async fn checked() -> Duration {
    let inspects = || {
        let threads = std::fs::read_dir("/proc/self/task").unwrap();
        let mut names = threads
            .flatten()
            .filter_map(|thread| std::fs::read_to_string(thread.path().join("comm")).ok());
        names.any(|name| name.starts_with("ledger-inspect"))
    };
    let begun = Instant::now();
    while inspects() {
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
    begun.elapsed()
}

/// Order ids in the order in which callers mint them.
struct Ids(u64);

impl Ids {
    fn next(&mut self) -> OrderId {
        self.0 += 1;
        id(self.0)
    }
}

fn id(number: u64) -> OrderId {
    OrderId::parse(&format!("{number:0>35}")).unwrap()
}

fn texts() -> [String; 4] {
    [
        "account opening",
        "identity check",
        "terms 1.0",
        "20260101000001",
    ]
    .map(str::to_owned)
}

fn claim(order_id: OrderId) -> Claim {
    let upi_uuid = format!("{:0>32}", order_id.as_str().trim_start_matches('0'));
    Claim {
        attempt: Attempt { order_id, upi_uuid },
        digest: Digest {
            key: KeyId([0; 8]),
            value: [0; 32],
        },
        consent: Consent::recorded(texts()),
        jws_sha256: [0; 32],
        caller: None,
        budget: Budget::default(),
    }
}

fn answered(attempt: &Attempt) -> Settlement {
    Settlement::Answered(Answer {
        outcome: Outcome::Comparison(Confidence::new(97).unwrap()),
        upi_uuid: attempt.upi_uuid.clone(),
        answered_at: OffsetDateTime::now_utc(),
    })
}

async fn fill(opened: &Opened, size: u64) {
    let archive = opened.archive.as_ref().unwrap();
    let mut number = 0;
    while number < size {
        let rows = (number..size.min(number + PAGE)).map(|number| {
            let claim = claim(id(number + 1));
            let mut row = OrderRow::claimed(&claim, "0", OffsetDateTime::now_utc(), None);
            row.state = "ANSWERED".to_owned();
            row.answer = AnswerRow::of(&answered(&claim.attempt), true);
            let journal = vec![(row.created_at, "CLAIMED".to_owned(), "{}".repeat(200))];
            Copied { row, journal }
        });
        archive.import(rows.collect()).await.unwrap();
        number += PAGE;
    }
}

async fn one(ledger: &dyn Ledger, order_id: OrderId) -> (Duration, Duration) {
    let claim = claim(order_id);
    let attempt = claim.attempt.clone();
    let begun = Instant::now();
    let claimed = ledger.claim(claim).await.unwrap();
    assert!(matches!(claimed, Claimed::Granted));
    let claimed = begun.elapsed();
    let begun = Instant::now();
    ledger.settle(&attempt, answered(&attempt)).await.unwrap();
    (claimed, begun.elapsed())
}

async fn alone(ledger: &dyn Ledger, next: &mut Ids) -> (Duration, Duration) {
    let (mut claims, mut ends) = (Vec::new(), Vec::new());
    for _ in 0..ALONE {
        let (claim, end) = one(ledger, next.next()).await;
        claims.push(claim);
        ends.push(end);
    }
    (median(claims), median(ends))
}

async fn finds(ledger: &dyn Ledger, size: u64) -> Duration {
    let mut took = Vec::new();
    for number in 0..WARMING {
        ledger.find(&id(1 + number * 104_729 % size)).await.unwrap();
    }
    for number in 0..ALONE {
        let begun = Instant::now();
        let found = ledger.find(&id(1 + number * 7919 % size)).await.unwrap();
        took.push(begun.elapsed());
        assert!(found.is_some());
    }
    median(took)
}

/// Orders a second.
async fn many(ledger: &Arc<dyn Ledger>, next: &mut Ids) -> f64 {
    let begun = Instant::now();
    let mut callers = JoinSet::new();
    for _ in 0..WAITING {
        let (ledger, ids) = (Arc::clone(ledger), (0..MANY / WAITING).map(|_| next.next()));
        let ids: Vec<_> = ids.collect();
        callers.spawn(async move {
            for id in ids {
                one(&*ledger, id).await;
            }
        });
    }
    callers.join_all().await;
    MANY as f64 / begun.elapsed().as_secs_f64()
}

fn median(mut durations: Vec<Duration>) -> Duration {
    durations.sort_unstable();
    durations[durations.len() / 2]
}
