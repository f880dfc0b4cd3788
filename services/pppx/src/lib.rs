//! The proxy: the one door of the back office.
//!
//! A command comes in at [`Pppx::answer`]. What needs no server is answered at the door; the rest
//! goes to its role's servers under a bridge of ours and comes back under our name. PPPX keeps
//! nothing, so either of the two serves any request.

mod door;
mod hop;
mod init;
mod pass;
mod route;
mod watch;

use std::sync::Arc;

use bytes::Bytes;
use chassis::{Answered, Call, Context, ManageCall, Managed, Service, StartError};
use protocol::{Role, Verb};
use tokio::sync::mpsc;

/// The proxy.
#[derive(Debug)]
pub struct Pppx {
    ctx: Arc<Context>,
}

impl Service for Pppx {
    const ROLE: Role = Role::Pppx;

    async fn build(ctx: Arc<Context>) -> Result<Self, StartError> {
        Ok(Self { ctx })
    }

    async fn answer(&self, call: Call) -> Answered {
        if let Some(answered) = door::answer(&call) {
            return answered;
        }
        match (call.verb(), call.verb().role()) {
            (Verb::Init, _) => init::answer(&self.ctx, &call).await,
            (_, Some(role)) => hop::send(&self.ctx, role, &call).await,
            (_, None) => door::not_ours(call.verb()),
        }
    }

    async fn manage(&self, call: ManageCall) -> Managed {
        pass::pass(&self.ctx, &call).await
    }

    fn follow(&self, query: &str, into: &mpsc::Sender<Bytes>) {
        watch::follow(&self.ctx, query, into);
    }
}
