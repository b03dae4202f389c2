//! From settings to connections.

use std::time::Duration;

use deadpool_postgres::{Manager, ManagerConfig, RecyclingMethod};
use tokio_postgres::config::{Config, SslMode, TargetSessionAttrs};

use super::certainty::Fault;
use super::connections::Connections;
use super::{Refusal, tls};
use crate::ledger::settings::{Location, Settings};
use crate::ledger::url::{Servers, Url, UrlError};

/// Connections of which one was seen to work.
pub(super) async fn connect(settings: &Settings) -> Result<Connections, Refusal> {
    // Whoever waits for a step waits for `timeout`: this ends first, and says what is certain. A
    // statement ends before: then it is certain that nothing is written later.
    let limit = settings.timeout * 9 / 10;
    let limited = pool(settings, Some(settings.timeout * 7 / 10), limit)?;
    match limited.one().await {
        Ok(_) => Ok(limited),
        // A proxy that pools transactions takes no options of sessions: there the time limit of
        // statements is a setting of the role.
        Err(Fault::Said { code, .. }) if code == "08P01" => {
            let plain = pool(settings, None, limit)?;
            drop(plain.one().await?);
            Ok(plain)
        }
        Err(fault) => Err(fault.into()),
    }
}

/// Connections that are made when they are needed; a statement, and all that is waited for, end
/// within these times.
pub(super) fn pool(
    settings: &Settings,
    of_statements: Option<Duration>,
    limit: Duration,
) -> Result<Connections, Refusal> {
    let Location::Postgres(url) = &settings.location else {
        return Err(UrlError::Shape.into());
    };
    let url = Url::parse(url)?;
    let mut config = config(settings, &url);
    if let Some(limit) = of_statements {
        config.options(format!("-c statement_timeout={}", limit.as_millis()));
    }
    let plain = ManagerConfig {
        recycling_method: RecyclingMethod::Fast,
    };
    let manager = if config.get_ssl_mode() == SslMode::Require {
        let tls = tls::connector(settings.postgres.ca_pem.as_deref())?;
        Manager::from_config(config, tls, plain)
    } else {
        Manager::from_config(config, tokio_postgres::NoTls, plain)
    };
    Ok(Connections::new(
        manager,
        settings.postgres.connections,
        limit,
    )?)
}

fn config(settings: &Settings, url: &Url) -> Config {
    let mut config = Config::new();
    config
        .user(&url.user)
        .dbname(&url.database)
        .application_name("idphoto")
        .connect_timeout(settings.timeout)
        .tcp_user_timeout(settings.timeout)
        .keepalives_idle(Duration::from_secs(30))
        .ssl_mode(SslMode::Disable);
    if let Some(password) = &settings.postgres.password {
        config.password(password.expose());
    }
    match &url.servers {
        Servers::Socket(folder, port) => {
            config.host_path(folder).port(*port);
        }
        Servers::Tcp(servers) => {
            for (host, port) in servers {
                config.host(host).port(*port);
            }
            if servers.len() > 1 {
                config.target_session_attrs(TargetSessionAttrs::ReadWrite);
            }
            if settings.postgres.tls {
                config.ssl_mode(SslMode::Require);
            }
        }
    }
    config
}
