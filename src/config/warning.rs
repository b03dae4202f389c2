//! What is allowed and yet should be said.

use std::time::Duration;

use super::problem::Problem;
use super::tree::Config;
use crate::callers::{Network, Proof};

/// UPI's own limit for a call (its general requirements).
const UPI_SESSION: Duration = Duration::from_secs(60);

impl Config {
    /// What an operator should know before the gateway starts. None of it holds the value of a
    /// key.
    #[must_use]
    pub fn warnings(&self) -> Vec<Problem> {
        let (server, upi) = (&self.server, &self.upi);
        let admin = self.admin.listen.0;
        let open = admin.is_some_and(|listen| !listen.ip().to_canonical().is_loopback());
        let url = upi.base_url.as_ref();
        let rest = server.drain_timeout.saturating_sub(server.drain_delay);
        let plaintext = self.tls.cert_file.is_none() && !server.listen.is_local();
        let warnings = [
            (
                url.is_some_and(|url| !url.is_tls() && !url.is_loopback()),
                "upi.base_url",
                "is http: photos travel to another host in plaintext",
            ),
            (
                plaintext,
                "server.tls",
                "is not set: names, numbers and photos come from other hosts in plaintext",
            ),
            (
                open,
                "admin.listen",
                "is not on loopback: other hosts can read the configuration and change the log \
                 level, in plaintext",
            ),
            (
                upi.timeout < UPI_SESSION,
                "upi.timeout",
                "is shorter than UPI's own 60s: answers that were charged for can be lost",
            ),
            (
                rest < upi.timeout,
                "server.drain_timeout",
                "leaves less than upi.timeout after server.drain_delay: a stop can cut off calls \
                 under way",
            ),
        ];
        let warnings = warnings.into_iter().filter(|(holds, ..)| *holds);
        let warnings = warnings.map(|(_, place, text)| warning(place, text, ""));
        let warnings = warnings.chain(self.unprovable());
        warnings.chain(self.oddities()).collect()
    }

    /// Identities that nobody can prove to have.
    fn unprovable(&self) -> impl Iterator<Item = Problem> {
        let by_socket = self.server.listen.tcp().is_none();
        let mut proxies = self.auth.trusted_proxies.iter().flatten();
        let by_proxy = proxies.any(|network| (*network == Network::Sockets) == by_socket);
        let by_certificate = self.tls.client_ca_file.is_some() || by_proxy;
        let by_token = self.jwt.issuer.is_some();
        let entries = self.callers.callers.iter().flatten().enumerate();
        entries.flat_map(move |(index, entry)| {
            let identities = entry.identities.iter().enumerate();
            identities.filter_map(move |(rank, identity)| {
                let text = match identity.proof() {
                    Proof::Token if !by_token => "nobody can prove it: auth.jwt is not set",
                    Proof::Socket if !by_socket => {
                        "nobody can prove it: server.listen is no Unix socket"
                    }
                    Proof::Certificate if !by_certificate => {
                        "nobody can prove it: neither server.tls.client_ca_file nor a proxy of \
                         auth.trusted_proxies vouches for certificates"
                    }
                    Proof::Token | Proof::Socket | Proof::Certificate => return None,
                };
                let place = format!("callers[{index}].identities[{rank}]");
                Some(warning(&place, text, ""))
            })
        })
    }

    fn oddities(&self) -> Vec<Problem> {
        let upi = &self.upi;
        let keys = upi.verification.iter().flatten().enumerate();
        let keys = keys.map(|(index, key)| (format!("upi.verification[{index}].kid"), &key.kid));
        let ours = [
            ("upi.signing.kid", &self.signing.kid),
            ("upi.encryption.kid", &self.encryption.kid),
        ];
        let ours = ours.into_iter();
        let ours = ours.filter_map(|(place, kid)| Some((place.to_owned(), kid.as_ref()?)));
        let kids = ours.chain(keys).map(|(place, kid)| (place, kid.oddity()));
        let url = upi.base_url.as_ref();
        let others = [
            (
                "upi.base_url",
                url.and_then(|url| url.oddity(&upi.request_path)),
            ),
            ("upi.request_path", upi.request_path.oddity()),
        ];
        let others = others.map(|(place, odd)| (place.to_owned(), odd));
        let all = others.into_iter().chain(kids);
        all.filter_map(|(place, odd)| odd.map(|odd| warning(&place, odd.text, odd.advice)))
            .collect()
    }
}

fn warning(place: &str, text: &str, advice: &'static str) -> Problem {
    Problem {
        place: place.to_owned(),
        origin: None,
        text: text.to_owned(),
        advice,
    }
}
