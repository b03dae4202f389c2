//! Counters by a label, and how fast they grow.

use super::exposition::{Sample, Samples};

#[derive(Debug, Clone, PartialEq)]
pub(super) struct Count {
    pub(super) label: String,
    /// Since the process started.
    pub(super) total: f64,
    /// Since the earlier page.
    pub(super) grown: f64,
}

/// The counters of `name` by what `label` makes of a sample, the largest first.
pub(super) fn by(
    name: &str,
    label: impl Fn(&Sample) -> String,
    earlier: &Samples,
    later: &Samples,
) -> Vec<Count> {
    let mut counts = Vec::new();
    for sample in later.named(name) {
        let label = label(sample);
        if !counts.iter().any(|count: &Count| count.label == label) {
            counts.push(Count {
                label,
                total: 0.0,
                grown: 0.0,
            });
        }
    }
    for count in &mut counts {
        let total = |samples: &Samples| -> f64 {
            let with_label = samples
                .named(name)
                .filter(|sample| label(sample) == count.label);
            with_label.map(|sample| sample.value).sum()
        };
        let (before, now) = (total(earlier), total(later));
        count.total = now;
        count.grown = growth(before, now);
    }
    counts.sort_by(|one, other| other.total.total_cmp(&one.total));
    counts
}

/// The growth of a counter, which begins again when the process restarts.
pub(super) fn growth(before: f64, now: f64) -> f64 {
    if now >= before { now - before } else { now }
}

#[cfg(test)]
mod tests {
    use super::{Samples, by, growth};

    #[test]
    fn counters_are_added_up_by_label_and_sorted() {
        let earlier = Samples::parse("c{a=\"x\",b=\"1\"} 1\nc{a=\"y\"} 5\n");
        let later = Samples::parse("c{a=\"x\",b=\"1\"} 2\nc{a=\"x\",b=\"2\"} 7\nc{a=\"y\"} 5\n");
        let counts = by("c", |sample| sample.label("a").to_owned(), &earlier, &later);
        let seen: Vec<_> = counts
            .iter()
            .map(|count| (count.label.as_str(), count.total, count.grown))
            .collect();
        assert_eq!(seen, [("x", 9.0, 8.0), ("y", 5.0, 0.0)]);
    }

    #[test]
    fn a_restart_is_no_negative_growth() {
        assert_eq!(growth(10.0, 3.0), 3.0);
        assert_eq!(growth(3.0, 10.0), 7.0);
    }
}
