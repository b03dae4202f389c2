//! `server.*`: the gRPC port.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use super::key::{default, optional};
use super::reader::section;
use super::setting::Choice;
use super::socket::Mode;
use crate::rpc::{Address, ClientCerts};

impl Choice for ClientCerts {
    const NAMES: &'static [(&'static str, Self)] =
        &[("required", Self::Required), ("optional", Self::Optional)];
}

section! {
    /// `server.*`
    ServerConfig, "server", "the gRPC port", "";

    listen: Address = default("127.0.0.1:50051"),
        "Where gRPC is served: an address with a port, of which 0 takes a free one; or unix: and the \
         path of a Unix socket, without TLS, where callers are known by their user (uid:1000). The \
         file that a process left there which is gone is replaced.";
    socket_mode: Mode = default("0660"),
        "Permissions of the file of a Unix socket: whoever may write it may connect.";
    health_listen: Option<SocketAddr> = optional("0.0.0.0:50052"),
        "Where grpc.health.v1 alone is served, too, in plaintext whatever server.tls says: for \
         probes that have no certificate, such as Kubernetes' own. Port 0 takes a free one.";
    reflection: bool = default("true"),
        "Serves gRPC reflection, v1 and v1alpha, so that grpcurl works without .proto files.";
    // A request holds a photo of 150 KiB and a little text; below this none fits.
    max_message_bytes: usize = default("1048576").within(262_144, 16_777_216),
        "Largest request message, in bytes: 256 KiB to 16 MiB.";
    // One connection may take half of what there is, and the largest message must fit into it.
    max_request_bytes: usize = default("1073741824").within(33_554_432, 1_099_511_627_776),
        "Most bytes of requests that are held at once, over all connections, from their arrival \
         to their answer: 32 MiB to 1 TiB. A verification beyond it is refused as OVERLOADED. A \
         connection may hold as much as is still free: alone the half. Large headers have a \
         quarter beside it.";
    // What clients of today send at least.
    max_header_bytes: usize = default("65536").within(8192, 1_048_576),
        "Largest headers of one request, in bytes, with 32 for each header, as HTTP/2 counts. \
         Larger ones are refused as REQUEST_TOO_LARGE, and beyond four times as much with HTTP \
         status 431, which is neither logged nor counted.";
    max_connections: usize = default("4096").within(1, 1_000_000),
        "Most connections of callers at once, and never more than half of the file descriptors \
         that the process may have; one more is closed at once.";
    max_in_flight: usize = default("4096").within(1, 1_000_000),
        "Most verifications under way at once, and never more than the file descriptors leave \
         room for; one more is refused as OVERLOADED. Five eighths of it may wait for a processor, when \
         they come at once: where the processors have had too much to do for two seconds, no more \
         than 256 for each.";
    // Nobody balances load to a sandbox, so nobody must learn of its end first.
    drain_delay: Duration = default("5s").in_sandbox("0s"),
        "After SIGTERM, how long health says NOT_SERVING while calls are still accepted, so that \
         load balancers look away first. Shorter than server.drain_timeout, of which it is a part. \
         With --sandbox it is 0s unless it is set.";
    drain_timeout: Duration = default("75s"),
        "From SIGTERM to the hard end. Leave upi.timeout for a call that has just begun.";
    reload_interval: Duration = default("5s"),
        "How often the configuration file, keys and certificates are looked at: when they have \
         changed, and are the same twice, they are read again without a restart. 0s never looks; \
         SIGHUP and POST /reload do the same at once.";
}

section! {
    /// `server.tls.*`
    ServerTls, "server.tls", "", "TLS is on when a certificate is set; without it the port is plaintext.";

    cert_file: Option<PathBuf> = optional("/etc/idphoto/tls/server.pem"),
        "Certificate chain, PEM. TLS is on when it is set; together with server.tls.key_file.";
    key_file: Option<PathBuf> = optional("/etc/idphoto/tls/server.key"),
        "The certificate's private key, PEM, not encrypted.";
    client_ca_file: Option<PathBuf> = optional("/etc/idphoto/tls/clients.pem"),
        "Authorities of client certificates, PEM. When it is set, a client without a certificate \
         of theirs is turned away (mutual TLS).";
    client_certs: ClientCerts = default("required"),
        "Whether a client without a certificate is turned away in the handshake, or may come and \
         is nobody: it reaches health and reflection alone. The latter needs callers. A \
         certificate of another authority is refused in either case.";
}
