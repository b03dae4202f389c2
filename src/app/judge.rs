//! Reads the files that a configuration names, and gathers everything that is wrong with them.

use std::fmt::Display;
use std::path::{Path, PathBuf};

use tokio_rustls::rustls::sign::CertifiedKey;
use zeroize::Zeroizing;

use super::read::read_file;
use super::seen::Seen;
use crate::config::{Problem, Reader, ServerTls};
use crate::pem::{self, PemError};
use crate::rpc::Tls;

/// Gathers what is wrong, or should be looked at.
pub(super) struct Judge<'a> {
    read: &'a Reader,
    pub(super) problems: Vec<Problem>,
    pub(super) warnings: Vec<Problem>,
    pub(super) seen: Seen,
}

/// A certificate with its key, as bytes and parsed.
pub(super) struct Pair {
    pub(super) certificate: Zeroizing<Vec<u8>>,
    pub(super) key: Zeroizing<Vec<u8>>,
    pub(super) parsed: CertifiedKey,
}

/// A key of the configuration, and the file that it names.
pub(super) type Named<'a> = (&'static str, &'a Option<PathBuf>);

impl<'a> Judge<'a> {
    pub(super) fn new(read: &'a Reader) -> Self {
        Self {
            read,
            problems: read.problems(),
            warnings: Vec::new(),
            seen: Seen::default(),
        }
    }

    pub(super) fn wrong(
        &mut self,
        place: impl Into<String>,
        text: impl Display,
        advice: &'static str,
    ) {
        let problem = self.remark(place.into(), text, advice);
        self.problems.push(problem);
    }

    pub(super) fn warn(
        &mut self,
        place: impl Into<String>,
        text: impl Display,
        advice: &'static str,
    ) {
        let problem = self.remark(place.into(), text, advice);
        self.warnings.push(problem);
    }

    fn remark(&self, place: String, text: impl Display, advice: &'static str) -> Problem {
        Problem {
            origin: self.read.origin(&place),
            place,
            text: text.to_string(),
            advice,
        }
    }

    /// The file that a key names.
    pub(super) fn read(&mut self, key: &str, path: &Path) -> Option<Zeroizing<Vec<u8>>> {
        let read = read_file(path);
        self.seen.note(path, &read);
        let advice = "name a file that the gateway's user can read";
        read.map_err(|error| self.wrong(key, error, advice)).ok()
    }

    /// The file of authorities that a key names; it is the only one that counts when it is set.
    pub(super) fn authorities(&mut self, (key, path): Named<'_>) -> Option<Zeroizing<Vec<u8>>> {
        let pem = self.read(key, path.as_deref()?)?;
        self.parsed(key, pem::authorities(&pem))?;
        Some(pem)
    }

    /// A certificate and its key; nothing where either is not set.
    pub(super) fn pair(&mut self, certificate: Named<'_>, key: Named<'_>) -> Option<Pair> {
        let read = |judge: &mut Self, (key, path): Named<'_>| judge.read(key, path.as_deref()?);
        let (chain, private) = (read(self, certificate), read(self, key));
        let parsed = chain.as_ref().map(|pem| pem::certificates(pem));
        let parsed = parsed.and_then(|parsed| self.parsed(certificate.0, parsed));
        let parsed_key = private.as_ref().map(|pem| pem::private_key(pem));
        let parsed_key = parsed_key.and_then(|parsed| self.parsed(key.0, parsed));
        let pair = pem::pair(parsed?, parsed_key?);
        let place = match &pair {
            Err(PemError::Certificate) => certificate.0,
            _ => key.0,
        };
        Some(Pair {
            parsed: self.parsed(place, pair)?,
            certificate: chain?,
            key: private?,
        })
    }

    fn parsed<T>(&mut self, key: &str, parsed: Result<T, PemError>) -> Option<T> {
        let advice = |error: &PemError| match error {
            PemError::Certificate => "name a file with certificates in PEM",
            PemError::PrivateKey => "name the key's file; openssl pkey takes a passphrase off",
            PemError::Authority(_) => "name a file with the certificates of the authorities, PEM",
            PemError::Pair(_) => "name the key for which the certificate was made",
        };
        parsed
            .map_err(|error| self.wrong(key, &error, advice(&error)))
            .ok()
    }

    /// TLS of the gRPC port.
    pub(super) fn server_tls(&mut self, tls: &ServerTls) -> Option<Tls> {
        const CLIENTS: &str = "server.tls.client_ca_file";
        let certificate = ("server.tls.cert_file", &tls.cert_file);
        let pair = self.pair(certificate, ("server.tls.key_file", &tls.key_file));
        let clients = self.authorities((CLIENTS, &tls.client_ca_file));
        let clients = clients.and_then(|pem| pem::authorities(&pem).ok());
        let clients = clients.map(|roots| (roots, tls.client_certs));
        let tls = Tls::new(pair?.parsed, clients);
        tls.map_err(|error| self.wrong(CLIENTS, error, "")).ok()
    }
}
