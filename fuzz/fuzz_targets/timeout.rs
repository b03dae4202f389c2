//! The value of a `grpc-timeout` header, beside a second reading of the specification.

#![no_main]

use std::time::Duration;

use idphoto::rpc::fuzzing::timeout;
// For its allocator.
use idphoto_fuzz as _;
use libfuzzer_sys::fuzz_target;

/// `TimeoutValue TimeoutUnit`: at most eight digits, one unit, and nothing else.
fn oracle(value: &[u8]) -> Option<Duration> {
    let text = std::str::from_utf8(value).ok()?;
    let (unit, nanoseconds) = [
        ('H', 3_600_000_000_000),
        ('M', 60_000_000_000),
        ('S', 1_000_000_000),
        ('m', 1_000_000),
        ('u', 1_000),
        ('n', 1_u128),
    ]
    .into_iter()
    .find(|(unit, _)| text.ends_with(*unit))?;
    let digits = text.strip_suffix(unit)?;
    if digits.contains(|c: char| !c.is_ascii_digit()) || !(1..=8).contains(&digits.len()) {
        return None;
    }
    let nanoseconds = digits.parse::<u128>().ok()? * nanoseconds;
    let seconds = u64::try_from(nanoseconds / 1_000_000_000).unwrap();
    Some(Duration::new(seconds, (nanoseconds % 1_000_000_000) as u32))
}

fuzz_target!(|data: &[u8]| assert_eq!(timeout(data), oracle(data)));
