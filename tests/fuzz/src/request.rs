//! Requests: what boxes, tools and strangers send.

use protocol::Request;

/// Parses, and where it parses, prints and parses again.
///
/// # Panics
/// Where a refusal has another status than 400 or 413, or a second turn differs from the first.
pub fn fuzz(data: &[u8]) {
    let request = match Request::parse(data) {
        Ok(request) => request,
        Err(malformed) => {
            assert!(matches!(malformed.status, 400 | 413), "{malformed:?}");
            assert!(malformed.reason.len() < 200, "{malformed:?}");
            return;
        }
    };
    let mut printed = String::new();
    request.print(&mut printed);
    assert_eq!(Request::parse(printed.as_bytes()).as_ref(), Ok(&request), "{printed}");
}
