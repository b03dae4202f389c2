//! Content codings (RFC 9110, section 8.4) of a reply that cannot be read.

use http::HeaderMap;
use http::header::CONTENT_ENCODING;

use super::OpenError;

/// The registered codings of the field.
const CODINGS: [&str; 5] = ["gzip", "deflate", "br", "zstd", "compress"];

/// The coding, when there is one to blame for a body that nobody can read; an error about the
/// signature would send people to their keys.
pub(super) fn blamed(headers: &HeaderMap, error: OpenError) -> OpenError {
    match (&error, of(headers)) {
        (OpenError::Signature(_) | OpenError::Malformed(_), Some(name)) => OpenError::Coded(name),
        _ => error,
    }
}

/// The first coding other than `identity`. Text of the peer's is not repeated.
fn of(headers: &HeaderMap) -> Option<&'static str> {
    let values = headers.get_all(CONTENT_ENCODING).iter();
    let mut names = values
        .flat_map(|value| value.as_bytes().split(|byte| *byte == b','))
        .map(<[u8]>::trim_ascii);
    let name = names.find(|name| !name.is_empty() && !name.eq_ignore_ascii_case(b"identity"))?;
    let known = |coding: &&&str| name.eq_ignore_ascii_case(coding.as_bytes());
    Some(
        CODINGS
            .iter()
            .find(known)
            .copied()
            .unwrap_or("of another name"),
    )
}
