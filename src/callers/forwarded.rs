//! What a proxy says of the certificate that its own client showed: Envoy's
//! `x-forwarded-client-cert`.

use super::certificate::named;
use crate::domain::Identity;

/// The identity in the last element, which the proxy before us wrote itself; those before it came
/// from elsewhere. `By=…;Hash=…;Subject="…";URI=…;DNS=…;DNS=…`, and a comma before the next.
/// Nothing when it cannot be read.
#[must_use]
pub fn identity(header: &str) -> Identity {
    let Some(pairs) = pairs(last(header)) else {
        return Identity::default();
    };
    let pairs = pairs.into_iter().filter_map(|pair| pair.split_once('='));
    let values = |wanted: &str| -> Vec<String> {
        let of = pairs
            .clone()
            .filter(|(key, _)| key.trim().eq_ignore_ascii_case(wanted));
        of.map(|(_, value)| unquoted(value.trim()))
            .filter(|value| !value.is_empty())
            .collect()
    };
    named(&values("uri"), &values("dns"))
}

/// What follows the last comma that is not within quotes. Read from the end: a quote that a client
/// left open in an element of its own would turn the proxy's quotes inside out.
fn last(header: &str) -> &str {
    let mut quoted = false;
    let begins = header.rmatch_indices([',', '"']).find(|(at, mark)| {
        let before = header.get(..*at).unwrap_or_default();
        let escapes = before.len() - before.trim_end_matches('\\').len();
        quoted ^= *mark == "\"" && escapes.is_multiple_of(2);
        *mark == "," && !quoted
    });
    let begins = begins.map_or(0, |(at, _)| at + 1);
    header.get(begins..).unwrap_or_default()
}

/// Parts at semicolons that are not within quotes; `None` when a quote has no end.
fn pairs(element: &str) -> Option<Vec<&str>> {
    let (mut quoted, mut escaped) = (false, false);
    let parts = element
        .split(|character: char| {
            let ends = character == ';' && !quoted;
            quoted ^= character == '"' && !escaped;
            escaped = character == '\\' && quoted && !escaped;
            ends
        })
        .collect();
    (!quoted).then_some(parts)
}

fn unquoted(value: &str) -> String {
    let inner = value
        .strip_prefix('"')
        .and_then(|rest| rest.strip_suffix('"'));
    inner.map_or_else(|| value.to_owned(), |inner| inner.replace("\\\"", "\""))
}

#[cfg(test)]
mod tests {
    use super::identity;

    fn of(header: &str) -> Vec<String> {
        let identity = identity(header);
        identity.texts().map(ToOwned::to_owned).collect()
    }

    const LOANS: &str = "spiffe://bank.example/loans";

    #[test]
    fn the_last_element_counts() {
        let header = format!(
            "By=spiffe://bank.example/edge;Hash=ab;URI=spiffe://bank.example/other,\
             By=spiffe://bank.example/gateway;Hash=cd;Subject=\"CN=a,O=b;URI=spiffe://x.example/y\";URI={LOANS}"
        );
        assert_eq!(of(&header), [LOANS]);
    }

    #[test]
    fn host_names_count_where_no_uri_is() {
        for header in [
            "Hash=ab;Subject=\"CN=\\\"a\\\",O=b\";URI=;DNS=a.example;DNS=b.example",
            "hash=ab;dns=A.example;dns=\"b.example\"",
        ] {
            assert_eq!(of(header), ["dns:a.example", "dns:b.example"]);
        }
        assert_eq!(of(&format!("URI={LOANS};DNS=a.example")), [LOANS]);
    }

    #[test]
    fn what_a_client_puts_into_its_subject_is_no_identity() {
        for header in [
            "Hash=ab;Subject=\"CN=x;URI=spiffe://bank.example/loans\"",
            "Hash=ab;Subject=\"CN=\\\";URI=spiffe://bank.example/loans;A=\\\"\"",
            "Hash=ab;Subject=\"CN=x,URI=spiffe://bank.example/loans\"",
            "Hash=ab;Cert=\"URI%3Dspiffe://bank.example/loans\"",
        ] {
            assert!(of(header).is_empty(), "{header}");
        }
    }

    #[test]
    fn a_quote_that_a_client_left_open_turns_nothing_inside_out() {
        let element = format!("Hash=ab;Subject=\"CN=x,URI={LOANS};A=\\\"\";URI=;DNS=a.example");
        for forged in ["", "Hash=cd;Subject=\",", "URI=\"\\,", "\"\"\",", "\\,"] {
            assert_eq!(
                of(&format!("{forged}{element}")),
                ["dns:a.example"],
                "{forged}"
            );
        }
    }

    #[test]
    fn what_cannot_be_read_is_no_identity() {
        for header in [
            "",
            ",",
            "URI",
            "URI=spiffe://bank.example/loans,",
            "URI=spiffe://bank.example/loans;Subject=\"CN=a",
            "URI=spiffe://bank.example/loans;URI=spiffe://bank.example/cards",
            "URI=https://bank.example/loans",
            "By=spiffe://bank.example/loans",
        ] {
            assert!(of(header).is_empty(), "{header}");
        }
    }
}
