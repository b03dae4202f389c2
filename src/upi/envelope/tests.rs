//! Sealing and opening with real keys.
