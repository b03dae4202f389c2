//! The gateways of a simulation: each is a process that starts, ends well or badly, and starts
//! again as another one.

use std::sync::atomic::AtomicU64;
use std::sync::{Arc, Mutex};

use super::executor::Pid;
use super::ledger::{self, SimLedger};
use super::upi::SimUpi;
use super::world::{LEDGER_LIMIT, World};
use crate::observe::Nobody;
use crate::verify::{Limits, Verifier};

/// A process.
#[derive(Clone)]
pub struct Instance {
    pub process: Pid,
    pub verifier: Arc<Verifier>,
}

/// The places at which gateways run.
pub struct Site {
    pub world: Arc<World>,
    places: Mutex<(Pid, Vec<Option<Instance>>)>,
    max_in_flight: usize,
    breaker_failures: usize,
}

impl Site {
    /// With nothing running yet.
    pub fn new(world: Arc<World>) -> Arc<Self> {
        let mut facts = world.facts();
        let shared = facts.rng.pick(&[1, 2, 2, 2]);
        let places = if facts.file { 1 } else { shared };
        let max_in_flight = facts.rng.pick(&[1, 3, 8]);
        let breaker_failures = facts.rng.pick(&[0, 1, 2]);
        drop(facts);
        Arc::new(Self {
            world,
            places: Mutex::new((0, vec![None; places])),
            max_in_flight,
            breaker_failures,
        })
    }

    pub fn places(&self) -> usize {
        self.places.lock().unwrap().1.len()
    }

    /// What runs at a place now.
    pub fn at(&self, place: usize) -> Option<Instance> {
        self.places.lock().unwrap().1[place].clone()
    }

    pub fn running(&self) -> Vec<Instance> {
        self.places
            .lock()
            .unwrap()
            .1
            .iter()
            .flatten()
            .cloned()
            .collect()
    }

    /// Starts what does not run.
    pub fn start_all(&self) {
        for place in 0..self.places() {
            if self.at(place).is_none() {
                self.start(place);
            }
        }
    }

    fn start(&self, place: usize) {
        let mut places = self.places.lock().unwrap();
        places.0 += 1;
        let process = places.0;
        ledger::recover(&mut self.world.facts(), process);
        let limits = Limits {
            max_in_flight: self.max_in_flight,
            least_time: std::time::Duration::from_millis(200),
            ledger: LEDGER_LIMIT,
            breaker_failures: self.breaker_failures,
        };
        let world = &self.world;
        let verifier = Verifier::new(
            Arc::new(SimUpi {
                world: Arc::clone(world),
                process,
                connections: AtomicU64::new(0),
            }),
            Arc::new(SimLedger {
                world: Arc::clone(world),
                process,
            }),
            Arc::new(Nobody),
            limits,
        );
        let keeping = Arc::clone(&verifier);
        let keep = async move { tokio::join!(keeping.keep_ledger(), keeping.watch_upi()).0 };
        world.executor.spawn(process, keep);
        places.1[place] = Some(Instance { process, verifier });
    }

    /// Ends what runs at a place, between two of its steps.
    pub fn kill(&self, place: usize, well: bool) {
        let taken = self.places.lock().unwrap().1[place].take();
        let Some(Instance { process, .. }) = taken else {
            return;
        };
        let mut facts = self.world.facts();
        facts.note(process, || {
            if well { "exits" } else { "is killed" }.to_owned()
        });
        if !well {
            facts.cut_off.insert(process);
        }
        drop(facts);
        self.world.executor.thaw(process);
        self.world.executor.kill(process);
    }
}
