//! `admin.*`: the port for those who run the gateway.

use std::net::{Ipv4Addr, SocketAddr};

use super::field::{Field, Key};
use super::kind::{Kind, expect};
use super::reader::Reader;
use super::value::{Shape, quote};

/// Says that there is no admin port.
const NONE: &str = "none";

/// `admin.*`
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AdminConfig {
    /// Where to listen; default 127.0.0.1:9464. Port 0 takes a free one, `None` opens none.
    pub listen: Option<SocketAddr>,
}

const ADDRESS_OR_NONE: Kind<Option<SocketAddr>> = Kind {
    shape: Shape::Text,
    expected: || "\"none\" or an IP address and a port such as \"127.0.0.1:9464\"".to_owned(),
    read: |value| {
        expect(value.text().and_then(|text| match text {
            NONE => Some(None),
            _ => text.parse().ok().map(Some),
        }))
    },
    write: |address| quote(&address.map_or_else(|| NONE.to_owned(), |address| address.to_string())),
};

static LISTEN: Field<Option<SocketAddr>> = Field::new("admin.listen", ADDRESS_OR_NONE, |config| {
    Some(config.admin.listen)
})
.default(|| Some((Ipv4Addr::LOCALHOST, 9464).into()))
.about(
    "Where metrics, liveness, readiness, version, configuration and the log level are served, \
         by plaintext HTTP. Port 0 takes a free one.",
);

/// In the order of the reference.
pub const KEYS: &[&dyn Key] = &[&LISTEN];

pub fn read(reader: &mut Reader) -> Option<AdminConfig> {
    Some(AdminConfig {
        listen: reader.get(&LISTEN)?,
    })
}
