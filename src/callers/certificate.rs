//! What a certificate proves, once the authority's signature on it was verified.

use x509_cert::Certificate;
use x509_cert::der::Decode as _;
use x509_cert::ext::pkix::SubjectAltName;
use x509_cert::ext::pkix::name::GeneralName;

use super::pattern::{dns, spiffe};
use crate::domain::Identity;

/// The SPIFFE id of a certificate (DER), or else its host names; see [`named`]. The subject's
/// common name says nothing.
#[must_use]
pub fn identity(certificate: &[u8]) -> Identity {
    let names = names(certificate).unwrap_or_default();
    let uris: Vec<_> = names.iter().filter_map(uri).collect();
    let hosts: Vec<_> = names.iter().filter_map(host).collect();
    named(&uris, &hosts)
}

/// The SPIFFE id, or else the host names. Nothing when there are two URIs, which the X.509-SVID
/// standard forbids, or when the URI is no id: a guess would be somebody else's name.
pub(super) fn named<T: AsRef<str>>(uris: &[T], hosts: &[T]) -> Identity {
    let texts = match uris {
        [] => hosts.iter().filter_map(|host| dns(host.as_ref())).collect(),
        [only] => spiffe(only.as_ref()).into_iter().collect(),
        _ => Vec::new(),
    };
    Identity::new(texts)
}

fn names(certificate: &[u8]) -> Option<Vec<GeneralName>> {
    let certificate = Certificate::from_der(certificate).ok()?;
    let (_, names) = certificate.tbs_certificate.get::<SubjectAltName>().ok()??;
    Some(names.0)
}

fn uri(name: &GeneralName) -> Option<&str> {
    match name {
        GeneralName::UniformResourceIdentifier(uri) => Some(uri.as_str()),
        _ => None,
    }
}

fn host(name: &GeneralName) -> Option<&str> {
    match name {
        GeneralName::DnsName(host) => Some(host.as_str()),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use rcgen::{CertificateParams, KeyPair, SanType};

    use super::*;

    fn of(names: Vec<SanType>) -> Vec<String> {
        let mut params = CertificateParams::default();
        params.subject_alt_names = names;
        let key = KeyPair::generate().unwrap();
        let certificate = params.self_signed(&key).unwrap();
        let identity = identity(certificate.der());
        identity.texts().map(ToOwned::to_owned).collect()
    }

    fn uri(text: &str) -> SanType {
        SanType::URI(text.try_into().unwrap())
    }

    fn host(text: &str) -> SanType {
        SanType::DnsName(text.try_into().unwrap())
    }

    #[test]
    fn a_spiffe_id_goes_before_host_names() {
        let names = vec![host("a.example"), uri("spiffe://bank.example/loans")];
        assert_eq!(of(names), ["spiffe://bank.example/loans"]);
    }

    #[test]
    fn host_names_stand_where_no_uri_does() {
        let names = vec![host("A.example"), host("b.example")];
        assert_eq!(of(names), ["dns:a.example", "dns:b.example"]);
    }

    #[test]
    fn what_is_ambiguous_or_no_id_proves_nothing() {
        let two = vec![
            uri("spiffe://bank.example/loans"),
            uri("spiffe://bank.example/cards"),
        ];
        assert!(of(two).is_empty());
        for odd in [
            "https://bank.example/loans",
            "spiffe://bank.example",
            "spiffe://bank.example/loans/../cards",
        ] {
            assert!(of(vec![uri(odd), host("a.example")]).is_empty(), "{odd}");
        }
        assert!(of(vec![host("*.example")]).is_empty());
        assert!(of(Vec::new()).is_empty());
        assert!(identity(b"no certificate").is_none());
    }
}
