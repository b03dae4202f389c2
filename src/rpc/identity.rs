//! What a caller proves to be: by a token, to a proxy that is trusted, or to us.

use std::borrow::Cow;
use std::sync::Arc;

use http::header::AUTHORIZATION;
use http::{HeaderMap, HeaderValue, Request};
use tonic::body::Body;

use crate::domain::Identity;
use crate::observe::{Event, Observer};
use crate::verify::error::{Denial, TokenFlaw};
use crate::verify::port::{Admission, Caller, Tokens};

/// Envoy's, for what it knows of its client's certificate.
const FORWARDED: &str = "x-forwarded-client-cert";

/// RFC 6750, section 2.1; the name of a scheme has no case (RFC 9110, section 11.1).
const SCHEME: &str = "bearer";

/// Who calls. A token goes before everything else where tokens mean something: certificate and proxy
/// are its way then, and one that is bad proves nothing, whatever they say. It ends here: nothing
/// behind this can tell it to anybody.
pub(super) async fn identity<'a>(
    admission: &dyn Admission,
    tokens: Option<&dyn Tokens>,
    request: &'a mut Request<Body>,
    observer: &dyn Observer,
) -> Result<Cow<'a, Identity>, Denial> {
    let authorization = tokens.zip(authorization(request.headers_mut()));
    let channel = channel(admission, request, observer);
    let Some((tokens, authorization)) = authorization else {
        return Ok(channel);
    };
    let header = authorization.map_err(Denial::BadToken)?;
    let token = token(&header).ok_or(Denial::BadToken(TokenFlaw::NotBearer))?;
    let proven = tokens.check(token).await;
    proven.map(Cow::Owned).map_err(Denial::BadToken)
}

/// Takes the header out of the request.
fn authorization(headers: &mut HeaderMap) -> Option<Result<HeaderValue, TokenFlaw>> {
    let several = headers.get_all(AUTHORIZATION).iter().nth(1).is_some();
    let first = headers.remove(AUTHORIZATION)?;
    Some(match several {
        true => Err(TokenFlaw::Several),
        false => Ok(first),
    })
}

fn token(header: &HeaderValue) -> Option<&str> {
    let (scheme, token) = header.to_str().ok()?.split_once(' ')?;
    let fits = scheme.eq_ignore_ascii_case(SCHEME);
    fits.then(|| token.trim_start_matches(' '))
}

fn is_proxy(admission: &dyn Admission, caller: &Caller) -> bool {
    match caller.address {
        Some(peer) => admission.trusts(peer),
        None => admission.trusts_sockets(),
    }
}

/// What the other end of the connection proved to be: to us, or to a proxy that is trusted. Anybody
/// else's word about it counts for nothing.
fn channel<'a>(
    admission: &dyn Admission,
    request: &'a Request<Body>,
    observer: &dyn Observer,
) -> Cow<'a, Identity> {
    let forwarded = request.headers().get_all(FORWARDED).iter().next_back();
    let caller = request.extensions().get::<Arc<Caller>>();
    if caller.is_some_and(|caller| is_proxy(admission, caller)) {
        let header = forwarded.and_then(|header| header.to_str().ok());
        return Cow::Owned(admission.forwarded(header.unwrap_or_default()));
    }
    if forwarded.is_some() {
        observer.record(&Event::ForwardedIgnored);
    }
    caller.map_or_else(Cow::default, |caller| Cow::Borrowed(&caller.identity))
}
