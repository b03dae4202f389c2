//! The threads of a token, with sessions of the tests' own.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use super::TokenError;
use super::pool::{Pool, Session, Shared, Source};

/// Nothing here takes so long.
const LONG: Duration = Duration::from_secs(60);
const SHORT: Duration = Duration::from_millis(20);

type Script = Box<dyn Fn(usize) -> Result<Vec<u8>, TokenError> + Send + Sync>;

/// What all sessions of a test do, by the number of the call.
#[derive(Clone)]
struct Fake(Arc<Inner>);

struct Inner {
    opened: AtomicUsize,
    signed: AtomicUsize,
    open: Box<dyn Fn(usize) -> Result<(), TokenError> + Send + Sync>,
    sign: Script,
}

impl Source for Fake {
    fn open(&self, _: &Arc<Shared>) -> Result<Box<dyn Session>, TokenError> {
        let number = self.0.opened.fetch_add(1, Ordering::SeqCst);
        (self.0.open)(number)?;
        Ok(Box::new(self.clone()))
    }

    fn forgive(&self) {}
}

impl Session for Fake {
    fn sign(&self, _: &[u8; 32]) -> Result<Vec<u8>, TokenError> {
        let number = self.0.signed.fetch_add(1, Ordering::SeqCst);
        (self.0.sign)(number)
    }

    fn is_stale(&self) -> bool {
        false
    }
}

fn fake(
    open: impl Fn(usize) -> Result<(), TokenError> + Send + Sync + 'static,
    sign: impl Fn(usize) -> Result<Vec<u8>, TokenError> + Send + Sync + 'static,
) -> Fake {
    Fake(Arc::new(Inner {
        opened: AtomicUsize::new(0),
        signed: AtomicUsize::new(0),
        open: Box::new(open),
        sign: Box::new(sign),
    }))
}

fn pool(fake: &Fake, sessions: usize, timeout: Duration) -> Pool {
    Pool::start(Box::new(fake.clone()), sessions, timeout).unwrap()
}

/// What will become of a signature.
fn submit(pool: &Pool, patience: Duration) -> Receiver<Result<Vec<u8>, TokenError>> {
    let (sender, receiver) = channel();
    let reply = Box::new(move |signed| drop(sender.send(signed)));
    pool.submit([0; 32], patience, reply);
    receiver
}

fn sign(pool: &Pool) -> Result<Vec<u8>, TokenError> {
    submit(pool, LONG).recv_timeout(LONG).unwrap()
}

/// Waits until so many signatures have begun.
fn begun(fake: &Fake, calls: usize) {
    while fake.0.signed.load(Ordering::SeqCst) < calls {
        std::thread::yield_now();
    }
}

/// Calls that wait until the sender goes.
fn hanging() -> (Sender<()>, impl Fn(usize) -> Result<Vec<u8>, TokenError>) {
    let (sender, receiver) = channel();
    let receiver = Mutex::new(receiver);
    let wait = move |_| {
        let _ = receiver.lock().unwrap().recv();
        Ok(Vec::new())
    };
    (sender, wait)
}

#[test]
fn a_session_is_opened_once_and_used_again() {
    let fake = fake(|_| Ok(()), |number| Ok(vec![u8::try_from(number).unwrap()]));
    let pool = pool(&fake, 1, LONG);
    for number in 0..3 {
        assert_eq!(sign(&pool), Ok(vec![number]));
    }
    assert_eq!(fake.0.opened.load(Ordering::SeqCst), 1);
}

#[test]
fn a_session_that_fails_is_replaced_within_the_call() {
    let fail_second = |number| match number {
        1 => Err(TokenError::TimedOut),
        _ => Ok(vec![7]),
    };
    let fake = fake(|_| Ok(()), fail_second);
    let pool = pool(&fake, 1, LONG);
    assert_eq!(sign(&pool), Ok(vec![7]));
    assert_eq!(sign(&pool), Ok(vec![7]));
    assert_eq!(fake.0.opened.load(Ordering::SeqCst), 2);
}

#[test]
fn a_token_that_is_away_is_not_asked_by_every_call() {
    let fake = fake(|_| Err(TokenError::NoToken), |_| Ok(Vec::new()));
    let pool = pool(&fake, 1, LONG);
    for _ in 0..1000 {
        assert_eq!(sign(&pool), Err(TokenError::NoToken));
    }
    // By the clock, and not once for each call.
    assert!(fake.0.opened.load(Ordering::SeqCst) < 100);
}

#[test]
fn a_token_is_tried_again_when_nobody_calls() {
    let (sender, receiver) = channel();
    let told = Mutex::new(sender);
    let open = move |number| match number {
        0 => Err(TokenError::NoToken),
        _ => {
            let _ = told.lock().unwrap().send(());
            Ok(())
        }
    };
    let fake = fake(open, |_| Ok(Vec::new()));
    let pool = pool(&fake, 2, LONG);
    assert_eq!(sign(&pool), Err(TokenError::NoToken));
    receiver.recv_timeout(LONG).unwrap();
    drop(pool);
}

#[test]
fn whoever_asks_anew_does_not_wait_for_the_next_attempt() {
    let open = |number| match number {
        0 => Err(TokenError::PinLocked),
        _ => Ok(()),
    };
    let fake = fake(open, |_| Ok(Vec::new()));
    let pool = pool(&fake, 1, LONG);
    assert!(sign(&pool).is_err());
    pool.try_again();
    assert_eq!(sign(&pool), Ok(Vec::new()));
}

#[test]
fn one_call_that_hangs_leaves_the_others_their_sessions() {
    let (release, wait) = hanging();
    let sign_first_never = move |number| match number {
        0 => wait(number),
        _ => Ok(vec![1]),
    };
    let fake = fake(|_| Ok(()), sign_first_never);
    let pool = pool(&fake, 2, SHORT);
    let first = submit(&pool, LONG);
    begun(&fake, 1);
    assert!(first.recv_timeout(SHORT * 2).is_err());
    for _ in 0..10 {
        assert_eq!(sign(&pool), Ok(vec![1]));
    }
    drop(release);
    assert!(first.recv_timeout(LONG).unwrap().is_ok());
}

#[test]
fn when_all_sessions_hang_calls_are_refused_at_once_and_what_waited_is_forgotten() {
    let (release, wait) = hanging();
    let fake = fake(|_| Ok(()), wait);
    let pool = pool(&fake, 2, SHORT);
    let hanging = [submit(&pool, LONG), submit(&pool, LONG)];
    begun(&fake, 2);
    let waiting = submit(&pool, SHORT);
    for call in hanging.iter().chain([&waiting]) {
        assert!(call.recv_timeout(SHORT * 2).is_err());
    }
    assert_eq!(sign(&pool), Err(TokenError::Hung));
    drop(release);
    for call in hanging {
        assert!(call.recv_timeout(LONG).unwrap().is_ok());
    }
    // Its time was over, and it was never signed.
    assert!(waiting.recv_timeout(LONG).is_err());
    assert_eq!(fake.0.signed.load(Ordering::SeqCst), 2);
    assert!(sign(&pool).is_ok());
}

#[test]
fn no_more_wait_than_can_be_signed_in_time() {
    let (release, wait) = hanging();
    let fake = fake(|_| Ok(()), wait);
    let pool = pool(&fake, 1, LONG);
    let mut calls: Vec<_> = (0..300).map(|_| submit(&pool, LONG)).collect();
    let last = calls.pop().unwrap();
    assert_eq!(last.recv_timeout(LONG).unwrap(), Err(TokenError::Busy));
    drop(release);
    assert!(calls[0].recv_timeout(LONG).unwrap().is_ok());
}

#[test]
fn a_panic_below_is_an_error_and_no_thread_is_lost() {
    let panic_first = |number| match number {
        0 | 1 => panic!("as the test asked"),
        _ => Ok(vec![3]),
    };
    let fake = fake(|_| Ok(()), panic_first);
    let pool = pool(&fake, 1, LONG);
    assert_eq!(sign(&pool), Err(TokenError::Ended));
    assert_eq!(sign(&pool), Err(TokenError::Ended));
    assert_eq!(sign(&pool), Ok(vec![3]));
}
