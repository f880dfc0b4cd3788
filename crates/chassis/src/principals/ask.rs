//! Asks an AAR for the list, so that who is revoked is refused here within a second.

use std::sync::Arc;
use std::time::Duration;

use axum::http::HeaderValue;
use bytes::Bytes;
use client::{Ask, AskError, Got, Method, Retry};
use protocol::Role;
use tokio::time::Instant;

use super::kept::Kept;
use super::list::Said;
use super::{Context, Heard, SKEW_MS};
use crate::refresh::report_chain;

/// With AAR's own reading of CRYPTO, within a second.
const EVERY: Duration = Duration::from_millis(500);

/// While there is no list: nobody but modules is served until it comes.
const EVERY_FIRST: Duration = Duration::from_millis(100);

/// From the asking to the answer.
const DEADLINE: Duration = Duration::from_secs(2);

/// A hundred bytes a principal: tens of thousands of them.
const ANSWER_LIMIT: usize = 8 * 1024 * 1024;

/// Why no list came.
#[derive(Debug, thiserror::Error)]
enum NoList {
    #[error("nobody answered")]
    Ask(#[from] AskError),
    #[error("the answer has status {0}")]
    Refused(u16),
    #[error("the answer is no list of principals")]
    Malformed,
}

/// What the asking remembers from one time to the next.
#[derive(Debug)]
struct Asking {
    kept: Kept,
    /// Whether the number alone says nothing: an AAR's list was older than ours; or we have not
    /// asked for a while, in which CRYPTO may have been restored and have come to our number again.
    doubt: bool,
    /// Whether the last asking failed: it is said once when AAR goes, and once when it is back.
    away: bool,
}

/// Takes the copy of the disk, then asks until the stop; an AAR, which reads CRYPTO, does not.
pub(crate) async fn run(ctx: Arc<Context>) {
    let now_ms = ctx.clock.now_ms();
    let (kept, list) = Kept::open(&ctx.config.state, now_ms);
    if let Some(list) = list {
        ctx.principals.recall(list, now_ms);
    }
    let mut asking = Asking { kept, doubt: true, away: false };
    let mut moved = ctx.map.watch();
    loop {
        let heard = asking.ask(&ctx).await;
        asking.doubt |= heard.is_err();
        asking.tell(heard);
        let known = ctx.principals.load(ctx.clock.now_ms());
        if let Some(list) = &known {
            asking.kept.keep(list).await;
        }
        let every = if known.is_some() { EVERY } else { EVERY_FIRST };
        let next = async {
            tokio::select! {
                () = tokio::time::sleep(every) => {}
                // AAR may be elsewhere now.
                Ok(()) = moved.changed() => {}
            }
        };
        if ctx.tasks.stop().run_until_cancelled(next).await.is_none() {
            return;
        }
    }
}

// === impl Asking ===

impl Asking {
    /// Asks an AAR; where that has no list, or has not seen CRYPTO for a while, its twin as well:
    /// what was revoked meanwhile only the twin knows.
    async fn ask(&mut self, ctx: &Context) -> Result<(), NoList> {
        let (ask, known) = (self.question(ctx), ctx.map.load());
        let pair = known.endpoints(Role::Aar);
        let got = ctx.client.ask(pair, &ask).await?;
        let heard = self.hear(ctx, &got);
        let fresh = |as_of_ms: &i64| ctx.clock.now_ms().saturating_sub(*as_of_ms) <= SKEW_MS;
        if heard.as_ref().is_ok_and(fresh) {
            return Ok(());
        }
        let Some(twin) = pair.present().find(|it| it.addr != got.addr) else {
            return heard.map(drop);
        };
        let of_twin = match ctx.client.ask_one(twin, &ask).await {
            Ok(got) => self.hear(ctx, &got),
            Err(error) => Err(error.into()),
        };
        heard.or(of_twin).map(drop)
    }

    fn question(&self, ctx: &Context) -> Ask {
        let ours = ctx.principals.load(ctx.clock.now_ms()).map(|list| list.changed());
        let path = match ours.filter(|_| !self.doubt) {
            Some(changed) => format!("/principals?after={changed}"),
            None => "/principals".to_owned(),
        };
        Ask {
            method: Method::GET,
            path,
            content_type: HeaderValue::from_static(""),
            headers: Vec::new(),
            body: Bytes::new(),
            deadline: Instant::now() + DEADLINE,
            retry: Retry::Safe,
            answer_limit: ANSWER_LIMIT,
        }
    }

    /// Takes what an AAR says, and gives the time at which that saw CRYPTO.
    fn hear(&mut self, ctx: &Context, got: &Got) -> Result<i64, NoList> {
        if got.status != 200 {
            return Err(NoList::Refused(got.status));
        }
        let now_ms = ctx.clock.now_ms();
        match Said::read(&got.body, now_ms).ok_or(NoList::Malformed)? {
            Said::Whole(list) => {
                let as_of_ms = list.as_of_ms();
                self.doubt = ctx.principals.hear(list, now_ms) == Heard::Older;
                Ok(as_of_ms)
            }
            Said::Same { changed, as_of_ms } => {
                ctx.principals.confirm(changed, as_of_ms);
                Ok(as_of_ms)
            }
        }
    }

    fn tell(&mut self, heard: Result<(), NoList>) {
        let was_away = std::mem::replace(&mut self.away, heard.is_err());
        match heard {
            Ok(()) if was_away => tracing::info!("an AAR gives the list of principals again"),
            Err(error) if !was_away => {
                tracing::warn!(error = %report_chain(&error),
                    "no AAR gives the list of principals; the last one is good for a day");
            }
            Ok(()) | Err(_) => {}
        }
    }
}
