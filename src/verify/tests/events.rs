//! What an observer is told of each way that a call can go.

use std::sync::Mutex;

use super::*;
use crate::observe::{Event, Observer};
use crate::verify::doubles::Script;

/// Keeps the names of what it is told, with what tells them apart.
#[derive(Default)]
struct Listener(Mutex<Vec<String>>);

impl Observer for Listener {
    fn record(&self, event: &Event<'_>) {
        let heard = match event {
            Event::Passed(stage, _) => format!("{stage:?}"),
            Event::Called(Ok(_), _) => "called: Answered".to_owned(),
            Event::Called(Err(certain), _) => format!("called: {certain:?}"),
            Event::OrderEnded(Ok(())) => "order: Answered".to_owned(),
            Event::OrderEnded(Err(certain)) => format!("order: {certain:?}"),
            other => format!("{other:?}"),
        };
        self.0.lock().unwrap().push(heard);
    }
}

impl Listener {
    fn heard(&self) -> Vec<String> {
        std::mem::take(&mut self.0.lock().unwrap())
    }
}

fn overheard(upi: &Arc<Upi>, engine: &Arc<Engine>) -> (Arc<Verifier>, Arc<Listener>) {
    let listener = Arc::new(Listener::default());
    let limits = Limits {
        max_in_flight: 2,
        least_time: Duration::from_millis(200),
        ledger: Duration::from_secs(5),
        breaker_failures: 0,
    };
    let verifier = Verifier::new(
        Arc::clone(upi) as Arc<dyn Gateway>,
        engine.clone(),
        Arc::clone(&listener) as Arc<dyn Observer>,
        limits,
    );
    (verifier, listener)
}

#[tokio::test]
async fn an_answer_and_its_replay() {
    let upi = Upi::prompt(|| Ok(answer()));
    let (verifier, listener) = overheard(&upi, &healthy());
    let _ = verifier
        .verify(sample::verification("1"), None, Ticket::default())
        .await;
    verifier.idle().await;
    let steps = [
        "InFlight(1)",
        "Claim",
        "called: Answered",
        "order: Answered",
        "Settle",
        "InFlight(0)",
    ];
    assert_eq!(listener.heard(), steps);
    let _ = verifier
        .verify(sample::verification("1"), None, Ticket::default())
        .await;
    verifier.idle().await;
    assert_eq!(listener.heard(), ["InFlight(1)", "Replayed", "InFlight(0)"]);
}

#[tokio::test]
async fn what_is_certain_about_an_order_without_an_answer() {
    let ends: [(Script, &str, &str); 3] = [
        (
            || Err(CallError::NotSent(cause())),
            "called: NotSent",
            "order: NotSent",
        ),
        (
            || Err(CallError::Refused(cause())),
            "called: Refused",
            "order: Refused",
        ),
        (
            || Err(CallError::Unknown(cause())),
            "called: Unknown",
            "order: Unknown",
        ),
    ];
    for (script, called, ended) in ends {
        let upi = Upi::prompt(script);
        let (verifier, listener) = overheard(&upi, &healthy());
        let _ = verifier
            .verify(sample::verification("1"), None, Ticket::default())
            .await;
        verifier.idle().await;
        let steps = [
            "InFlight(1)",
            "Claim",
            called,
            ended,
            "Settle",
            "InFlight(0)",
        ];
        assert_eq!(listener.heard(), steps);
    }
}

#[tokio::test]
async fn an_order_that_was_not_claimed_is_none() {
    let upi = Upi::prompt(|| Ok(answer()));
    upi.seal_fails.store(true, Ordering::SeqCst);
    let (verifier, listener) = overheard(&upi, &healthy());
    let _ = verifier
        .verify(sample::verification("1"), None, Ticket::default())
        .await;
    verifier.idle().await;
    assert_eq!(listener.heard(), ["InFlight(1)", "InFlight(0)"]);
}

#[tokio::test(start_paused = true)]
async fn a_call_that_joins() {
    let upi = Upi::held(|| Ok(answer()));
    let (verifier, listener) = overheard(&upi, &healthy());
    let one = || verifier.verify(sample::verification("1"), within(100), Ticket::default());
    let _ = tokio::join!(one(), one());
    let joined = listener
        .heard()
        .into_iter()
        .filter(|heard| heard == "Joined");
    assert_eq!(joined.count(), 1);
}
