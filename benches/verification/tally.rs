//! What became of the calls of one row.

use std::time::Duration;

use tokio::time::Instant;
use tonic::Code;

use crate::gateway::Gateway;
use crate::neighbours::Times;
use crate::numbers::{mean, percentile};

#[derive(Clone)]
pub struct Call {
    pub code: Code,
    pub ended: Instant,
    /// Since it was due.
    pub took: Duration,
    /// How long the callers' side itself took to begin.
    pub late: Duration,
}

pub struct Tally {
    calls: Vec<Call>,
    took: Duration,
    /// Answers for each second of the second half.
    pub goodput: f64,
    neighbours: Times,
}

impl Tally {
    pub const HEAD: &str = "  calls   answered  goodput  refused  other  \
         answer p50, p99     refusal p50, p99  health p50, p99  neighbours failed     peak  late p99";

    pub fn new(calls: Vec<Call>, begun: Instant, duration: Duration, neighbours: Times) -> Self {
        let half = begun + duration / 2..begun + duration;
        let good = calls
            .iter()
            .filter(|call| call.code == Code::Ok && half.contains(&call.ended));
        let good = f64::from(u32::try_from(good.count()).unwrap());
        Self {
            calls,
            took: duration,
            goodput: good / (duration / 2).as_secs_f64(),
            neighbours,
        }
    }

    /// As one.
    pub fn of_rounds(rounds: Vec<Self>) -> Self {
        let goodputs: Vec<_> = rounds.iter().map(|tally| tally.goodput).collect();
        let mut all = Self {
            calls: Vec::new(),
            took: Duration::ZERO,
            goodput: mean(&goodputs),
            neighbours: Times::default(),
        };
        for tally in rounds {
            all.calls.extend(tally.calls);
            all.took += tally.took;
            all.neighbours.add(tally.neighbours);
        }
        all
    }

    pub fn rate(&self) -> f64 {
        self.answered() as f64 / self.took.as_secs_f64()
    }

    pub fn answered(&self) -> usize {
        self.answers().len()
    }

    pub fn refused(&self) -> usize {
        self.times(|code| code == Code::ResourceExhausted).len()
    }

    /// Since they were due.
    pub fn answer(&self, percent: usize) -> Duration {
        percentile(&self.answers(), percent)
    }

    pub fn health(&self, percent: usize) -> Duration {
        percentile(&self.neighbours().health, percent)
    }

    pub fn question(&self, percent: usize) -> Duration {
        percentile(&self.neighbours().questions, percent)
    }

    /// All of whom had an answer.
    fn neighbours(&self) -> &Times {
        assert_eq!(self.neighbours.failed, 0, "health or a question failed");
        &self.neighbours
    }

    /// How late the callers' side itself began.
    pub fn late(&self, percent: usize) -> Duration {
        let mut late: Vec<_> = self.calls.iter().map(|call| call.late).collect();
        late.sort_unstable();
        percentile(&late, percent)
    }

    fn answers(&self) -> Vec<Duration> {
        self.times(|code| code == Code::Ok)
    }

    pub fn line(&self, gateway: &Gateway) -> String {
        let answers = self.answers();
        let refusals = self.times(|code| code == Code::ResourceExhausted);
        let others = self.times(|code| !matches!(code, Code::Ok | Code::ResourceExhausted));
        format!(
            "{:7}  {:9}  {:5.0}/s  {:7}  {:5}  {}, {}    {}, {}  {}, {}  {:17}  {:4} MB  {:4} ms",
            self.calls.len(),
            answers.len(),
            self.goodput,
            refusals.len(),
            others.len(),
            at(&answers, 50),
            at(&answers, 99),
            at(&refusals, 50),
            at(&refusals, 99),
            at(&self.neighbours.health, 50),
            at(&self.neighbours.health, 99),
            self.neighbours.failed,
            gateway.peak_memory() / 1024,
            self.late(99).as_millis(),
        )
    }

    fn times(&self, of: impl Fn(Code) -> bool) -> Vec<Duration> {
        let calls = self.calls.iter().filter(|call| of(call.code));
        let mut times: Vec<_> = calls.map(|call| call.took).collect();
        times.sort_unstable();
        times
    }
}

fn at(sorted: &[Duration], percent: usize) -> String {
    if sorted.is_empty() {
        return "        -".to_owned();
    }
    format!("{:6} ms", percentile(sorted, percent).as_millis())
}
