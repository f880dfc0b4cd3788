//! Answers: what servers, keys and proxies send.

use protocol::Response;

/// Parses, and where it parses, prints and parses again.
///
/// # Panics
/// Where a second turn differs from the first.
pub fn fuzz(data: &[u8]) {
    let Ok(response) = Response::parse(data) else { return };
    let mut printed = String::new();
    response.print(&mut printed);
    assert_eq!(Response::parse(printed.as_bytes()).as_ref(), Ok(&response), "{printed}");
}
