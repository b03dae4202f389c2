//! The HTTP client, built from the settings.

use std::sync::Arc;
use std::time::Duration;

use reqwest::{Certificate, Client, ClientBuilder, Identity, redirect, retry};
use zeroize::Zeroizing;

use super::route::{ClientIdentity, Proxy, Route, RouteError};

const USER_AGENT: &str = concat!("idphoto/", env!("CARGO_PKG_VERSION"));

/// The client for one address. Its connections wait so long for their next request; without any
/// time each request has its own. `watched` puts layers around its connector.
pub(super) fn build(
    route: &Route,
    idle: Duration,
    watched: impl FnOnce(ClientBuilder) -> ClientBuilder,
) -> Result<Client, RouteError> {
    let builder = Client::builder()
        .user_agent(USER_AGENT)
        .retry(retry::never())
        .redirect(redirect::Policy::none())
        .referer(false)
        // One request at a time on a connection: the failure of one says nothing of others.
        .http1_only()
        .tcp_nodelay(true)
        .connect_timeout(route.timeouts.connect())
        .pool_idle_timeout(idle);
    let builder = watched(builder);
    let builder = if idle.is_zero() {
        builder.pool_max_idle_per_host(0)
    } else {
        builder
    };
    let builder = proxied(builder, &route.proxy)?;
    let builder = trusting(builder, route)?;
    let builder = identified(builder, route.client_identity.as_ref())?;
    builder
        .build()
        .map_err(|error| RouteError::Client(Arc::new(error.without_url())))
}

fn proxied(builder: ClientBuilder, proxy: &Proxy) -> Result<ClientBuilder, RouteError> {
    match proxy {
        Proxy::None => Ok(builder.no_proxy()),
        Proxy::Environment => Ok(builder),
        // The error is left out: it may quote the URL, which may hold a password.
        Proxy::Url(url) => reqwest::Proxy::all(url)
            .map(|proxy| builder.proxy(proxy))
            .map_err(|_| RouteError::Proxy),
    }
}

fn trusting(builder: ClientBuilder, route: &Route) -> Result<ClientBuilder, RouteError> {
    let Some(pem) = &route.ca_pem else {
        let plaintext = !route.base_url.is_tls() && route.proxy == Proxy::None;
        // The system's anchors are not read, and may be missing, where no TLS is spoken.
        return Ok(if plaintext {
            builder.tls_certs_only([])
        } else {
            builder
        });
    };
    let anchors =
        Certificate::from_pem_bundle(pem).map_err(|error| RouteError::Ca(Arc::new(error)))?;
    if anchors.is_empty() {
        return Err(RouteError::CaEmpty);
    }
    Ok(builder.tls_certs_only(anchors))
}

fn identified(
    builder: ClientBuilder,
    identity: Option<&ClientIdentity>,
) -> Result<ClientBuilder, RouteError> {
    let Some(identity) = identity else {
        return Ok(builder);
    };
    let key = identity.key_pem.expose();
    let pem = Zeroizing::new([identity.certificate_pem.as_slice(), b"\n", key].concat());
    Identity::from_pem(&pem)
        .map(|identity| builder.identity(identity))
        .map_err(|error| RouteError::Identity(Arc::new(error)))
}
