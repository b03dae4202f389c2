//! Numbers as people read them.

/// For what is not known.
pub(super) const NOTHING: &str = "-";

const MINUTE: f64 = 60.0;
const HOUR: f64 = 60.0 * MINUTE;
const DAY: f64 = 24.0 * HOUR;

pub(super) fn count(value: f64) -> String {
    format!("{value:.0}")
}

pub(super) fn rate(per_second: f64) -> String {
    if per_second > 0.0 && per_second < 10.0 {
        format!("{per_second:.1}/s")
    } else {
        format!("{per_second:.0}/s")
    }
}

/// A short time, in seconds.
pub(super) fn latency(seconds: f64) -> String {
    let milliseconds = seconds * 1e3;
    if milliseconds < 10.0 {
        format!("{milliseconds:.1} ms")
    } else if seconds < 1.0 {
        format!("{milliseconds:.0} ms")
    } else {
        format!("{seconds:.1} s")
    }
}

/// A long time, in its largest unit that has two of it.
pub(super) fn period(seconds: f64) -> String {
    let units = [(DAY, "d"), (HOUR, "h"), (MINUTE, "min")];
    let fitting = units.iter().find(|(unit, _)| seconds >= 2.0 * unit);
    match fitting {
        Some((unit, name)) => format!("{:.0} {name}", (seconds / unit).floor()),
        None => format!("{seconds:.0} s"),
    }
}

pub(super) fn bytes(value: f64) -> String {
    format!("{:.0} MiB", value / (1024.0 * 1024.0))
}

pub(super) fn share(part: f64) -> String {
    format!("{:.0} %", part * 100.0)
}

/// A bar for each value, the largest one full.
pub(super) fn bars(values: &[f64]) -> String {
    const HEIGHTS: [char; 8] = ['▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'];
    let largest = values.iter().copied().fold(0.0, f64::max);
    let bar = |value: &f64| {
        let full = HEIGHTS.len() - 1;
        let position = (0..=full).find(|step| *value * 7.0 <= largest * f64::from(*step as u32));
        HEIGHTS.get(position.unwrap_or(full)).copied()
    };
    values.iter().filter_map(bar).collect()
}

#[cfg(test)]
mod tests {
    use super::{DAY, bars, bytes, count, latency, period, rate};

    #[test]
    fn numbers_are_told_in_fitting_units() {
        assert_eq!(count(12.0), "12");
        assert_eq!(
            [rate(0.0), rate(1.25), rate(123.4)],
            ["0/s", "1.2/s", "123/s"]
        );
        assert_eq!(latency(0.0012), "1.2 ms");
        assert_eq!([latency(0.12), latency(2.5)], ["120 ms", "2.5 s"]);
        assert_eq!(period(400.5 * DAY), "400 d");
        assert_eq!(
            [period(1.5 * DAY), period(119.0), period(150.0)],
            ["36 h", "119 s", "2 min"]
        );
        assert_eq!(bytes(50.0 * 1024.0 * 1024.0), "50 MiB");
    }

    #[test]
    fn bars_are_relative_to_the_largest() {
        assert_eq!(bars(&[0.0, 1.0, 7.0, 3.0]), "▁▂█▄");
        assert_eq!(bars(&[0.0, 0.0]), "▁▁");
        assert_eq!(bars(&[]), "");
    }
}
