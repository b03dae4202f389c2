//! The process as the operating system sees it. Elsewhere than on Linux only its age is
//! known.

use std::time::Instant;

use opentelemetry::metrics::Meter;

use super::table;

/// Registers what is known.
pub(super) fn register(meter: &Meter, started: Instant) {
    meter
        .f64_observable_gauge(table::UPTIME.name)
        .with_unit(table::UPTIME.unit)
        .with_description(table::UPTIME.help)
        .with_callback(move |observer| observer.observe(started.elapsed().as_secs_f64(), &[]))
        .build();
    #[cfg(target_os = "linux")]
    linux(meter);
}

#[cfg(target_os = "linux")]
fn linux(meter: &Meter) {
    meter
        .f64_observable_counter(table::CPU_TIME.name)
        .with_unit(table::CPU_TIME.unit)
        .with_description(table::CPU_TIME.help)
        .with_callback(|observer| {
            if let Some(seconds) = cpu_seconds() {
                observer.observe(seconds, &[]);
            }
        })
        .build();
    meter
        .u64_observable_gauge(table::MEMORY.name)
        .with_unit(table::MEMORY.unit)
        .with_description(table::MEMORY.help)
        .with_callback(|observer| {
            if let Some(bytes) = resident_bytes() {
                observer.observe(bytes, &[]);
            }
        })
        .build();
    meter
        .u64_observable_gauge(table::DESCRIPTORS.name)
        .with_unit(table::DESCRIPTORS.unit)
        .with_description(table::DESCRIPTORS.help)
        .with_callback(|observer| {
            if let Some(descriptors) = descriptors() {
                observer.observe(descriptors, &[]);
            }
        })
        .build();
}

#[cfg(target_os = "linux")]
#[allow(clippy::cast_precision_loss, reason = "exact for thousands of years")]
fn cpu_seconds() -> Option<f64> {
    let stat = procfs::process::Process::myself().ok()?.stat().ok()?;
    let ticks = stat.utime.saturating_add(stat.stime);
    Some(ticks as f64 / procfs::ticks_per_second() as f64)
}

#[cfg(target_os = "linux")]
fn resident_bytes() -> Option<u64> {
    let stat = procfs::process::Process::myself().ok()?.stat().ok()?;
    Some(stat.rss.saturating_mul(procfs::page_size()))
}

#[cfg(target_os = "linux")]
fn descriptors() -> Option<u64> {
    let descriptors = procfs::process::Process::myself().ok()?.fd_count().ok()?;
    u64::try_from(descriptors).ok()
}
