//! The keys of tokens: whether there are any, where they come from.

use super::finding::{Finding, Verdict};
use crate::app::Preparation;
use crate::bearer::{FetchError, Fetcher, Source};

const CHECK: &str = "tokens";
const FILE: &str = "auth.jwt.jwks_file";
const URL: &str = "auth.jwt.jwks_url";

/// Looks at the keys of a file, and at those of a URL if that may be `reached`.
pub async fn examine(prepared: &Preparation, reached: bool) -> Vec<Finding> {
    // What is wrong with its keys the judge has told.
    let tokens = prepared.outcome.as_ref().ok();
    let tokens = tokens.and_then(|prepared| prepared.tokens.as_ref());
    match tokens.map(|tokens| &tokens.source) {
        Some(Source::File(keys)) => vec![good(FILE, keys.count())],
        Some(Source::Url(fetcher, _, before)) => {
            let before = before.iter().map(|keys| good(FILE, keys.count()));
            let mut findings: Vec<_> = before.collect();
            if reached {
                findings.push(fetched(fetcher).await);
            }
            findings
        }
        None => Vec::new(),
    }
}

fn good(key: &str, count: usize) -> Finding {
    let keys = if count == 1 { "key" } else { "keys" };
    let text = format!("has {count} {keys} by which tokens can be verified");
    Finding::ok(CHECK, key, text)
}

async fn fetched(fetcher: &Fetcher) -> Finding {
    let error = match fetcher.fetch().await {
        Ok(keys) => return good(URL, keys.count()),
        Err(error) => error,
    };
    let (verdict, advice) = match error {
        FetchError::Keys(_) => (Verdict::Wrong, "name the address of the issuer's key set"),
        _ => (
            Verdict::Unreachable,
            "check the address, auth.jwt.ca_file and the firewall: it is reached without a proxy",
        ),
    };
    Finding::new(verdict, CHECK, URL, error.to_string(), advice)
}
