//! Percentiles from a histogram's buckets, as Prometheus estimates them.

use super::exposition::Samples;

/// A histogram, all label sets together. Counts are cumulative.
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct Histogram {
    /// Upper bounds with the number of values up to them, in order of the bounds.
    buckets: Vec<(f64, f64)>,
    sum: f64,
}

impl Histogram {
    /// Reads `name_bucket` and `name_sum`.
    pub(super) fn read(samples: &Samples, name: &str) -> Self {
        let mut buckets: Vec<(f64, f64)> = Vec::new();
        for sample in samples.named(&format!("{name}_bucket")) {
            let Ok(bound) = sample.label("le").parse() else {
                continue;
            };
            match buckets.iter_mut().find(|(known, _)| *known == bound) {
                Some((_, count)) => *count += sample.value,
                None => buckets.push((bound, sample.value)),
            }
        }
        buckets.sort_by(|(one, _), (other, _)| one.total_cmp(other));
        Self {
            buckets,
            sum: samples.sum(&format!("{name}_sum")).unwrap_or(0.0),
        }
    }

    /// What came since `earlier`; everything when the process has restarted in between.
    pub(super) fn since(&self, earlier: &Self) -> Self {
        let comparable = earlier.count() <= self.count();
        let before = |bound: f64| {
            let mut buckets = earlier.buckets.iter();
            let found = buckets.find(|(known, _)| *known == bound);
            found.map_or(0.0, |(_, count)| *count)
        };
        if !comparable {
            return self.clone();
        }
        let buckets = self.buckets.iter();
        Self {
            buckets: buckets
                .map(|(bound, count)| (*bound, (count - before(*bound)).max(0.0)))
                .collect(),
            sum: (self.sum - earlier.sum).max(0.0),
        }
    }

    pub(super) fn count(&self) -> f64 {
        self.buckets.last().map_or(0.0, |(_, count)| *count)
    }

    pub(super) fn mean(&self) -> Option<f64> {
        (self.count() > 0.0).then(|| self.sum / self.count())
    }

    /// The value below which this part (0 to 1) of all values is, by a straight line within
    /// its bucket. Above the last bound nothing is known but that bound.
    pub(super) fn quantile(&self, part: f64) -> Option<f64> {
        let rank = part * self.count();
        if self.count() <= 0.0 {
            return None;
        }
        let mut lower = (0.0, 0.0);
        for &(bound, count) in &self.buckets {
            if count >= rank && count > lower.1 {
                return Some(if bound.is_finite() {
                    lower.0 + (bound - lower.0) * (rank - lower.1) / (count - lower.1)
                } else {
                    lower.0
                });
            }
            if bound.is_finite() {
                lower = (bound, count);
            }
        }
        Some(lower.0)
    }

    /// How many values each bucket has for itself, the one without a bound left out.
    pub(super) fn shares(&self) -> Vec<f64> {
        let finite = self.buckets.iter().filter(|(bound, _)| bound.is_finite());
        let mut before = 0.0;
        finite
            .map(|(_, count)| (count - std::mem::replace(&mut before, *count)).max(0.0))
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::{Histogram, Samples};

    fn histogram(buckets: &[(&str, f64)], sum: f64) -> Histogram {
        let mut page = format!("h_sum {sum}\n");
        for (bound, count) in buckets {
            page += &format!("h_bucket{{le=\"{bound}\"}} {count}\n");
        }
        Histogram::read(&Samples::parse(&page), "h")
    }

    #[test]
    fn a_percentile_is_interpolated_within_its_bucket() {
        let histogram = histogram(
            &[("+Inf", 10.0), ("1", 10.0), ("0.5", 5.0), ("0.1", 0.0)],
            5.0,
        );
        assert_eq!(histogram.count(), 10.0);
        assert_eq!(histogram.quantile(0.5), Some(0.5));
        assert_eq!(histogram.quantile(0.75), Some(0.75));
        assert!((histogram.quantile(0.1).unwrap() - 0.18).abs() < 1e-9);
        assert_eq!(histogram.mean(), Some(0.5));
        assert_eq!(histogram.shares(), [0.0, 5.0, 5.0]);
    }

    #[test]
    fn above_the_last_bound_the_bound_is_told() {
        let histogram = histogram(&[("1", 1.0), ("+Inf", 100.0)], 0.0);
        assert_eq!(histogram.quantile(0.99), Some(1.0));
    }

    #[test]
    fn without_values_there_is_no_percentile() {
        assert_eq!(Histogram::default().quantile(0.5), None);
        assert_eq!(
            histogram(&[("1", 0.0), ("+Inf", 0.0)], 0.0).quantile(0.5),
            None
        );
        assert_eq!(Histogram::default().mean(), None);
    }

    #[test]
    fn the_difference_of_two_is_what_came_between() {
        let earlier = histogram(&[("1", 5.0), ("2", 5.0), ("+Inf", 5.0)], 5.0);
        let later = histogram(&[("1", 5.0), ("2", 9.0), ("+Inf", 9.0)], 11.0);
        let between = later.since(&earlier);
        assert_eq!(between.count(), 4.0);
        assert_eq!(between.quantile(0.5), Some(1.5));
        assert_eq!(between.mean(), Some(1.5));
        // After a restart the counts begin again.
        assert_eq!(earlier.since(&later), earlier);
    }

    #[test]
    fn label_sets_are_added_up() {
        let page = "h_bucket{a=\"1\",le=\"1\"} 1\nh_bucket{a=\"2\",le=\"1\"} 2\n\
                    h_bucket{a=\"1\",le=\"+Inf\"} 1\nh_bucket{a=\"2\",le=\"+Inf\"} 3\n\
                    h_bucket{le=\"x\"} 7\n";
        let histogram = Histogram::read(&Samples::parse(page), "h");
        assert_eq!(histogram.buckets, [(1.0, 3.0), (f64::INFINITY, 4.0)]);
    }
}
