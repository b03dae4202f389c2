//! What is counted to callers, on every engine.

use std::sync::Mutex;

use tokio::task::JoinSet;

use super::*;
use crate::domain::Span;
use crate::ledger::archive::{Allowance, Archive, Halt, NOT_SENT, Resolution};
use crate::verify::port::Bar;
use time::macros::datetime;

/// An engine whose clock is set by hand; its days are those of UTC.
struct Counting {
    ledger: Arc<dyn Ledger>,
    archive: Option<Arc<dyn Archive>>,
    clock: Arc<Hand>,
    _home: Box<dyn Send>,
}

struct Hand(Mutex<OffsetDateTime>);

impl Clock for Hand {
    fn now(&self) -> OffsetDateTime {
        *self.0.lock().unwrap()
    }
}

impl Hand {
    fn set(&self, now: OffsetDateTime) {
        *self.0.lock().unwrap() = now;
    }
}

/// An hour before a month ends.
const LATE: OffsetDateTime = datetime!(2027-01-31 23:00 UTC);
const NEXT_DAY: OffsetDateTime = datetime!(2027-02-01 00:00 UTC);

async fn engines() -> Vec<Counting> {
    let hand = || Arc::new(Hand(Mutex::new(LATE)));
    let home = tempfile::tempdir().unwrap();
    let file = settings(Location::Sqlite(home.path().join("ledger.db")));
    let mut engines = vec![
        opened(settings(Location::Memory), hand(), Box::new(())).await,
        opened(file, hand(), Box::new(home)).await,
    ];
    if let Some(database) = Database::fresh().await {
        engines.push(opened(database.settings(), hand(), Box::new(database)).await);
    }
    engines
}

async fn opened(settings: Settings, clock: Arc<Hand>, home: Box<dyn Send>) -> Counting {
    let (dyn_clock, observer) = (Arc::clone(&clock) as Arc<dyn Clock>, surroundings().1);
    let opened = open(&settings, &dyn_clock, &observer).await.unwrap();
    Counting {
        ledger: opened.ledger,
        archive: opened.archive,
        clock,
        _home: home,
    }
}

impl Counting {
    fn claim(&self, tag: &str, uuid: u128, budget: Budget) -> Claim {
        Claim {
            budget,
            ..claim_for(&*self.ledger, tag, uuid, Some("loans"))
        }
    }

    async fn ask(&self, tag: &str, uuid: u128, budget: Budget) -> Claimed {
        let claim = self.claim(tag, uuid, budget);
        self.ledger.claim(claim).await.unwrap()
    }

    async fn granted(&self, tag: &str, uuid: u128, budget: Budget) -> Attempt {
        let claimed = self.ask(tag, uuid, budget).await;
        assert!(matches!(claimed, Claimed::Granted), "{tag}: {claimed:?}");
        self.claim(tag, uuid, budget).attempt
    }

    async fn barred(&self, tag: &str, budget: Budget) -> Bar {
        match self.ask(tag, 99, budget).await {
            Claimed::Barred(bar) => bar,
            other => panic!("{tag}: {other:?}"),
        }
    }

    async fn settle(&self, attempt: &Attempt, end: Settlement) -> Settled {
        self.ledger.settle(attempt, end).await.unwrap()
    }

    /// What is counted to the present day and month, which the orders have to agree with.
    async fn used(&self) -> [u64; 2] {
        let counts = self.ledger.counts().await.unwrap();
        assert!(counts.iter().all(|count| count.caller.as_str() == "loans"));
        self.is_whole().await;
        Span::ALL.map(|span| {
            let count = counts.iter().find(|count| count.span == span);
            count.map_or(0, |count| count.used)
        })
    }

    async fn is_whole(&self) {
        if let Some(archive) = &self.archive {
            assert_eq!(archive.check().await.unwrap(), Vec::<String>::new());
        }
    }
}

fn daily(most: u64) -> Budget {
    Budget {
        daily: Some(most),
        monthly: None,
    }
}

fn monthly(most: u64) -> Budget {
    Budget {
        daily: None,
        monthly: Some(most),
    }
}

#[tokio::test]
async fn what_is_claimed_is_counted_and_what_is_not_sent_given_back() {
    for engine in engines().await {
        let answered = engine.granted("1", 1, daily(9)).await;
        let unknown = engine.granted("2", 2, daily(9)).await;
        let not_sent = engine.granted("3", 3, daily(9)).await;
        assert_eq!(engine.used().await, [3, 3]);
        engine
            .settle(&answered, Settlement::Answered(answer(1)))
            .await;
        engine.settle(&unknown, Settlement::OutcomeUnknown).await;
        engine.settle(&not_sent, Settlement::NotSent).await;
        assert_eq!(engine.used().await, [2, 2]);
        // The same end twice gives nothing back.
        let again = engine.settle(&not_sent, Settlement::NotSent).await;
        assert_eq!(again, Settled::Already);
        assert_eq!(engine.used().await, [2, 2]);
    }
}

#[tokio::test]
async fn an_order_that_is_claimed_again_is_counted_again_once() {
    for engine in engines().await {
        for uuid in 1..4 {
            let attempt = engine.granted("1", uuid, daily(1)).await;
            assert_eq!(engine.used().await, [1, 1]);
            engine.settle(&attempt, Settlement::NotSent).await;
            assert_eq!(engine.used().await, [0, 0]);
        }
    }
}

#[tokio::test]
async fn nothing_is_granted_beyond_a_budget_and_nothing_recorded() {
    for engine in engines().await {
        let both = Budget {
            daily: Some(2),
            monthly: Some(2),
        };
        for (third, budget, span) in [
            ("3", daily(2), Span::Day),
            ("4", monthly(2), Span::Month),
            ("5", both, Span::Month),
        ] {
            let one = engine.granted("1", 1, budget).await;
            let other = engine.granted("2", 2, budget).await;
            let rest = Duration::from_secs(3600);
            let spent = Bar::Spent { span, rest };
            assert_eq!(engine.barred(third, budget).await, spent);
            let id = sample::verification(third).order_id;
            assert_eq!(engine.ledger.find(&id).await.unwrap(), None);
            assert_eq!(engine.used().await, [2, 2]);
            // A known order is told as it stands.
            let known = engine.ask("1", 9, budget).await;
            assert!(matches!(known, Claimed::Standing(_)), "{known:?}");
            engine.settle(&one, Settlement::NotSent).await;
            let third = engine.granted(third, 3, budget).await;
            // It is free for its caller, and nothing is left for it.
            assert_eq!(engine.barred("1", budget).await, spent);
            for attempt in [other, third] {
                engine.settle(&attempt, Settlement::NotSent).await;
            }
        }
    }
}

#[tokio::test]
async fn an_order_given_up_stays_counted_until_its_owner_says_otherwise() {
    for engine in engines().await {
        let mut attempts = Vec::new();
        for (tag, uuid) in [("1", 1), ("2", 2)] {
            let attempt = engine.granted(tag, uuid, daily(9)).await;
            engine.settle(&attempt, Settlement::OutcomeUnknown).await;
            attempts.push(attempt);
        }
        assert_eq!(engine.used().await, [2, 2]);
        let late = engine.settle(&attempts[0], Settlement::NotSent).await;
        assert_eq!(late, Settled::Late);
        assert_eq!(engine.used().await, [1, 1]);
        engine
            .settle(&attempts[1], Settlement::Answered(answer(2)))
            .await;
        assert_eq!(engine.used().await, [1, 1]);
    }
}

#[tokio::test]
async fn a_new_day_and_a_new_month_begin_with_nothing() {
    for engine in engines().await {
        let budget = Budget {
            daily: Some(1),
            monthly: Some(2),
        };
        engine.clock.set(LATE - Duration::from_secs(86_400));
        let first = engine.granted("1", 1, budget).await;
        assert!(matches!(
            engine.barred("2", budget).await,
            Bar::Spent {
                span: Span::Day,
                ..
            }
        ));
        engine.clock.set(LATE);
        engine.granted("2", 2, budget).await;
        assert_eq!(engine.used().await, [1, 2]);
        engine.clock.set(NEXT_DAY);
        assert_eq!(engine.used().await, [0, 0]);
        engine.granted("3", 3, budget).await;
        // What was counted two days ago is given back there.
        engine.settle(&first, Settlement::NotSent).await;
        assert_eq!(engine.used().await, [1, 1]);
        engine.clock.set(LATE);
        assert_eq!(engine.used().await, [1, 1]);
    }
}

#[tokio::test]
async fn a_claim_after_midnight_is_counted_to_the_new_day() {
    for engine in engines().await {
        let attempt = engine.granted("1", 1, daily(1)).await;
        engine.settle(&attempt, Settlement::NotSent).await;
        engine.clock.set(NEXT_DAY);
        engine.granted("1", 2, daily(1)).await;
        assert_eq!(engine.used().await, [1, 1]);
        engine.clock.set(LATE);
        assert_eq!(engine.used().await, [0, 0]);
    }
}

#[tokio::test]
async fn who_has_no_budget_is_not_counted() {
    for engine in engines().await {
        let attempt = engine.granted("1", 1, Budget::default()).await;
        engine.settle(&attempt, Settlement::NotSent).await;
        granted(&*engine.ledger, "2", 2).await;
        assert!(engine.ledger.counts().await.unwrap().is_empty());
        // The budget was set in between.
        engine.granted("1", 3, daily(1)).await;
        assert_eq!(engine.used().await, [1, 1]);
        // And taken away.
        let attempt = engine.claim("1", 3, daily(1)).attempt;
        engine.settle(&attempt, Settlement::NotSent).await;
        engine.granted("1", 4, Budget::default()).await;
        assert_eq!(engine.used().await, [0, 0]);
    }
}

/// Two hundred orders at once, each by two calls, and a third of what is granted is not sent: as often
/// as is granted again, as much was given back.
#[tokio::test]
async fn a_budget_holds_to_the_order_whatever_comes_at_once() {
    const MOST: u64 = 20;
    for engine in engines().await {
        let granted = at_once(&engine, 0..200).await;
        assert_eq!(granted.len() as u64, MOST);
        assert_eq!(engine.used().await, [MOST, MOST]);
        let mut ends = JoinSet::new();
        for (number, attempt) in granted.into_iter().enumerate() {
            let ledger = Arc::clone(&engine.ledger);
            let end = match number % 3 {
                0 => Settlement::NotSent,
                1 => Settlement::OutcomeUnknown,
                _ => Settlement::Answered(answer(1)),
            };
            ends.spawn(async move { ledger.settle(&attempt, end).await.unwrap() });
        }
        ends.join_all().await;
        let again = at_once(&engine, 200..400).await;
        assert_eq!(again.len() as u64, MOST.div_ceil(3));
        assert_eq!(engine.used().await, [MOST, MOST]);
    }

    async fn at_once(engine: &Counting, orders: std::ops::Range<u32>) -> Vec<Attempt> {
        let mut claims = JoinSet::new();
        for number in orders.flat_map(|order| [2 * order, 2 * order + 1]) {
            let ledger = Arc::clone(&engine.ledger);
            let tag = (number / 2).to_string();
            let claim = engine.claim(&tag, number.into(), daily(MOST));
            let attempt = claim.attempt.clone();
            claims.spawn(async move {
                let granted = matches!(ledger.claim(claim).await.unwrap(), Claimed::Granted);
                granted.then_some(attempt)
            });
        }
        claims.join_all().await.into_iter().flatten().collect()
    }
}

/// The archives, of engines that have one.
async fn archives() -> Vec<(Counting, Arc<dyn Archive>)> {
    let engines = engines().await.into_iter();
    let archives = engines.filter_map(|engine| {
        let archive = engine.archive.clone()?;
        Some((engine, archive))
    });
    archives.collect()
}

fn halt(stopped: bool) -> Halt {
    Halt {
        caller: CallerName::parse("loans").unwrap(),
        stopped,
        note: "ticket 7".to_owned(),
    }
}

#[tokio::test]
async fn a_caller_that_is_stopped_gets_its_answers_and_nothing_else() {
    for (engine, archive) in archives().await {
        for budget in [Budget::default(), daily(9)] {
            let tags = if budget.is_set() {
                ["1", "2"]
            } else {
                ["3", "4"]
            };
            let attempt = engine.granted(tags[0], 1, budget).await;
            engine
                .settle(&attempt, Settlement::Answered(answer(1)))
                .await;
            let free = engine.granted(tags[1], 2, budget).await;
            engine.settle(&free, Settlement::NotSent).await;
            assert!(archive.halt(halt(true)).await.unwrap());
            assert!(!archive.halt(halt(true)).await.unwrap());
            for tag in ["5", tags[1]] {
                assert_eq!(engine.barred(tag, budget).await, Bar::Stopped);
            }
            let known = engine.ask(tags[0], 9, budget).await;
            assert!(matches!(known, Claimed::Standing(_)), "{known:?}");
            granted(&*engine.ledger, &format!("6{}", tags[0]), 3).await;
            assert_eq!(archive.standing().await.unwrap().stops[0].caller, "loans");
            assert!(archive.halt(halt(false)).await.unwrap());
            engine.granted(tags[1], 4, budget).await;
        }
        engine.is_whole().await;
        let journal = archive.standing().await.unwrap().journal;
        let events: Vec<_> = journal.iter().map(|(_, event, _)| event.as_str()).collect();
        assert_eq!(events, ["STOPPED", "STARTED", "STOPPED", "STARTED"]);
    }
}

fn allowance(period: &str, extra: i64) -> Allowance {
    Allowance {
        caller: CallerName::parse("loans").unwrap(),
        period: period.to_owned(),
        extra,
        note: "ticket 7".to_owned(),
    }
}

#[tokio::test]
async fn an_operator_raises_and_lowers_the_budget_of_a_period() {
    for (engine, archive) in archives().await {
        engine.granted("1", 1, daily(1)).await;
        engine.barred("2", daily(1)).await;
        archive.allow(allowance("2027-01-31", 1)).await.unwrap();
        engine.granted("2", 2, daily(1)).await;
        engine.barred("3", daily(1)).await;
        let counts = engine.ledger.counts().await.unwrap();
        let day = counts.iter().find(|count| count.span == Span::Day).unwrap();
        assert_eq!((day.used, day.extra, day.left(1)), (2, 1, 0));
        // Below what is used already, and before a period begins.
        archive.allow(allowance("2027-01-31", -5)).await.unwrap();
        engine.barred("3", daily(4)).await;
        archive.allow(allowance("2027-02-01", -1)).await.unwrap();
        engine.clock.set(NEXT_DAY);
        engine.barred("3", daily(1)).await;
        engine.granted("3", 3, daily(2)).await;
        engine.is_whole().await;
    }
}

#[tokio::test]
async fn what_an_operator_resolves_as_not_sent_is_given_back_once() {
    for (engine, archive) in archives().await {
        let attempt = engine.granted("1", 1, daily(9)).await;
        engine.settle(&attempt, Settlement::OutcomeUnknown).await;
        let said = |resolved| {
            archive.resolve(Resolution {
                order_id: attempt.order_id.clone(),
                resolved,
                note: "ticket 7".to_owned(),
            })
        };
        said("answered").await.unwrap();
        assert_eq!(engine.used().await, [1, 1]);
        for _ in 0..2 {
            said(NOT_SENT).await.unwrap();
            assert_eq!(engine.used().await, [0, 0]);
        }
        let late = engine.settle(&attempt, Settlement::NotSent).await;
        assert_eq!(late, Settled::Late);
        assert_eq!(engine.used().await, [0, 0]);
    }
}

#[tokio::test]
async fn a_purge_leaves_the_counts_and_an_order_without_texts_gives_back() {
    for (engine, archive) in archives().await {
        let attempt = engine.granted("1", 1, daily(9)).await;
        engine.settle(&attempt, Settlement::OutcomeUnknown).await;
        archive.allow(allowance("2027-01", 3)).await.unwrap();
        engine.clock.set(LATE + Duration::from_secs(600));
        assert_eq!(archive.purge(Duration::from_secs(60), 10).await.unwrap(), 1);
        assert_eq!(engine.used().await, [1, 1]);
        engine.settle(&attempt, Settlement::NotSent).await;
        assert_eq!(engine.used().await, [0, 0]);
        assert_eq!(archive.standing().await.unwrap().journal.len(), 1);
    }
}

/// From every engine to every engine, twice.
#[tokio::test]
async fn a_copy_has_the_counts_and_what_operators_set() {
    let targets = archives().await;
    for (engine, archive) in archives().await {
        let attempt = engine.granted("1", 1, daily(9)).await;
        engine
            .settle(&attempt, Settlement::Answered(answer(1)))
            .await;
        let attempt = engine.granted("2", 2, daily(9)).await;
        engine.settle(&attempt, Settlement::NotSent).await;
        engine.granted("3", 3, Budget::default()).await;
        archive.allow(allowance("2027-01", 3)).await.unwrap();
        archive.halt(halt(true)).await.unwrap();
        for (copy, target) in &targets {
            for _ in 0..2 {
                let standing = archive.standing().await.unwrap();
                target.import_standing(standing).await.unwrap();
                let rows = archive.copy(None, 10).await.unwrap();
                target.import(rows).await.unwrap();
                assert_eq!(copy.used().await, [1, 1]);
                let (of_copy, of_source) = (
                    target.standing().await.unwrap(),
                    archive.standing().await.unwrap(),
                );
                assert_eq!(of_copy.counts, of_source.counts);
                assert_eq!(of_copy.stops.len(), 1);
            }
        }
    }
}
