//! How many connections a listener holds, and how many of them one address may have.
//!
//! A connection that sends nothing is cut by the times of [`serve`](crate::serve); until then it
//! costs a file and some memory. So there is a most for all, and nobody can take more than half.

use std::collections::BTreeMap;
use std::future::{Ready, ready};
use std::io::{Error, ErrorKind, IoSlice, Result};
use std::net::{IpAddr, Ipv6Addr};
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll};
use std::time::Duration;

use axum_server::accept::Accept;
use nix::sys::resource::{Resource, getrlimit, setrlimit};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;
use tokio::time::{Sleep, sleep};

/// Files that are open beside the connections that came in: databases, logs, connections that go
/// out.
const OTHER_FILES: u64 = 1024;

/// Until which protocol is spoken is known, no other time runs: so many bytes tell it (the preface
/// of HTTP/2).
const FIRST_BYTES: usize = 24;
/// Within what time they must have come.
const FIRST: Duration = Duration::from_secs(5);

/// The connections of a listener.
#[derive(Debug, Clone)]
pub(crate) struct Sockets {
    most: usize,
    open: Arc<Mutex<Open>>,
}

/// What is counted of them.
#[derive(Debug, Default)]
struct Open {
    total: usize,
    by_address: BTreeMap<IpAddr, usize>,
    refused: u64,
}

/// One connection, counted for as long as it lives.
#[derive(Debug)]
pub(crate) struct Socket {
    stream: TcpStream,
    /// How many of the first bytes are still to come, and until when.
    first: Option<(usize, Pin<Box<Sleep>>)>,
    _seat: Seat,
}

#[derive(Debug)]
struct Seat {
    open: Arc<Mutex<Open>>,
    from: IpAddr,
}

/// Lets this process open as many files as the system allows, and says where so many connections
/// are more than that.
pub(crate) fn make_room(connections: usize) {
    let needed = u64::try_from(connections).unwrap_or(u64::MAX).saturating_add(OTHER_FILES);
    let Ok((soft, hard)) = getrlimit(Resource::RLIMIT_NOFILE) else { return };
    let wanted = needed.max(soft).min(hard);
    if soft < wanted && setrlimit(Resource::RLIMIT_NOFILE, wanted, hard).is_err() {
        tracing::warn!(soft, wanted, "the number of open files could not be raised");
    }
    if hard < needed {
        tracing::warn!(
            hard,
            needed,
            "fewer files may be open than [limits] connections asks for: raise it (LimitNOFILE)"
        );
    }
}

// === impl Sockets ===

impl Sockets {
    pub(crate) fn new(most: usize) -> Self {
        Self { most, open: Arc::default() }
    }

    /// How many connections are open, and how many were refused since the start.
    pub(crate) fn count(&self) -> (usize, u64) {
        let open = lock(&self.open);
        (open.total, open.refused)
    }

    fn take(&self, from: IpAddr) -> Option<Seat> {
        let from = network(from);
        let mut open = lock(&self.open);
        let of_one = open.by_address.get(&from).copied().unwrap_or_default();
        if self.most <= open.total || self.most.div_ceil(2) <= of_one {
            open.refused += 1;
            return None;
        }
        open.total += 1;
        open.by_address.insert(from, of_one + 1);
        Some(Seat { open: Arc::clone(&self.open), from })
    }
}

impl<S> Accept<TcpStream, S> for Sockets {
    type Stream = Socket;
    type Service = S;
    type Future = Ready<Result<(Socket, S)>>;

    fn accept(&self, stream: TcpStream, service: S) -> Self::Future {
        let accepted =
            stream.set_nodelay(true).and_then(|()| stream.peer_addr()).and_then(|peer| {
                let full = || Error::new(ErrorKind::ConnectionRefused, "too many connections");
                let seat = self.take(peer.ip()).ok_or_else(full)?;
                let first = Some((FIRST_BYTES, Box::pin(sleep(FIRST))));
                Ok((Socket { stream, first, _seat: seat }, service))
            });
        ready(accepted)
    }
}

/// What counts as one address: of IPv6 the network, for whoever has one has all of it.
fn network(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V4(address) => address.into(),
        IpAddr::V6(address) => Ipv6Addr::from_bits(address.to_bits() >> 64 << 64).into(),
    }
}

fn lock(open: &Mutex<Open>) -> MutexGuard<'_, Open> {
    open.lock().unwrap_or_else(PoisonError::into_inner)
}

// === impl Seat ===

impl Drop for Seat {
    fn drop(&mut self) {
        let mut open = lock(&self.open);
        open.total = open.total.saturating_sub(1);
        let left = open.by_address.get(&self.from).copied().unwrap_or_default().saturating_sub(1);
        if left == 0 {
            open.by_address.remove(&self.from);
        } else {
            open.by_address.insert(self.from, left);
        }
    }
}

// === impl Socket ===

impl AsyncRead for Socket {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<Result<()>> {
        let before = buf.filled().len();
        let read = Pin::new(&mut self.stream).poll_read(cx, buf);
        let Some((left, until)) = &mut self.first else { return read };
        *left = left.saturating_sub(buf.filled().len() - before);
        if *left == 0 {
            self.first = None;
        } else if read.is_pending() && until.as_mut().poll(cx).is_ready() {
            return Poll::Ready(Err(ErrorKind::TimedOut.into()));
        }
        read
    }
}

impl AsyncWrite for Socket {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &[u8],
    ) -> Poll<Result<usize>> {
        Pin::new(&mut self.stream).poll_write(cx, buf)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Result<()>> {
        Pin::new(&mut self.stream).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bufs: &[IoSlice<'_>],
    ) -> Poll<Result<usize>> {
        Pin::new(&mut self.stream).poll_write_vectored(cx, bufs)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn address(text: &str) -> IpAddr {
        text.parse().unwrap()
    }

    #[test]
    fn nobody_has_more_than_half_and_all_together_no_more_than_the_most() {
        let sockets = Sockets::new(4);
        let mut seats: Vec<_> = (0..2).map(|_| sockets.take(address("10.0.0.1"))).collect();
        assert!(seats.iter().all(Option::is_some));
        assert!(sockets.take(address("10.0.0.1")).is_none(), "half of them");
        seats.push(sockets.take(address("2001:db8::1")));
        seats.push(sockets.take(address("2001:db8::2")));
        assert!(sockets.take(address("2001:db8::3")).is_none(), "the same network");
        assert!(sockets.take(address("10.0.0.2")).is_none(), "all of them");
        assert_eq!(sockets.count(), (4, 3));
        seats.remove(0);
        assert!(sockets.take(address("10.0.0.2")).is_some());
    }
}
