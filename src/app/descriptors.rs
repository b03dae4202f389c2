//! File descriptors: every connection is one, and the usual limit is made for other programs. What
//! there is, is divided: callers, orders on their way to UPI, and those who look after the gateway
//! have their own, so that none of them can leave another without any.

use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

use crate::config::ServerConfig;

/// Probes are few.
const MOST_PROBES: usize = 256;
/// So are those who read metrics.
const MOST_ADMIN: usize = 64;
/// Of the process itself: listeners, the runtime, standard streams, lookups of names, the
/// collector, connections to UPI that end.
const LEAST_OWN: usize = 32;

/// How many connections of each kind there may be at once.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Room {
    /// At the gRPC port.
    pub callers: usize,
    /// At the port of health.
    pub probes: usize,
    /// At the admin port.
    pub admin: usize,
    /// To UPI, each for an order.
    pub orders: usize,
}

impl Room {
    /// Raises the limit of descriptors, and divides them as the configuration wishes. Each order
    /// takes so many: two where UPI is played in this process.
    #[must_use]
    pub fn find(server: &ServerConfig, each_order: usize) -> Self {
        Self::divide(server, each_order, raise())
    }

    fn divide(server: &ServerConfig, each_order: usize, descriptors: usize) -> Self {
        let part = (descriptors / 16).max(1);
        let callers = server.max_connections.min(descriptors / 2);
        let (probes, admin) = (part.min(MOST_PROBES), part.min(MOST_ADMIN));
        let others = callers + probes + admin + part.max(LEAST_OWN);
        let orders = descriptors.saturating_sub(others) / each_order;
        Self {
            callers,
            probes,
            admin,
            orders: orders.clamp(1, server.max_in_flight),
        }
    }

    /// Says where the configuration cannot have what it wants.
    pub(super) fn warn(self, server: &ServerConfig) {
        let (connections, orders) = (self.callers, self.orders);
        if connections < server.max_connections {
            tracing::warn!(
                connections,
                "the limit of file descriptors (ulimit -n) leaves room for {connections} \
                 connections of callers: fewer than server.max_connections"
            );
        }
        if orders < server.max_in_flight {
            tracing::warn!(
                orders,
                "the limit of file descriptors (ulimit -n) leaves room for {orders} orders on \
                 their way to UPI: fewer than server.max_in_flight"
            );
        }
    }
}

/// Raises the limit as far as the process may, which needs no privilege; what it is now.
fn raise() -> usize {
    let limit = getrlimit(Resource::Nofile);
    let raised = Rlimit {
        current: limit.maximum,
        maximum: limit.maximum,
    };
    // Refused where something forbids the call; then it stays as it is.
    let reached = setrlimit(Resource::Nofile, raised).map_or(limit, |()| raised);
    let most = reached.current.and_then(|most| usize::try_from(most).ok());
    most.unwrap_or(usize::MAX)
}

#[cfg(test)]
mod tests {
    use super::{LEAST_OWN, Room};
    use crate::config::{Config, ServerConfig, Sources};

    fn config() -> ServerConfig {
        let sources = Sources {
            sandboxed: true,
            ..Sources::default()
        };
        Config::load(&sources).unwrap().server
    }

    #[test]
    fn nobody_gets_what_another_needs() {
        for descriptors in [128, 256, 1024, 4096, 65_536, 1 << 20] {
            for each in [1, 2] {
                let room = Room::divide(&config(), each, descriptors);
                let all = room.callers + room.probes + room.admin + each * room.orders;
                assert!(all + LEAST_OWN <= descriptors, "{descriptors}: {room:?}");
                assert!(room.probes >= 8 && room.admin >= 8, "{room:?}");
            }
        }
    }

    #[test]
    fn what_callers_do_not_want_goes_to_orders() {
        let mut config = config();
        config.max_connections = 24;
        assert_eq!(Room::divide(&config, 1, 1024).orders, 1024 - 24 - 3 * 64);
    }

    #[test]
    fn a_usual_limit_is_enough_for_the_defaults() {
        let room = Room::divide(&config(), 1, 65_536);
        assert_eq!((room.callers, room.orders), (4096, 4096));
        assert_eq!((room.probes, room.admin), (256, 64));
    }

    #[test]
    fn a_limit_without_an_end_is_divided_too() {
        let room = Room::divide(&config(), 2, usize::MAX);
        assert_eq!(room.orders, 4096);
    }
}
