//! HTTP as bytes: what a test sends is what it wrote.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::time::Duration;

use protocol::PeerAddr;

/// An answer, taken apart.
#[derive(Debug, Clone)]
pub struct Http {
    /// The status.
    pub status: u16,
    /// The head, in small letters.
    pub head: String,
    /// The head as it came.
    pub raw_head: String,
    /// The body.
    pub body: String,
}

/// Sends one document as XML and reads the answer.
///
/// # Panics
///
/// Where nobody answers.
pub fn post(to: &PeerAddr, document: &str) -> Http {
    let request = format!(
        "POST / HTTP/1.1\r\nhost: {to}\r\nconnection: close\r\ncontent-type: application/xml\r\n\
         content-length: {}\r\n\r\n{document}",
        document.len()
    );
    post_raw(to, request.as_bytes()).expect("an answer")
}

/// Sends bytes as they are and reads until the server closes.
///
/// # Errors
///
/// Nobody listens, or the connection broke.
pub fn post_raw(to: &PeerAddr, request: &[u8]) -> std::io::Result<Http> {
    let mut stream = TcpStream::connect(to.as_str())?;
    stream.set_read_timeout(Some(Duration::from_mins(1)))?;
    stream.write_all(request)?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer)?;
    let (head, body) = answer.split_once("\r\n\r\n").unwrap_or((&answer, ""));
    let status = head.split(' ').nth(1).and_then(|it| it.parse().ok()).unwrap_or_default();
    let (raw_head, body) = (head.to_owned(), body.to_owned());
    Ok(Http { status, head: head.to_lowercase(), raw_head, body })
}

/// What a server says of itself in numbers, at its `[admin] listen`; nothing where it does not answer.
pub fn numbers(admin: &PeerAddr) -> String {
    let question = b"GET /metrics HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n";
    post_raw(admin, question).map(|it| it.body).unwrap_or_default()
}

// === impl Http ===

impl Http {
    /// The value of a header.
    pub fn header(&self, name: &str) -> Option<&str> {
        let mut lines = self.raw_head.lines().filter_map(|line| line.split_once(": "));
        lines.find(|(known, _)| known.eq_ignore_ascii_case(name)).map(|(_, value)| value)
    }
}
