//! What became of the calls of one row.

use std::time::Duration;

use tokio::time::Instant;
use tonic::Code;

use crate::process::Gateway;

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
    /// Answers for each second.
    goodput: f64,
    probes: Vec<Duration>,
}

impl Tally {
    pub const HEAD: &str = "  calls   answered  goodput  refused  other  \
         answer p50, p99     refusal p50, p99  health p50, p99     peak  late p99";

    pub fn new(
        calls: Vec<Call>,
        begun: Instant,
        duration: Duration,
        mut probes: Vec<Duration>,
    ) -> Self {
        let half = begun + duration / 2..begun + duration;
        let good = calls
            .iter()
            .filter(|call| call.code == Code::Ok && half.contains(&call.ended));
        let good = f64::from(u32::try_from(good.count()).unwrap());
        probes.sort_unstable();
        Self {
            calls,
            goodput: good / (duration / 2).as_secs_f64(),
            probes,
        }
    }

    pub fn line(&self, gateway: &Gateway) -> String {
        let answers = self.times(|code| code == Code::Ok);
        let refusals = self.times(|code| code == Code::ResourceExhausted);
        let others = self.times(|code| !matches!(code, Code::Ok | Code::ResourceExhausted));
        let mut late: Vec<_> = self.calls.iter().map(|call| call.late).collect();
        late.sort_unstable();
        format!(
            "{:7}  {:9}  {:5.0}/s  {:7}  {:5}  {}, {}    {}, {}  {}, {}  {:4} MB  {}",
            self.calls.len(),
            answers.len(),
            self.goodput,
            refusals.len(),
            others.len(),
            at(&answers, 50),
            at(&answers, 99),
            at(&refusals, 50),
            at(&refusals, 99),
            at(&self.probes, 50),
            at(&self.probes, 99),
            gateway.peak_memory() / 1024,
            at(&late, 99),
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
    let index = sorted.len().saturating_sub(1) * percent / 100;
    sorted.get(index).map_or_else(
        || "        -".to_owned(),
        |time| format!("{:6} ms", time.as_millis()),
    )
}
