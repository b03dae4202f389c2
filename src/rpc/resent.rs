//! Whether a call was sent before, as the one who repeats it says. A caller that lies about
//! it changes a counter, and nothing else.

use http::HeaderMap;

use crate::observe::Resender;

/// Envoy counts attempts from 1, and tells from the first one on where it is told to.
const ENVOY: &str = "x-envoy-attempt-count";
/// gRPC counts the attempts before this one (gRFC A6), and tells when there were some.
const GRPC: &str = "grpc-previous-rpc-attempts";

/// Everybody who says that they repeat.
pub(super) fn by(metadata: &HeaderMap) -> impl Iterator<Item = Resender> {
    let envoy = (number(metadata, ENVOY) > 1).then_some(Resender::Proxy);
    let grpc = (number(metadata, GRPC) > 0).then_some(Resender::Client);
    envoy.into_iter().chain(grpc)
}

fn number(metadata: &HeaderMap, name: &str) -> u32 {
    let text = metadata.get(name).and_then(|value| value.to_str().ok());
    text.and_then(|text| text.parse().ok()).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use http::HeaderMap;

    use super::{ENVOY, GRPC, by};
    use crate::observe::Resender;

    fn said(name: &'static str, value: &'static str) -> Vec<Resender> {
        by(&HeaderMap::from_iter([(
            name.parse().unwrap(),
            value.parse().unwrap(),
        )]))
        .collect()
    }

    #[test]
    fn a_first_attempt_is_none_that_was_repeated() {
        assert_eq!(said(ENVOY, "1"), []);
        assert_eq!(said(GRPC, "0"), []);
        assert_eq!(said(ENVOY, "canary"), []);
    }

    #[test]
    fn a_second_attempt_is() {
        assert_eq!(said(ENVOY, "2"), [Resender::Proxy]);
        assert_eq!(said(GRPC, "1"), [Resender::Client]);
    }
}
