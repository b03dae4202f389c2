//! Reads Prometheus' text format, as far as it is needed here. What it does not understand
//! it leaves out: a view with a hole is better than none.

/// Longer texts of labels are cut (characters): nobody could read them in a view.
const LONGEST_LABEL: usize = 60;

/// All samples of a page, in its order.
#[derive(Debug, Clone, Default)]
pub(super) struct Samples(Vec<Sample>);

#[derive(Debug, Clone, PartialEq)]
pub(super) struct Sample {
    pub(super) name: String,
    labels: Vec<(String, String)>,
    pub(super) value: f64,
}

impl Sample {
    /// The label's text; empty when it is not there, which means the same to Prometheus.
    pub(super) fn label(&self, name: &str) -> &str {
        let mut labels = self.labels.iter();
        labels
            .find(|(known, _)| known == name)
            .map_or("", |(_, text)| text)
    }
}

impl Samples {
    pub(super) fn parse(page: &str) -> Self {
        Self(page.lines().filter_map(sample).collect())
    }

    pub(super) fn named(&self, name: &str) -> impl Iterator<Item = &Sample> {
        self.0.iter().filter(move |sample| sample.name == name)
    }

    /// The sum over all labels; `None` when there is no such sample.
    pub(super) fn sum(&self, name: &str) -> Option<f64> {
        self.named(name)
            .map(|sample| sample.value)
            .reduce(|sum, value| sum + value)
    }

    pub(super) fn is_ours(&self) -> bool {
        let mut samples = self.0.iter();
        samples.any(|sample| sample.name.starts_with("idphoto_"))
    }
}

/// `name{label="text",…} value [timestamp]`
fn sample(line: &str) -> Option<Sample> {
    let line = line.trim();
    if line.is_empty() || line.starts_with('#') {
        return None;
    }
    let end = line.find(|character: char| character == '{' || character.is_whitespace())?;
    let (name, rest) = line.split_at_checked(end)?;
    let (labels, rest) = match rest.strip_prefix('{') {
        Some(rest) => labels(rest)?,
        None => (Vec::new(), rest),
    };
    // Rust reads Go's `+Inf` and `NaN`, too.
    let value = rest.split_whitespace().next()?.parse().ok()?;
    let named = !name.is_empty();
    named.then(|| Sample {
        name: name.to_owned(),
        labels,
        value,
    })
}

/// Labels up to the closing brace, and what comes after it.
fn labels(mut rest: &str) -> Option<(Vec<(String, String)>, &str)> {
    let mut labels = Vec::new();
    loop {
        rest = rest.trim_start_matches([',', ' ']);
        if let Some(rest) = rest.strip_prefix('}') {
            return Some((labels, rest));
        }
        let (name, after) = rest.split_once('=')?;
        let (text, after) = quoted(after.trim_start().strip_prefix('"')?)?;
        labels.push((name.trim().to_owned(), text));
        rest = after;
    }
}

/// A text up to its closing quote, and what comes after it.
fn quoted(rest: &str) -> Option<(String, &str)> {
    let mut text = String::new();
    let mut characters = rest.chars();
    loop {
        let character = match characters.next()? {
            '"' => break,
            '\\' => match characters.next()? {
                'n' => ' ',
                escaped => escaped,
            },
            character => character,
        };
        text.push(if character.is_control() {
            ' '
        } else {
            character
        });
    }
    let text = text.chars().take(LONGEST_LABEL).collect();
    Some((text, characters.as_str()))
}

#[cfg(test)]
mod tests {
    use super::Samples;

    const PAGE: &str = r#"
# HELP a_total Something.
# TYPE a_total counter
a_total{code="OK",reason=""} 3
a_total{ code = "UNAVAILABLE" , reason="x\"y\\z\n{}," , } 4.5 1700000000000
b 1e3
c_bucket{le="+Inf"} +Inf
d NaN
"#;

    #[test]
    fn samples_are_read_with_labels_and_escapes() {
        let samples = Samples::parse(PAGE);
        assert_eq!(samples.sum("a_total"), Some(7.5));
        assert_eq!(samples.sum("b"), Some(1000.0));
        assert_eq!(samples.sum("absent"), None);
        let labels: Vec<_> = samples
            .named("a_total")
            .map(|sample| {
                (
                    sample.label("code"),
                    sample.label("reason"),
                    sample.label("no"),
                )
            })
            .collect();
        let odd = ("UNAVAILABLE", "x\"y\\z {},", "");
        assert_eq!(labels, [("OK", "", ""), odd]);
        let bucket = samples.named("c_bucket").next().unwrap();
        assert_eq!((bucket.label("le"), bucket.value), ("+Inf", f64::INFINITY));
        assert!(samples.sum("d").unwrap().is_nan());
        assert!(!samples.is_ours());
    }

    #[test]
    fn what_is_broken_is_left_out() {
        for broken in [
            "a",
            "a{",
            "a{b",
            "a{b=",
            "a{b=\"",
            "a{b=\"c",
            "a{b=\"c\\",
            "a{b=\"c\"",
            "a{b=\"c\"}",
            "a{b=c} 1",
            "a x",
            "{b=\"c\"} 1",
            "a{,,,",
            "ä\u{301}",
            "<html>",
        ] {
            let samples = Samples::parse(&format!("{broken}\ngood 1\n"));
            assert_eq!(samples.0.len(), 1, "{broken}");
            assert_eq!(samples.sum("good"), Some(1.0), "{broken}");
        }
    }

    #[test]
    fn no_label_carries_control_characters_or_much_text() {
        let page = format!("idphoto_a{{b=\"\u{1b}[31m{}\"}} 1", "x".repeat(1000));
        let samples = Samples::parse(&page);
        let label = samples.named("idphoto_a").next().unwrap().label("b");
        assert!(!label.contains('\u{1b}') && label.len() <= 60, "{label}");
        assert!(samples.is_ours());
    }
}
