//! What is allowed and yet should be said.

use std::time::Duration;

use super::Config;

/// UPI's own limit for a call (its general requirements).
const UPI_SESSION: Duration = Duration::from_secs(60);

impl Config {
    /// What an operator should hear before the gateway starts, one sentence each. None of
    /// it holds the value of a key.
    #[must_use]
    pub fn warnings(&self) -> Vec<String> {
        [
            self.plaintext_to_upi(),
            self.plaintext_to_callers(),
            self.open_admin_port(),
            self.impatience(),
            self.short_drain(),
        ]
        .into_iter()
        .flatten()
        .collect()
    }

    fn plaintext_to_upi(&self) -> Option<String> {
        let url = &self.upi.base_url;
        let plaintext = !url.is_tls() && !url.is_loopback();
        plaintext
            .then(|| "upi.base_url is http: photos travel to another host in plaintext".to_owned())
    }

    fn plaintext_to_callers(&self) -> Option<String> {
        let server = &self.server;
        let plaintext = server.tls.is_none() && !server.listen.ip().is_loopback();
        plaintext.then(|| {
            "server.tls is not set: names, numbers and photos come from other hosts in plaintext"
                .to_owned()
        })
    }

    fn open_admin_port(&self) -> Option<String> {
        let listen = self.admin.listen?;
        (!listen.ip().to_canonical().is_loopback()).then(|| {
            "admin.listen is not on loopback: other hosts can read the configuration and change \
             the log level, in plaintext"
                .to_owned()
        })
    }

    fn impatience(&self) -> Option<String> {
        (self.upi.timeouts.whole() < UPI_SESSION).then(|| {
            "upi.timeout is shorter than UPI's own 60s: answers that were charged for can be lost"
                .to_owned()
        })
    }

    fn short_drain(&self) -> Option<String> {
        let server = &self.server;
        let rest = server.drain_timeout.saturating_sub(server.drain_delay);
        (rest < self.upi.timeouts.whole()).then(|| {
            "server.drain_timeout leaves less than upi.timeout after server.drain_delay: a stop \
             can cut off calls under way"
                .to_owned()
        })
    }
}
