//! What of the management interface may be sent to a server's twin.

use client::Retry;
use protocol::matrix::Deed;
use serde::Deserialize;
use serde::de::IgnoredAny;

/// Whether the twin may be asked after an answer was lost: where nothing changes, or the change
/// has a `request` by which it is known again.
pub(crate) fn retry_of(deed: &Deed, body: &[u8]) -> Retry {
    if deed.reads || has_request(body) { Retry::Safe } else { Retry::IfNotSent }
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
    use protocol::matrix;

    use super::*;

    fn retry_of(verb: &str, body: &[u8]) -> Retry {
        let deed = ["boxes", "vouchers"].into_iter().find_map(|noun| matrix::verb(noun, verb));
        super::retry_of(deed.unwrap(), body)
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
