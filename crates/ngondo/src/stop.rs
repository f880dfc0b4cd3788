//! Waits for the user to have had enough.

use tokio::signal::unix::{SignalKind, signal};

/// Returns at Ctrl-C or SIGTERM; at once where neither can be heard.
///
/// # Cancel safety
///
/// Dropping it forgets nothing: a later call hears later signals.
pub(crate) async fn asked() {
    let (Ok(mut terminate), Ok(mut interrupt)) =
        (signal(SignalKind::terminate()), signal(SignalKind::interrupt()))
    else {
        return;
    };
    tokio::select! {
        _ = terminate.recv() => {}
        _ = interrupt.recv() => {}
    }
}
