//! The associated data of `<crypto>`: what the box's authenticator speaks for.

/// Writes what the crypto of an AUTH speaks for: `AUTH` LF app LF version.
///
/// Source: protocol.md §6 (Keys and sealing)
pub fn auth(app: &str, version: &str) -> Vec<u8> {
    join(&["AUTH", app, version])
}

/// Writes what the crypto of TOPUP, ACTIVATE and CREDIT speaks for:
/// cmd LF app LF version LF digits LF request, the last one empty where there is none.
///
/// `request` is written as protocol.md prints it: lower case with dashes.
///
/// Source: protocol.md §6 (Keys and sealing)
pub fn code(cmd: &str, app: &str, version: &str, digits: &str, request: Option<&str>) -> Vec<u8> {
    join(&[cmd, app, version, digits, request.unwrap_or_default()])
}

fn join(parts: &[&str]) -> Vec<u8> {
    parts.join("\n").into_bytes()
}
