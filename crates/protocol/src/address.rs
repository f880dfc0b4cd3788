//! Where servers and databases are.

use std::str::FromStr;
use std::sync::Arc;

use crate::FormError;
use crate::word::shown;

/// Where a server can be reached.
///
/// # Format
/// `host:port`; the host is a name, an IPv4 address or an IPv6 address in brackets.
///
/// Source: protocol.md §3 (INIT)
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PeerAddr {
    /// Shared: an address is handed on with each request.
    text: Arc<str>,
    port: u16,
}

/// Where a database is; never with credentials.
///
/// # Format
/// `sqlite:///path` or `postgres://host:port/name`, at most 255 bytes.
///
/// Source: protocol.md §3 (INIT)
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct DbUrl(Box<str>);

shown!(PeerAddr, DbUrl);

// === impl PeerAddr ===

impl PeerAddr {
    /// The longest text: a DNS name, a colon and five digits.
    pub const LEN: usize = 253 + 6;

    /// The host; an IPv6 address without its brackets.
    pub fn host(&self) -> &str {
        let host = self.text.rsplit_once(':').map_or("", |(host, _)| host);
        host.trim_start_matches('[').trim_end_matches(']')
    }

    /// The port, 1 to 65535.
    pub const fn port(&self) -> u16 {
        self.port
    }

    /// The whole text: host, colon, port.
    pub fn as_str(&self) -> &str {
        &self.text
    }
}

impl FromStr for PeerAddr {
    type Err = FormError;

    fn from_str(text: &str) -> Result<Self, FormError> {
        let (host, port) = text.rsplit_once(':').ok_or(FormError::Rule("it has no port"))?;
        let number: u16 = port.parse().unwrap_or_default();
        if number == 0 || number.to_string() != port {
            return Err(FormError::Rule("its port is not 1 to 65535"));
        }
        if is_host(host) {
            Ok(Self { text: text.into(), port: number })
        } else {
            Err(FormError::Rule("its host is not a name or an address"))
        }
    }
}

/// Whether `text` is a DNS name, an IPv4 address or a bracketed IPv6 address.
fn is_host(text: &str) -> bool {
    if let Some(inner) = text.strip_prefix('[') {
        let inner = inner.strip_suffix(']').unwrap_or_default();
        return inner.parse::<std::net::Ipv6Addr>().is_ok();
    }
    let label = |label: &str| {
        let allowed = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_');
        (1..=63).contains(&label.len()) && label.bytes().all(allowed)
    };
    text.len() <= 253 && text.split('.').all(label)
}

// === impl DbUrl ===

impl DbUrl {
    /// The most bytes.
    pub const LEN: usize = 255;

    /// The whole URL.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The file of an SQLite database; `None` where it is PostgreSQL.
    pub fn sqlite_path(&self) -> Option<&str> {
        self.0.strip_prefix("sqlite://")
    }
}

impl FromStr for DbUrl {
    type Err = FormError;

    fn from_str(text: &str) -> Result<Self, FormError> {
        if text.is_empty() || Self::LEN < text.len() {
            return Err(FormError::Length { found: text.len(), min: 1, max: Self::LEN });
        }
        let forbidden = |c: char| c.is_control() || c.is_whitespace() || matches!(c, '?' | '#');
        if let Some(at) = text.chars().position(forbidden) {
            return Err(FormError::Character { at: at + 1 });
        }
        if let Some(path) = text.strip_prefix("sqlite://") {
            let absolute = path.starts_with('/') && !path.ends_with('/');
            absolute.then_some(()).ok_or(FormError::Rule("its file is not an absolute path"))?;
        } else if let Some(rest) = text.strip_prefix("postgres://") {
            check_postgres(rest)?;
        } else {
            return Err(FormError::Rule("it does not begin with sqlite:/// or postgres://"));
        }
        Ok(Self(text.into()))
    }
}

/// Checks `host:port/name` or `host/name`.
fn check_postgres(rest: &str) -> Result<(), FormError> {
    if rest.contains('@') {
        return Err(FormError::Rule("it holds credentials"));
    }
    let (server, name) = rest.split_once('/').ok_or(FormError::Rule("it names no database"))?;
    let reachable = is_host(server) || server.parse::<PeerAddr>().is_ok();
    reachable.then_some(()).ok_or(FormError::Rule("its host is not a name or an address"))?;
    let named = !name.is_empty() && name.bytes().all(crate::word::name_byte);
    named.then_some(()).ok_or(FormError::Rule("it names no database"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn takes_names_and_both_kinds_of_address() {
        for (text, host) in
            [("aar-1:8402", "aar-1"), ("10.0.0.1:1", "10.0.0.1"), ("[::1]:65535", "::1")]
        {
            let addr: PeerAddr = text.parse().unwrap();
            assert_eq!((addr.host(), addr.as_str()), (host, text));
        }
    }

    #[test]
    fn refuses_what_cannot_be_dialled() {
        for text in [
            "", "aar-1", "aar-1:", ":8402", "a:0", "a:65536", "a:08402", "a b:1", "::1:80",
            "[::1:80",
        ] {
            assert!(text.parse::<PeerAddr>().is_err(), "{text}");
        }
    }

    #[test]
    fn takes_both_kinds_of_database() {
        for text in ["postgres://db-1:5432/report", "postgres://db/report"] {
            assert_eq!(text.parse::<DbUrl>().unwrap().sqlite_path(), None);
        }
        let url: DbUrl = "sqlite:///var/lib/ngondo/report-1.db".parse().unwrap();
        assert_eq!(url.sqlite_path(), Some("/var/lib/ngondo/report-1.db"));
    }

    #[test]
    fn refuses_credentials_and_other_databases() {
        for text in [
            "",
            "postgres://ngondo:secret@db/report",
            "postgres://db:5432",
            "postgres:///report",
            "sqlite://report.db",
            "sqlite:///a?mode=rw",
            "mysql://db/report",
        ] {
            assert!(text.parse::<DbUrl>().is_err(), "{text}");
        }
    }
}
