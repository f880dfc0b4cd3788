//! The headers that HTTP does not know.

use axum::http::{HeaderMap, HeaderName};

/// The bridge of a request, on its answer.
pub const BRIDGE: HeaderName = HeaderName::from_static("ngondo-bridge");
/// What is left of a request's time, in milliseconds.
pub const DEADLINE_MS: HeaderName = HeaderName::from_static("ngondo-deadline-ms");
/// Says `drain` while a server is leaving.
pub const STATE: HeaderName = HeaderName::from_static("ngondo-state");
/// Says `1` when a server had no room and did nothing.
pub const SHED: HeaderName = HeaderName::from_static("ngondo-shed");
/// Who asks, on the hop from PPPX to a server's management interface.
pub const CLIENT: HeaderName = HeaderName::from_static("ngondo-client");
/// For whom PPPX asks, on the same hop.
pub const PRINCIPAL: HeaderName = HeaderName::from_static("ngondo-principal");

/// The text of a header, the first where it is repeated.
pub(crate) fn text<'a>(headers: &'a HeaderMap, name: &HeaderName) -> Option<&'a str> {
    headers.get(name).and_then(|value| value.to_str().ok())
}
