//! Orders when `upi.max_rate` is reached.

use std::num::NonZeroU32;

use super::*;
use crate::domain::Verification;
use crate::verify::SharedRate;
use crate::verify::error::{CallerLimit, Denial};

/// One order a second; `loans` and `batch` have the half of it each.
fn slow(upi: &Arc<Upi>, engine: &Arc<Engine>, callers: &[&str]) -> Arc<Verifier> {
    let one = NonZeroU32::MIN;
    let callers: Vec<_> = callers.iter().map(|name| (named(name), one)).collect();
    let verifier = verifier(upi, engine);
    verifier.limit(SharedRate::new(one, &callers));
    verifier
}

fn named(name: &str) -> CallerName {
    CallerName::parse(name).unwrap()
}

async fn ask_as(verifier: &Arc<Verifier>, name: &str, tag: &str) -> Result<Verified, VerifyError> {
    let request = Verification {
        caller: Some(named(name)),
        ..sample::verification(tag)
    };
    verifier.verify(request, None, Ticket::default()).await
}

#[tokio::test(start_paused = true)]
async fn one_too_many_is_refused_before_it_is_claimed_and_may_come_back() {
    let (upi, engine) = (Upi::prompt(|| Ok(answer())), healthy());
    let verifier = slow(&upi, &engine, &[]);
    ask(&verifier, "1", None).await.unwrap();
    let refused = ask(&verifier, "2", None).await;
    let Err(VerifyError::NotSent(NotSent::OverRate(delay))) = refused else {
        panic!("{refused:?}");
    };
    assert!(is_unknown(&verifier, "2").await);
    tokio::time::advance(delay).await;
    ask(&verifier, "2", None).await.unwrap();
    assert_eq!(upi.posts(), 2);
}

#[tokio::test(start_paused = true)]
async fn what_the_ledger_answers_takes_nothing_of_the_rate() {
    let (upi, engine) = (Upi::prompt(|| Ok(answer())), healthy());
    let verifier = slow(&upi, &engine, &[]);
    for _ in 0..10 {
        ask(&verifier, "1", None).await.unwrap();
    }
    assert_eq!(upi.posts(), 1);
}

#[tokio::test(start_paused = true)]
async fn a_caller_that_wants_everything_takes_nothing_of_anothers_share() {
    let (upi, engine) = (Upi::prompt(|| Ok(answer())), healthy());
    let verifier = slow(&upi, &engine, &["loans", "batch"]);
    let mut sent = 0;
    let denial = loop {
        match ask_as(&verifier, "batch", &format!("batch{sent}")).await {
            Ok(_) => sent += 1,
            Err(error) => break error,
        }
    };
    let VerifyError::NotSent(NotSent::Denied(Denial::QuotaExceeded { caller, limit, .. })) = denial
    else {
        panic!("{denial:?}");
    };
    assert_eq!((caller, limit), (named("batch"), CallerLimit::UpiRate));
    ask_as(&verifier, "loans", "loans").await.unwrap();
}
