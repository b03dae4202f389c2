//! How far a reload reaches: what of a new configuration is in force without a restart.

use crate::config::{
    AuthConfig, CallersConfig, Config, JwtConfig, ServerTls, TelemetryConfig, UpiConfig,
};

/// The configuration that runs, with whatever of the new one needs no restart.
///
/// UPI's side goes as a whole: kid, key, app id and path belong together. Only its times stay: orders
/// of others are given up by them, and all gateways of a ledger need the same.
pub(super) fn in_force(running: &Config, new: &Config, sandboxed: bool) -> Config {
    let config = Config {
        tls: tls(&running.tls, &new.tls),
        jwt: jwt(&running.jwt, &new.jwt),
        telemetry: TelemetryConfig {
            log_level: new.telemetry.log_level,
            ..running.telemetry.clone()
        },
        ..running.clone()
    };
    let (callers, auth) = callers(&config, new);
    let config = Config {
        callers,
        auth,
        ..config
    };
    // Whoever answers, nothing is asked of it while this is set.
    let config = Config {
        upi: UpiConfig {
            pause: new.upi.pause,
            ..config.upi
        },
        ..config
    };
    // A sandbox has an address and keys of its own, and expects what it was started with.
    if sandboxed {
        return config;
    }
    Config {
        upi: UpiConfig {
            timeout: running.upi.timeout,
            connect_timeout: running.upi.connect_timeout,
            breaker_failures: running.upi.breaker_failures,
            ..new.upi.clone()
        },
        signing: new.signing.clone(),
        signing_token: new.signing_token.clone(),
        next_signing: new.next_signing.clone(),
        next_signing_token: new.next_signing_token.clone(),
        encryption: new.encryption.clone(),
        ..config
    }
}

/// Rules do not end while callers use the port: a file that lost its last part would open it to
/// everybody. Nor do they begin before the ways to prove who one is that come with them, which may
/// need a restart: everybody would be turned away.
fn callers(in_force: &Config, new: &Config) -> (CallersConfig, AuthConfig) {
    let keeps = match (&in_force.callers.callers, &new.callers.callers) {
        (Some(_), None) => true,
        (None, Some(_)) => {
            let (there, wanted) = (ways(in_force), ways(new));
            there
                .iter()
                .zip(wanted)
                .any(|(there, wanted)| wanted && !there)
        }
        _ => false,
    };
    let config = if keeps { in_force } else { new };
    (config.callers.clone(), config.auth.clone())
}

/// By certificate, by token, by socket. Which proxies are trusted needs no restart.
fn ways(config: &Config) -> [bool; 3] {
    [
        config.tls.client_ca_file.is_some(),
        config.jwt.issuer.is_some(),
        config.server.listen.tcp().is_none(),
    ]
}

/// A port does not turn from TLS to plaintext, or back, while callers use it.
fn tls(running: &ServerTls, new: &ServerTls) -> ServerTls {
    let same = running.cert_file.is_some() == new.cert_file.is_some();
    if same { new.clone() } else { running.clone() }
}

/// Keys of tokens go on coming from a file, or from the same URL.
fn jwt(running: &JwtConfig, new: &JwtConfig) -> JwtConfig {
    let both = running.jwks_file.as_ref().zip(new.jwks_file.as_ref());
    JwtConfig {
        jwks_file: both.map_or(&running.jwks_file, |_| &new.jwks_file).clone(),
        ..running.clone()
    }
}
