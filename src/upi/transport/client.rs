//! The HTTP client, built from the settings.

use std::sync::Arc;
use std::time::Duration;

use reqwest::{Certificate, Client, ClientBuilder, Identity, Url, redirect, retry};
use zeroize::Zeroizing;

use super::trip::Opening;
use crate::upi::gateway::{ClientIdentity, Proxy, Settings, SetupError};

const USER_AGENT: &str = concat!("idphoto/", env!("CARGO_PKG_VERSION"));

/// The way to UPI, whatever is asked there.
#[derive(Clone, Copy)]
pub(super) struct Way<'a> {
    /// For DNS, TCP and TLS together.
    pub(super) connect_timeout: Duration,
    /// Own trust anchors, PEM.
    pub(super) ca_pem: Option<&'a [u8]>,
    /// Client certificate.
    pub(super) client_identity: Option<&'a ClientIdentity>,
    /// Proxy.
    pub(super) proxy: &'a Proxy,
}

impl<'a> Way<'a> {
    pub(super) fn of(settings: &'a Settings) -> Self {
        Self {
            connect_timeout: settings.connect_timeout,
            ca_pem: settings.ca_pem.as_deref(),
            client_identity: settings.client_identity.as_ref(),
            proxy: &settings.proxy,
        }
    }
}

/// The address that requests go to.
pub(super) fn url(settings: &Settings) -> Result<Url, SetupError> {
    let base = base(&settings.base_url)?;
    let path = [base.path().trim_end_matches('/'), &settings.request_path].concat();
    let mut url = base;
    url.set_path(&path);
    // Dot segments vanish: the path sent would not be the path signed.
    if url.path() == path {
        Ok(url)
    } else {
        Err(SetupError::RequestPath)
    }
}

/// `upi.base_url`.
pub(super) fn base(text: &str) -> Result<Url, SetupError> {
    let base = text.trim_end_matches('/');
    let base = Url::parse(base).map_err(|_| SetupError::BaseUrl)?;
    if !matches!(base.scheme(), "http" | "https") || !base.has_host() {
        return Err(SetupError::BaseUrl);
    }
    // Credentials here would be sent, and a query would swallow the path.
    let bare = base.username().is_empty() && base.password().is_none();
    if !bare || base.query().is_some() || base.fragment().is_some() {
        return Err(SetupError::BaseUrlParts);
    }
    Ok(base)
}

/// The client for one address. Its connections wait so long for their next request; without any
/// time each request has its own.
pub(super) fn build(
    way: &Way<'_>,
    url: &Url,
    idle: Duration,
    opening: Option<&Opening>,
) -> Result<Client, SetupError> {
    let builder = Client::builder()
        .user_agent(USER_AGENT)
        .retry(retry::never())
        .redirect(redirect::Policy::none())
        .referer(false)
        // One request at a time on a connection: the failure of one says nothing of others.
        .http1_only()
        .tcp_nodelay(true)
        .connect_timeout(way.connect_timeout)
        .pool_idle_timeout(idle);
    let builder = match opening {
        Some(opening) => builder.connector_layer(opening.clone()),
        None => builder,
    };
    let builder = if idle.is_zero() {
        builder.pool_max_idle_per_host(0)
    } else {
        builder
    };
    let builder = proxied(builder, way.proxy)?;
    let builder = trusting(builder, way, url)?;
    let builder = identified(builder, way.client_identity)?;
    builder
        .build()
        .map_err(|error| SetupError::Client(Arc::new(error.without_url())))
}

fn proxied(builder: ClientBuilder, proxy: &Proxy) -> Result<ClientBuilder, SetupError> {
    match proxy {
        Proxy::None => Ok(builder.no_proxy()),
        Proxy::Environment => Ok(builder),
        // The error is left out: it may quote the URL, which may hold a password.
        Proxy::Url(url) => reqwest::Proxy::all(url)
            .map(|proxy| builder.proxy(proxy))
            .map_err(|_| SetupError::Proxy),
    }
}

fn trusting(builder: ClientBuilder, way: &Way<'_>, url: &Url) -> Result<ClientBuilder, SetupError> {
    let Some(pem) = way.ca_pem else {
        let plaintext = url.scheme() == "http" && *way.proxy == Proxy::None;
        // The system's anchors are not read, and may be missing, where no TLS is spoken.
        return Ok(if plaintext {
            builder.tls_certs_only([])
        } else {
            builder
        });
    };
    let anchors =
        Certificate::from_pem_bundle(pem).map_err(|error| SetupError::Ca(Arc::new(error)))?;
    if anchors.is_empty() {
        return Err(SetupError::CaEmpty);
    }
    Ok(builder.tls_certs_only(anchors))
}

fn identified(
    builder: ClientBuilder,
    identity: Option<&ClientIdentity>,
) -> Result<ClientBuilder, SetupError> {
    let Some(identity) = identity else {
        return Ok(builder);
    };
    let key = identity.key_pem.expose();
    let pem = Zeroizing::new([identity.certificate_pem.as_slice(), b"\n", key].concat());
    Identity::from_pem(&pem)
        .map(|identity| builder.identity(identity))
        .map_err(|error| SetupError::Identity(Arc::new(error)))
}
