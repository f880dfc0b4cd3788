//! A panic in a service is its defect: the client gets `FAILED`, the report its row.

use std::future::poll_fn;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::pin;
use std::task::Poll;

/// The work ended by a panic, which the log has.
#[derive(Debug)]
pub(crate) struct Panicked;

/// Does the work, and stops a panic in it from ending more than the work.
///
/// What the work held is dropped; what it shares must stand a panic, as locks that are taken over
/// when poisoned do.
pub(crate) async fn caught<F: Future>(work: F) -> Result<F::Output, Panicked> {
    let mut work = pin!(work);
    poll_fn(|cx| match catch_unwind(AssertUnwindSafe(|| work.as_mut().poll(cx))) {
        Ok(Poll::Pending) => Poll::Pending,
        Ok(Poll::Ready(output)) => Poll::Ready(Ok(output)),
        Err(_payload) => Poll::Ready(Err(Panicked)),
    })
    .await
}
