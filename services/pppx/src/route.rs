//! Which role does what of the management interface, and what may be sent to its twin.

use client::Retry;
use protocol::Role;
use serde::Deserialize;
use serde::de::IgnoredAny;

/// The role that does a verb, where the noun is known.
///
/// Source: protocol.md §7
pub(crate) fn role_of(noun: &str, verb: &str) -> Option<Role> {
    match (noun, verb) {
        ("boxes", "import" | "rekey") => Some(Role::Sr),
        ("boxes" | "principals" | "audit" | "alerts", _) => Some(Role::Aar),
        ("vouchers", _) => Some(Role::TopUp),
        ("servers" | "reports", _) => Some(Role::Lb),
        _ => None,
    }
}

/// Whether the twin may be asked after an answer was lost: where nothing changes, or the change
/// has a `request` by which it is known again.
pub(crate) fn retry_of(verb: &str, body: &[u8]) -> Retry {
    if chassis::only_reads(verb) || has_request(body) { Retry::Safe } else { Retry::IfNotSent }
}

/// Whether the first JSON object of a body has a `request`; what follows it is not read.
fn has_request(body: &[u8]) -> bool {
    #[derive(Deserialize)]
    struct Marked {
        #[serde(rename = "request")]
        _request: IgnoredAny,
    }
    let mut objects = serde_json::Deserializer::from_slice(body).into_iter::<Marked>();
    matches!(objects.next(), Some(Ok(_marked)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_noun_has_its_role() {
        assert_eq!(role_of("boxes", "suspend"), Some(Role::Aar));
        assert_eq!(role_of("boxes", "import"), Some(Role::Sr));
        assert_eq!(role_of("boxes", "rekey"), Some(Role::Sr));
        assert_eq!(role_of("principals", "list"), Some(Role::Aar));
        assert_eq!(role_of("vouchers", "import"), Some(Role::TopUp));
        assert_eq!(role_of("servers", "list"), Some(Role::Lb));
        assert_eq!(role_of("reports", "tail"), Some(Role::Lb));
        assert_eq!(role_of("keys", "list"), None);
    }

    #[test]
    fn a_change_is_repeated_only_where_it_is_known_again() {
        assert_eq!(retry_of("list", b""), Retry::Safe);
        assert_eq!(retry_of("sell", br#"{"operator":"MTN"}"#), Retry::IfNotSent);
        assert_eq!(retry_of("sell", br#"{"operator":"MTN","request":"x"}"#), Retry::Safe);
        assert_eq!(
            retry_of("import", b"{\"request\":\"x\"}\n{\"code\":\"1\"}\nnot json"),
            Retry::Safe
        );
        assert_eq!(
            retry_of("import", b"{\"code\":\"1\"}\n{\"request\":\"x\"}\n"),
            Retry::IfNotSent
        );
        assert_eq!(retry_of("sell", b"not json"), Retry::IfNotSent);
    }
}
