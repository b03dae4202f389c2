//! `server.*`: the gRPC port.

use std::net::{Ipv4Addr, SocketAddr};
use std::path::PathBuf;
use std::time::Duration;

use super::field::{Field, Key};
use super::kind::{ADDRESS, BOOLEAN, COUNT, DURATION, PATH};
use super::reader::Reader;
use crate::rpc::TlsFiles;

/// A request holds a photo of 150 KiB and a little text; below this none fits.
const LEAST_MESSAGE: usize = 256 * 1024;
const LARGEST_MESSAGE: usize = 16 * 1024 * 1024;
/// One connection may take half of what there is, and the largest message must fit into it.
const LEAST_REQUESTS: usize = 2 * LARGEST_MESSAGE;
const MOST_REQUESTS: usize = 1024 * 1024 * 1024 * 1024;
/// What clients of today send at least.
const LEAST_HEADERS: usize = 8 * 1024;
const LARGEST_HEADERS: usize = 1024 * 1024;
const MOST_CONNECTIONS: usize = 1_000_000;
const MOST_IN_FLIGHT: usize = 1_000_000;

/// `server.*`
#[derive(Debug, Clone)]
pub struct ServerConfig {
    /// Where to listen; default 127.0.0.1:50051. Port 0 takes a free one.
    pub listen: SocketAddr,
    /// Where health alone is served, in plaintext; not by default. Port 0 takes a free one.
    pub health_listen: Option<SocketAddr>,
    /// Whether reflection is served; default true.
    pub reflection: bool,
    /// Largest request message in bytes, 256 KiB to 16 MiB; default 1 MiB.
    pub max_message_bytes: usize,
    /// Most bytes of requests that are held at once, 32 MiB to 1 TiB; default 1 GiB.
    pub max_request_bytes: usize,
    /// Largest headers of one request in bytes, 8 KiB to 1 MiB; default 64 KiB.
    pub max_header_bytes: usize,
    /// Most connections open at once, 1 to 1,000,000; default 4096.
    pub max_connections: usize,
    /// Most verifications under way at once, 1 to 1,000,000; default 4096.
    pub max_in_flight: usize,
    /// How long NOT_SERVING is shown before new calls are refused; default 5 s, and none
    /// with a sandbox. A part of `drain_timeout` and shorter than it.
    pub drain_delay: Duration,
    /// From the signal to the hard end; default 75 s.
    pub drain_timeout: Duration,
    /// `server.tls.*`; `None` is plaintext. Certificate and key come together.
    pub tls: Option<TlsFiles>,
}

static LISTEN: Field<SocketAddr> = Field::new("server.listen", ADDRESS, |config| {
    Some(config.server.listen)
})
.default(|| (Ipv4Addr::LOCALHOST, 50051).into())
.about("Where gRPC is served. Port 0 takes a free one.");

static HEALTH_LISTEN: Field<SocketAddr> = Field::new("server.health_listen", ADDRESS, |config| {
    config.server.health_listen
})
.about(
    "Where grpc.health.v1 alone is served, too, in plaintext whatever server.tls says: for \
     probes that have no certificate. Port 0 takes a free one.",
);

static REFLECTION: Field<bool> = Field::new("server.reflection", BOOLEAN, |config| {
    Some(config.server.reflection)
})
.default(|| true)
.about("Serves gRPC reflection, v1 and v1alpha, so that grpcurl works without files.");

static MAX_MESSAGE_BYTES: Field<usize> = Field::new("server.max_message_bytes", COUNT, |config| {
    Some(config.server.max_message_bytes)
})
.default(|| 1024 * 1024)
.rule(
    |bytes| (LEAST_MESSAGE..=LARGEST_MESSAGE).contains(bytes),
    "262144 to 16777216",
)
.about("Largest request message, in bytes.");

static MAX_REQUEST_BYTES: Field<usize> = Field::new("server.max_request_bytes", COUNT, |config| {
    Some(config.server.max_request_bytes)
})
.default(|| 1024 * 1024 * 1024)
.rule(
    |bytes| (LEAST_REQUESTS..=MOST_REQUESTS).contains(bytes),
    "33554432 to 1099511627776",
)
.about(
    "Most bytes of requests that are held at once, over all connections, from their arrival to \
     their answer. A verification beyond it is refused as OVERLOADED. A connection may hold as \
     much as is still free: alone the half. Large headers have a quarter beside it.",
);

static MAX_HEADER_BYTES: Field<usize> = Field::new("server.max_header_bytes", COUNT, |config| {
    Some(config.server.max_header_bytes)
})
.default(|| 64 * 1024)
.rule(
    |bytes| (LEAST_HEADERS..=LARGEST_HEADERS).contains(bytes),
    "8192 to 1048576",
)
.about(
    "Largest headers of one request, in bytes, with 32 for each header, as HTTP/2 counts. Larger \
     ones are refused as REQUEST_TOO_LARGE, and beyond four times as much with HTTP status 431, \
     which is neither logged nor counted.",
);

static MAX_CONNECTIONS: Field<usize> = Field::new("server.max_connections", COUNT, |config| {
    Some(config.server.max_connections)
})
.default(|| 4096)
.rule(
    |connections| (1..=MOST_CONNECTIONS).contains(connections),
    "1 to 1000000",
)
.about(
    "Most connections of callers at once, and never more than half of the file descriptors that \
     the process may have; one more is closed at once.",
);

static MAX_IN_FLIGHT: Field<usize> = Field::new("server.max_in_flight", COUNT, |config| {
    Some(config.server.max_in_flight)
})
.default(|| 4096)
.rule(|calls| (1..=MOST_IN_FLIGHT).contains(calls), "1 to 1000000")
.about(
    "Most verifications under way at once, and never more than the file descriptors leave room \
     for; one more is refused as OVERLOADED. Five eighths of it may wait for a processor.",
);

static DRAIN_DELAY: Field<Duration> = Field::new("server.drain_delay", DURATION, |config| {
    Some(config.server.drain_delay)
})
.default(|| Duration::from_secs(5))
.about(
    "After SIGTERM, how long health says NOT_SERVING while calls are still accepted, so that \
     load balancers look away first. Shorter than server.drain_timeout, of which it is a part. \
     With --sandbox it is 0s unless it is set.",
);

static DRAIN_TIMEOUT: Field<Duration> = Field::new("server.drain_timeout", DURATION, |config| {
    Some(config.server.drain_timeout)
})
.default(|| Duration::from_secs(75))
.about("From SIGTERM to the hard end. Long enough for a call that has just begun.");

static CERT_FILE: Field<PathBuf> = Field::new("server.tls.cert_file", PATH, |config| {
    config.server.tls.as_ref().map(|tls| tls.cert_file.clone())
})
.about("Certificate chain, PEM. TLS is on when it is set; together with server.tls.key_file.");

static KEY_FILE: Field<PathBuf> = Field::new("server.tls.key_file", PATH, |config| {
    config.server.tls.as_ref().map(|tls| tls.key_file.clone())
})
.about("The certificate's private key, PEM.");

static CLIENT_CA_FILE: Field<PathBuf> = Field::new("server.tls.client_ca_file", PATH, |config| {
    config.server.tls.as_ref()?.client_ca_file.clone()
})
.about("Authorities of client certificates, PEM. Mutual TLS when it is set.");

/// In the order of the reference.
pub const KEYS: &[&dyn Key] = &[
    &LISTEN,
    &HEALTH_LISTEN,
    &REFLECTION,
    &MAX_MESSAGE_BYTES,
    &MAX_REQUEST_BYTES,
    &MAX_HEADER_BYTES,
    &MAX_CONNECTIONS,
    &MAX_IN_FLIGHT,
    &DRAIN_DELAY,
    &DRAIN_TIMEOUT,
    &CERT_FILE,
    &KEY_FILE,
    &CLIENT_CA_FILE,
];

pub fn read(reader: &mut Reader) -> Option<ServerConfig> {
    let listen = reader.get(&LISTEN);
    let health_listen = reader.get(&HEALTH_LISTEN);
    let reflection = reader.get(&REFLECTION);
    let max_message_bytes = reader.get(&MAX_MESSAGE_BYTES);
    let max_request_bytes = reader.get(&MAX_REQUEST_BYTES);
    let max_header_bytes = reader.get(&MAX_HEADER_BYTES);
    let max_connections = reader.get(&MAX_CONNECTIONS);
    let max_in_flight = reader.get(&MAX_IN_FLIGHT);
    let drain = drain(reader);
    let tls = tls(reader);
    let (drain_delay, drain_timeout) = drain?;
    Some(ServerConfig {
        listen: listen?,
        health_listen,
        reflection: reflection?,
        max_message_bytes: max_message_bytes?,
        max_request_bytes: max_request_bytes?,
        max_header_bytes: max_header_bytes?,
        max_connections: max_connections?,
        max_in_flight: max_in_flight?,
        drain_delay,
        drain_timeout,
        tls,
    })
}

fn drain(reader: &mut Reader) -> Option<(Duration, Duration)> {
    // Nobody balances load to a sandbox, so nobody must learn of its end first.
    let delay = if reader.sandboxed && !reader.has(&DRAIN_DELAY) {
        Some(Duration::ZERO)
    } else {
        reader.get(&DRAIN_DELAY)
    };
    let timeout = reader.get(&DRAIN_TIMEOUT);
    let (delay, timeout) = (delay?, timeout?);
    if delay >= timeout {
        reader.reject(
            DRAIN_DELAY.path(),
            format!("must be shorter than {}", DRAIN_TIMEOUT.path()),
        );
    }
    Some((delay, timeout))
}

fn tls(reader: &mut Reader) -> Option<TlsFiles> {
    reader.demand(&CERT_FILE, &[&KEY_FILE, &CLIENT_CA_FILE]);
    reader.demand(&KEY_FILE, &[&CERT_FILE, &CLIENT_CA_FILE]);
    let cert_file = reader.get(&CERT_FILE);
    let key_file = reader.get(&KEY_FILE);
    let client_ca_file = reader.get(&CLIENT_CA_FILE);
    Some(TlsFiles {
        cert_file: cert_file?,
        key_file: key_file?,
        client_ca_file,
    })
}
