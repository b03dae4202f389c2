//! What every scenario needs: the machine, UPI, gateways, and how much there is to measure.

use std::time::Duration;

use crate::gateway::Gateway;
use crate::machine::{Cores, Machine};
use crate::photo::Photo;
use crate::process::Sandbox;
use crate::upi::Upi;

pub struct Bench {
    pub machine: Machine,
    pub sandbox: Sandbox,
    pub upi: Upi,
    pub photo: Photo,
    pub scale: Scale,
}

impl Bench {
    pub async fn start(machine: Machine, scale: Scale) -> Self {
        let sandbox = Sandbox::start();
        let upi = Upi::start(&sandbox.url).await;
        Self {
            machine,
            sandbox,
            upi,
            photo: Photo::largest(),
            scale,
        }
    }

    pub fn gateway(&self, binary: &str, cores: Cores, name: &str, settings: &[String]) -> Gateway {
        let mut command = self.machine.command(binary, cores);
        command.env("IDPHOTO_UPI__BASE_URL", &self.upi.url);
        Gateway::run(command, &self.sandbox, name.to_owned(), settings)
    }

    /// With the defaults, on one core, and with nothing behind it.
    pub fn fresh(&self, binary: &str) -> Gateway {
        self.gateway(binary, Cores::One, "fresh", &[])
    }
}

/// How much is measured. Each part of the table ends with the round in which its time is over, so
/// that a slow machine shows wider spreads and takes no longer.
pub struct Scale {
    /// Slices of each kind. Many short ones: the noise of a machine changes from second to
    /// second, and the ratio of two slices in the same second knows little of it.
    pub slices: usize,
    pub time_for_slices: Duration,
    /// Of a slice with more than one call in flight.
    pub calls: usize,
    /// Rounds of variants beside each other.
    pub compared: usize,
    pub bursts: usize,
    pub time_for_bursts: Duration,
    /// Calls at once.
    pub burst: usize,
    /// How long UPI takes for them.
    pub slow: Duration,
    pub open_loops: usize,
    pub time_for_open_loops: Duration,
    /// Of the closed loop that finds the capacity.
    pub closed: Duration,
    /// Of an open loop.
    pub open: Duration,
}

impl Scale {
    pub const FULL: Self = Self {
        slices: 16,
        time_for_slices: Duration::from_secs(80),
        calls: 128,
        compared: 96,
        bursts: 3,
        time_for_bursts: Duration::from_secs(45),
        burst: 2_000,
        slow: Duration::from_secs(5),
        open_loops: 3,
        time_for_open_loops: Duration::from_secs(55),
        closed: Duration::from_secs(3),
        open: Duration::from_secs(6),
    };

    /// Shows that all of it runs, and judges nothing.
    pub const QUICK: Self = Self {
        slices: 1,
        time_for_slices: Duration::from_secs(80),
        calls: 8,
        compared: 2,
        bursts: 1,
        time_for_bursts: Duration::from_secs(45),
        burst: 20,
        slow: Duration::from_millis(500),
        open_loops: 1,
        time_for_open_loops: Duration::from_secs(55),
        closed: Duration::from_millis(500),
        open: Duration::from_secs(1),
    };

    /// One call alone costs most of a millisecond of waiting; many need a while to be many.
    pub fn calls_of(&self, in_flight: usize) -> usize {
        match in_flight {
            1 => self.calls.div_ceil(5),
            2..64 => self.calls,
            _ => self.calls * 4,
        }
    }
}
