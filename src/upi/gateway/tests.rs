//! UPI behind the port.
