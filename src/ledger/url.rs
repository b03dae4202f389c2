//! `postgres://USER@HOST:PORT/DATABASE`: where a PostgreSQL is. No more than that can be said in
//! it: TLS and the password have keys of their own.

use std::path::PathBuf;

/// PostgreSQL's own.
const PORT: u16 = 5432;

/// A URL, read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Url {
    /// Who logs in.
    pub user: String,
    /// Of which database.
    pub database: String,
    /// Of several the first that can be written is taken.
    pub servers: Servers,
}

/// Where it listens.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Servers {
    /// Names or addresses with their ports, at least one.
    Tcp(Vec<(String, u16)>),
    /// The folder of its Unix socket, and the port that is a part of the socket's name.
    Socket(PathBuf, u16),
}

/// Why a text is no such URL.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum UrlError {
    /// It would be shown with the configuration.
    #[error("a password does not belong in the URL")]
    Password,
    /// It would be a second word on it.
    #[error("TLS is not set in the URL")]
    Tls,
    /// Any other parameter.
    #[error("the URL has a parameter that is not known")]
    Parameter,
    /// No user, host or database, or one that is damaged.
    #[error("no user, host and database")]
    Shape,
}

impl Url {
    /// # Errors
    /// It says less than is needed, or more than it may.
    pub fn parse(text: &str) -> Result<Self, UrlError> {
        let rest = text.strip_prefix("postgres://");
        let rest = rest.or_else(|| text.strip_prefix("postgresql://"));
        let rest = rest.ok_or(UrlError::Shape)?;
        let (rest, parameters) = rest.split_once('?').unwrap_or((rest, ""));
        let folder = folder(parameters)?;
        let (authority, database) = rest.split_once('/').ok_or(UrlError::Shape)?;
        let (user, hosts) = authority.rsplit_once('@').ok_or(UrlError::Shape)?;
        if user.contains(':') {
            return Err(UrlError::Password);
        }
        Ok(Self {
            user: decoded(user)?,
            database: decoded(database)?,
            servers: match folder {
                Some(folder) => Servers::Socket(folder, socket_port(hosts)?),
                None => Servers::Tcp(hosts.split(',').map(server).collect::<Result<_, _>>()?),
            },
        })
    }
}

/// The value of `host`, the only parameter.
fn folder(parameters: &str) -> Result<Option<PathBuf>, UrlError> {
    let mut folder = None;
    for parameter in parameters.split('&').filter(|it| !it.is_empty()) {
        match parameter.split_once('=') {
            Some(("host", path)) if folder.is_none() => {
                let path = decoded(path)?;
                folder = Some(
                    path.starts_with('/')
                        .then_some(path)
                        .ok_or(UrlError::Shape)?,
                );
            }
            Some(("password" | "passfile", _)) => return Err(UrlError::Password),
            Some((name, _)) if name.starts_with("ssl") => return Err(UrlError::Tls),
            _ => return Err(UrlError::Parameter),
        }
    }
    Ok(folder.map(PathBuf::from))
}

/// Nothing, or a port alone.
fn socket_port(hosts: &str) -> Result<u16, UrlError> {
    match hosts.strip_prefix(':') {
        Some(port) => port.parse().map_err(|_| UrlError::Shape),
        None if hosts.is_empty() => Ok(PORT),
        None => Err(UrlError::Shape),
    }
}

/// `HOST`, `HOST:PORT`, `[ADDRESS]` or `[ADDRESS]:PORT`.
fn server(text: &str) -> Result<(String, u16), UrlError> {
    let (host, port) = match text.strip_prefix('[') {
        Some(rest) => rest.split_once(']').ok_or(UrlError::Shape)?,
        None => text.split_at(text.find(':').unwrap_or(text.len())),
    };
    let port = match port.strip_prefix(':') {
        Some(port) => port.parse().map_err(|_| UrlError::Shape)?,
        None if port.is_empty() => PORT,
        None => return Err(UrlError::Shape),
    };
    let good = !host.is_empty() && host.chars().all(|it| it.is_ascii_graphic() && it != '%');
    let host = good.then(|| host.to_owned()).ok_or(UrlError::Shape)?;
    Ok((host, port))
}

/// Text with its percent signs read; never empty.
fn decoded(text: &str) -> Result<String, UrlError> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.bytes();
    while let Some(byte) = rest.next() {
        bytes.push(match byte {
            b'%' => {
                let digits = [rest.next(), rest.next()].map(|digit| digit.and_then(hex_digit));
                let [Some(high), Some(low)] = digits else {
                    return Err(UrlError::Shape);
                };
                high * 16 + low
            }
            b'/' | b':' | b'@' | b'#' | 0..=b' ' if !text.starts_with('/') => {
                return Err(UrlError::Shape);
            }
            _ => byte,
        });
    }
    let text = String::from_utf8(bytes).map_err(|_| UrlError::Shape)?;
    let good = !text.is_empty() && !text.contains('\0');
    good.then_some(text).ok_or(UrlError::Shape)
}

fn hex_digit(digit: u8) -> Option<u8> {
    let value = char::from(digit).to_digit(16)?;
    u8::try_from(value).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tcp(servers: &[(&str, u16)]) -> Servers {
        Servers::Tcp(
            servers
                .iter()
                .map(|(host, port)| ((*host).to_owned(), *port))
                .collect(),
        )
    }

    #[test]
    fn a_url_says_who_where_and_which() {
        for (text, user, database, servers) in [
            ("postgres://u@h/d", "u", "d", tcp(&[("h", 5432)])),
            (
                "postgresql://u%40x@h:1/d%2Fe",
                "u@x",
                "d/e",
                tcp(&[("h", 1)]),
            ),
            ("postgres://u@[::1]:7/d", "u", "d", tcp(&[("::1", 7)])),
            (
                "postgres://u@a,b:2/d",
                "u",
                "d",
                tcp(&[("a", 5432), ("b", 2)]),
            ),
            (
                "postgres://u@/d?host=/run/pg",
                "u",
                "d",
                Servers::Socket("/run/pg".into(), 5432),
            ),
            (
                "postgres://u@:9/d?host=%2Frun",
                "u",
                "d",
                Servers::Socket("/run".into(), 9),
            ),
        ] {
            let url = Url::parse(text).unwrap();
            assert_eq!(
                (&*url.user, &*url.database, url.servers),
                (user, database, servers)
            );
        }
    }

    #[test]
    fn what_is_no_place_is_refused() {
        for (text, error) in [
            ("postgres://u:secret@h/d", UrlError::Password),
            ("postgres://u@h/d?password=secret", UrlError::Password),
            ("postgres://u@h/d?sslmode=disable", UrlError::Tls),
            (
                "postgres://u@h/d?options=-cfsync%3Doff",
                UrlError::Parameter,
            ),
            ("postgres://u@h/d?host=h", UrlError::Shape),
            ("postgres://u@h/d?host=/run", UrlError::Shape),
            ("postgres://u@h/d?host", UrlError::Parameter),
            ("postgres://h/d", UrlError::Shape),
            ("postgres://u@/d", UrlError::Shape),
            ("postgres://u@h", UrlError::Shape),
            ("postgres://u@h/", UrlError::Shape),
            ("postgres://@h/d", UrlError::Shape),
            ("postgres://u@h:x/d", UrlError::Shape),
            ("postgres://u@h:70000/d", UrlError::Shape),
            ("postgres://u@[::1/d", UrlError::Shape),
            ("postgres://u@h/d%0", UrlError::Shape),
            ("postgres://u@h/d%00", UrlError::Shape),
            ("postgres://u@h/d/e", UrlError::Shape),
            ("mysql://u@h/d", UrlError::Shape),
        ] {
            assert_eq!(Url::parse(text), Err(error), "{text}");
        }
    }
}
