//! The process as the operating system sees it. Elsewhere than on Linux only its age is
//! known.

use std::fs;
use std::time::Instant;

use opentelemetry::metrics::Meter;

use super::table::{self, Metric, described};

/// In which Linux tells processor times on every architecture that we run on (USER_HZ;
/// proc(5), `/proc/pid/stat`).
const TICKS_PER_SECOND: f64 = 100.0;

pub(super) fn register(meter: &Meter, started: Instant) {
    described!(meter, f64_observable_gauge, table::UPTIME)
        .with_callback(move |observer| observer.observe(started.elapsed().as_secs_f64(), &[]))
        .build();
    described!(meter, f64_observable_counter, table::CPU_TIME)
        .with_callback(|observer| {
            if let Some(seconds) = read("stat").as_deref().and_then(cpu_seconds) {
                observer.observe(seconds, &[]);
            }
        })
        .build();
    let gauge = |metric: &Metric, value: fn() -> Option<u64>| {
        described!(meter, u64_observable_gauge, metric)
            .with_callback(move |observer| {
                if let Some(value) = value() {
                    observer.observe(value, &[]);
                }
            })
            .build();
    };
    gauge(&table::MEMORY, || resident_bytes(&read("status")?));
    gauge(&table::DESCRIPTORS, descriptors);
}

fn read(name: &str) -> Option<String> {
    fs::read_to_string(format!("/proc/self/{name}")).ok()
}

/// User and system time: fields 14 and 15, counted behind the program's name, which may
/// hold spaces and parentheses.
fn cpu_seconds(stat: &str) -> Option<f64> {
    let (_, fields) = stat.rsplit_once(')')?;
    let mut times = fields.split_ascii_whitespace().skip(11);
    let user: u64 = times.next()?.parse().ok()?;
    let system: u64 = times.next()?.parse().ok()?;
    Some(user.checked_add(system)? as f64 / TICKS_PER_SECOND)
}

fn resident_bytes(status: &str) -> Option<u64> {
    let line = status
        .lines()
        .find_map(|line| line.strip_prefix("VmRSS:"))?;
    let kibibytes: u64 = line.trim().strip_suffix(" kB")?.parse().ok()?;
    kibibytes.checked_mul(1024)
}

/// The one by which they are counted is not.
fn descriptors() -> Option<u64> {
    let all = fs::read_dir("/proc/self/fd").ok()?.count();
    u64::try_from(all).ok()?.checked_sub(1)
}

#[cfg(test)]
mod tests {
    use super::{cpu_seconds, resident_bytes};

    #[test]
    fn a_name_with_parentheses_shifts_nothing() {
        let stat = "7 (a) b) S 1 7 7 0 -1 4194560 9 0 0 0 150 25 0 0 20 0 3 0 8 1 2 3";
        assert_eq!(cpu_seconds(stat), Some(1.75));
        assert_eq!(cpu_seconds("7 (idphoto) S 1"), None);
    }

    #[test]
    fn resident_memory_is_told_in_kibibytes() {
        let status = "Name:\tidphoto\nVmHWM:\t  900 kB\nVmRSS:\t  512 kB\n";
        assert_eq!(resident_bytes(status), Some(524_288));
        assert_eq!(resident_bytes("Name:\tidphoto\n"), None);
    }
}
