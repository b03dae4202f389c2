//! Networks of proxies whose word counts, and Unix sockets.

use std::net::IpAddr;

use ipnet::IpNet;

/// What stands for all Unix sockets.
const SOCKETS: &str = "unix";

/// Where a proxy connects from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Network {
    /// The addresses of a network.
    Addresses(IpNet),
    /// This machine, by a Unix socket.
    Sockets,
}

impl Network {
    /// `10.1.0.0/16`, `fd00::/8`, one address, or `unix`; `None` for anything else, bits behind the prefix
    /// included: a slip there would trust more than was meant.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        if text == SOCKETS {
            return Some(Self::Sockets);
        }
        let network = match text.parse::<IpAddr>() {
            Ok(address) => IpNet::from(address),
            Err(_) => text.parse().ok()?,
        };
        (network.network() == network.addr()).then_some(Self::Addresses(network))
    }

    /// As it is written.
    #[must_use]
    pub fn text(&self) -> String {
        match self {
            Self::Addresses(network) => network.to_string(),
            Self::Sockets => SOCKETS.to_owned(),
        }
    }

    /// Whether an address is in it; one of IPv4 is the same when it comes in IPv6.
    #[must_use]
    pub fn holds(&self, address: IpAddr) -> bool {
        match self {
            Self::Addresses(network) => network.contains(&address.to_canonical()),
            Self::Sockets => false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Network;

    #[test]
    fn a_network_holds_its_addresses_alone() {
        for (network, inside, outside) in [
            ("127.0.0.0/8", "127.0.0.1", "128.0.0.1"),
            ("127.0.0.0/8", "::ffff:127.0.0.1", "::1"),
            ("10.1.2.3", "10.1.2.3", "10.1.2.4"),
            ("fd00::/8", "fd00::1", "fe80::1"),
            ("0.0.0.0/0", "1.2.3.4", "::1"),
        ] {
            let network = Network::parse(network).unwrap();
            assert!(network.holds(inside.parse().unwrap()), "{inside}");
            assert!(!network.holds(outside.parse().unwrap()), "{outside}");
        }
    }

    #[test]
    fn what_is_no_network_is_refused() {
        for bad in [
            "",
            "localhost",
            "10.1.0.0/33",
            "10.1.0.1/16",
            "10.1/16",
            "*",
        ] {
            assert_eq!(Network::parse(bad), None, "{bad}");
        }
    }
}
