//! The circuit breaker: after so many failures to connect in a row calls are refused at once, until
//! UPI has taken a connection again, and then one call has got through.
//!
//! Only failures to connect count, before which nothing was sent. An answer that is late, bad or
//! missing says nothing here. Two failures are in a row when neither a connection was opened
//! between them nor a call ended in another way: a way that is bad for some is not closed to all.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::watch;

use crate::observe::Circuit;

pub(super) struct Breaker {
    /// Failures in a row that open it; 0 never does.
    most: usize,
    state: Mutex<State>,
    circuit: watch::Sender<Circuit>,
}

struct State {
    phase: Phase,
    /// How often it was opened: calls that began before say nothing of what is now.
    epoch: u64,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Phase {
    Closed(Streak),
    Open,
    /// UPI took a connection; the next call decides.
    Ajar,
    /// That call is on its way, and so many connections had been opened before.
    Trial(u64),
}

/// Failures in a row, and how many connections had been opened at the last one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
struct Streak {
    failures: usize,
    connections: u64,
}

impl Breaker {
    pub(super) fn new(most: usize) -> Arc<Self> {
        Arc::new(Self {
            most,
            state: Mutex::new(State {
                phase: Phase::Closed(Streak::default()),
                epoch: 0,
            }),
            circuit: watch::Sender::new(Circuit::Closed),
        })
    }

    /// Lets a call through, or not. `connections` is how many were opened so far, here and below.
    pub(super) fn admit(self: &Arc<Self>, connections: u64) -> Option<Pass> {
        let mut state = self.state();
        let trial = match state.phase {
            Phase::Closed(_) => false,
            Phase::Open => return None,
            Phase::Ajar => {
                state.phase = Phase::Trial(connections);
                true
            }
            // The trial has its connection, and may wait long for an answer.
            Phase::Trial(before) if before != connections => {
                self.close(&mut state);
                false
            }
            Phase::Trial(_) => return None,
        };
        Some(Pass {
            breaker: Arc::clone(self),
            epoch: state.epoch,
            trial,
        })
    }

    /// UPI took a connection of somebody who sent nothing.
    pub(super) fn seen(&self) {
        let mut state = self.state();
        if state.phase == Phase::Open {
            state.phase = Phase::Ajar;
            self.circuit.send_replace(Circuit::HalfOpen);
        }
    }

    /// How it stands, now and later.
    pub(super) fn circuit(&self) -> watch::Receiver<Circuit> {
        self.circuit.subscribe()
    }

    fn failed(&self, pass: &Pass, connections: u64) {
        let mut state = self.state();
        match state.phase {
            Phase::Closed(streak) if pass.epoch == state.epoch => {
                let goes_on = streak.connections == connections;
                let failures = if goes_on { streak.failures + 1 } else { 1 };
                state.phase = Phase::Closed(Streak {
                    failures,
                    connections,
                });
                if self.most > 0 && failures >= self.most {
                    self.open(&mut state);
                }
            }
            Phase::Trial(_) if pass.is_trial_of(&state) => self.open(&mut state),
            _ => {}
        }
    }

    fn passed(&self, pass: &Pass) {
        let mut state = self.state();
        match state.phase {
            Phase::Closed(_) if pass.epoch == state.epoch => {
                state.phase = Phase::Closed(Streak::default());
            }
            Phase::Trial(_) if pass.is_trial_of(&state) => self.close(&mut state),
            _ => {}
        }
    }

    /// The call ended before it was sent: another one decides.
    fn unused(&self, pass: &Pass) {
        let mut state = self.state();
        if matches!(state.phase, Phase::Trial(_)) && pass.is_trial_of(&state) {
            state.phase = Phase::Ajar;
        }
    }

    fn open(&self, state: &mut State) {
        state.phase = Phase::Open;
        state.epoch += 1;
        self.circuit.send_replace(Circuit::Open);
    }

    fn close(&self, state: &mut State) {
        state.phase = Phase::Closed(Streak::default());
        self.circuit.send_replace(Circuit::Closed);
    }

    fn state(&self) -> MutexGuard<'_, State> {
        // Nothing panics while it is held.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Leave to call UPI. To drop it says that the call was not sent.
#[must_use]
pub(super) struct Pass {
    breaker: Arc<Breaker>,
    epoch: u64,
    trial: bool,
}

impl Pass {
    /// No connection could be made, of so many that were opened before.
    pub(super) fn failed(self, connections: u64) {
        self.breaker.failed(&self, connections);
    }

    /// There was a connection, whatever came of it.
    pub(super) fn passed(self) {
        self.breaker.passed(&self);
    }

    const fn is_trial_of(&self, state: &State) -> bool {
        self.trial && self.epoch == state.epoch
    }
}

impl Drop for Pass {
    fn drop(&mut self) {
        self.breaker.unused(self);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// No connection was ever opened.
    const NONE: u64 = 0;

    fn fail(breaker: &Arc<Breaker>) {
        breaker.admit(NONE).unwrap().failed(NONE);
    }

    fn opened() -> Arc<Breaker> {
        let breaker = Breaker::new(2);
        fail(&breaker);
        fail(&breaker);
        assert!(breaker.admit(NONE).is_none());
        breaker
    }

    fn stands(breaker: &Breaker) -> Circuit {
        *breaker.circuit().borrow()
    }

    #[test]
    fn failures_in_a_row_open_it_and_a_look_and_a_call_close_it() {
        let breaker = opened();
        assert_eq!(stands(&breaker), Circuit::Open);
        breaker.seen();
        assert_eq!(stands(&breaker), Circuit::HalfOpen);
        let trial = breaker.admit(NONE).unwrap();
        assert!(breaker.admit(NONE).is_none());
        trial.passed();
        assert_eq!(stands(&breaker), Circuit::Closed);
        fail(&breaker);
        assert!(breaker.admit(NONE).is_some());
    }

    #[test]
    fn a_trial_that_fails_opens_it_again() {
        let breaker = opened();
        breaker.seen();
        fail(&breaker);
        assert!(breaker.admit(NONE).is_none());
        assert_eq!(stands(&breaker), Circuit::Open);
    }

    #[test]
    fn a_trial_that_is_not_sent_leaves_it_to_the_next_call() {
        let breaker = opened();
        breaker.seen();
        drop(breaker.admit(NONE).unwrap());
        assert_eq!(stands(&breaker), Circuit::HalfOpen);
        breaker.admit(NONE).unwrap().passed();
        assert_eq!(stands(&breaker), Circuit::Closed);
    }

    #[test]
    fn a_trial_that_waits_for_its_answer_holds_nobody_up() {
        let breaker = opened();
        breaker.seen();
        let trial = breaker.admit(NONE).unwrap();
        let next = breaker.admit(NONE + 1).unwrap();
        assert_eq!(stands(&breaker), Circuit::Closed);
        drop((trial, next));
        assert_eq!(stands(&breaker), Circuit::Closed);
    }

    #[test]
    fn a_call_that_got_through_ends_the_row() {
        let breaker = Breaker::new(2);
        fail(&breaker);
        breaker.admit(NONE).unwrap().passed();
        fail(&breaker);
        assert!(breaker.admit(NONE).is_some());
    }

    #[test]
    fn a_connection_that_was_opened_between_them_ends_the_row() {
        let breaker = Breaker::new(2);
        for connections in 0..10 {
            breaker.admit(connections).unwrap().failed(connections);
        }
        assert!(breaker.admit(10).is_some());
    }

    #[test]
    fn calls_of_before_it_opened_count_no_more() {
        let breaker = Breaker::new(2);
        let late: Vec<_> = (0..4).map(|_| breaker.admit(NONE).unwrap()).collect();
        fail(&breaker);
        fail(&breaker);
        let mut late = late.into_iter();
        late.next().unwrap().passed();
        assert!(breaker.admit(NONE).is_none());
        breaker.seen();
        late.next().unwrap().failed(NONE);
        breaker.admit(NONE).unwrap().passed();
        late.for_each(|pass| pass.failed(NONE));
        assert!(breaker.admit(NONE).is_some());
    }

    #[test]
    fn without_a_limit_it_never_opens() {
        let breaker = Breaker::new(0);
        for _ in 0..1000 {
            fail(&breaker);
        }
        assert!(breaker.admit(NONE).is_some());
    }
}
