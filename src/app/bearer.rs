//! The issuer's keys, read or ready to be fetched.

use std::sync::Arc;

use super::judge::Judge;
use crate::bearer::{Fetcher, KeySet, Pace, Settings, Source};
use crate::config::JwtConfig;

const FILE: &str = "auth.jwt.jwks_file";
const URL: &str = "auth.jwt.jwks_url";
const CA: &str = "auth.jwt.ca_file";

impl Judge<'_> {
    /// What tokens are held to; nothing where there are none, or a part of it is missing or bad.
    pub(super) fn tokens(&mut self, jwt: &JwtConfig) -> Option<Settings> {
        let keys = self.key_set(jwt);
        let source = match (&jwt.jwks_url, keys) {
            (Some(_), keys) => self.fetcher(jwt, keys)?,
            (None, keys) => Source::File(keys?),
        };
        Some(Settings {
            source,
            issuer: jwt.issuer.clone()?,
            audience: jwt.audience.clone()?,
        })
    }

    fn key_set(&mut self, jwt: &JwtConfig) -> Option<Arc<KeySet>> {
        const ADVICE: &str =
            "name a file with the public keys of auth.jwt.issuer, as its JWKS has them";
        let json = self.read(FILE, jwt.jwks_file.as_deref()?)?;
        let keys = KeySet::parse(&json);
        let keys = keys.map_err(|error| self.wrong(FILE, error, ADVICE)).ok()?;
        Some(Arc::new(keys))
    }

    fn fetcher(&mut self, jwt: &JwtConfig, before: Option<Arc<KeySet>>) -> Option<Source> {
        let authorities = self.authorities((CA, &jwt.ca_file));
        let url = jwt.jwks_url.clone()?;
        if jwt.ca_file.is_some() && authorities.is_none() {
            return None;
        }
        let fetcher = Fetcher::new(url, authorities.as_deref().map(Vec::as_slice));
        let fetcher = fetcher.map_err(|error| self.wrong(URL, error, "")).ok()?;
        let pace = Pace::new(jwt.refresh_interval);
        Some(Source::Url(fetcher, pace, before))
    }
}
