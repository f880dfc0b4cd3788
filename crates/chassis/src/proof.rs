//! Who sends a request, by its toki; and the seal of its answer.
//!
//! A request is judged when its body has come and before anything of it is parsed: what the seal
//! covers is the head and the bytes of the body. Every answer to a toki that is good is sealed.
//!
//! Source: toki.md §5 (What a seal covers), §6 (Refusals)

use std::net::IpAddr;
use std::sync::Arc;

use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use crypto::{random, sha256};
use protocol::PrincipalName;
use toki::{Admitted, AnswerHeaders, Callee};

use crate::context::Context;
use crate::failures::Failures;
use crate::headers::{self, BRIDGE, CLIENT, DEADLINE_MS, PRINCIPAL};
use crate::legacy::Legacy;
use crate::principals::Standing;
use crate::refusal::Refusal;

const TOKI: HeaderName = HeaderName::from_static(toki::header::TOKI);
const KEY: HeaderName = HeaderName::from_static(toki::header::KEY);
const ERROR: HeaderName = HeaderName::from_static(toki::header::ERROR);

/// Who sends a request, as far as that is proved.
#[derive(Debug)]
pub(crate) enum Proved {
    /// Nobody says who.
    Nobody,
    /// A client of the first Oscartoki, which counts as a principal that an ini names.
    Legacy {
        /// Whose rights it has.
        principal: PrincipalName,
        /// What its answer carries.
        answer: AnswerHeaders,
    },
    /// A principal, whose seal is good.
    By(Admitted),
    /// Somebody whose toki is not good.
    Refused {
        /// Why, and what he is told.
        refused: toki::Refused,
        /// Whether so many seals failed that he is told to slow down.
        slow_down: bool,
    },
}

/// What judges the tokis that come to one service.
#[derive(Debug)]
pub(crate) struct Gate {
    callee: Callee,
    failures: Failures,
    legacy: Option<Legacy>,
}

// === impl Proved ===

impl Proved {
    /// The principal, where one is proved.
    pub(crate) fn principal(&self) -> Option<PrincipalName> {
        match self {
            Self::By(admitted) => Some(*admitted.from()),
            Self::Legacy { principal, .. } => Some(*principal),
            Self::Nobody | Self::Refused { .. } => None,
        }
    }

    /// Who says that he sends it; only [`Proved::principal`] is proved.
    pub(crate) fn claimed(&self) -> Option<PrincipalName> {
        match self {
            Self::Refused { refused, .. } => refused.claimed,
            Self::Nobody | Self::Legacy { .. } | Self::By(_) => self.principal(),
        }
    }

    /// The word in the report, in the numbers and in the feed.
    ///
    /// Source: architecture.md (REPORT, `toki`)
    pub(crate) fn verdict(&self) -> &'static str {
        match self {
            Self::Nobody => "none",
            Self::Legacy { .. } => "legacy",
            Self::By(_) => "ok",
            Self::Refused { refused, .. } => refused.refusal.as_str(),
        }
    }

    /// Why the request goes no further, where its toki is not good.
    pub(crate) fn refusal(&self) -> Option<Refusal> {
        let Self::Refused { slow_down, .. } = self else { return None };
        Some(if *slow_down {
            Refusal::new(StatusCode::TOO_MANY_REQUESTS, "too many tokis of that name have failed")
        } else {
            Refusal::new(StatusCode::UNAUTHORIZED, "the toki is refused: see oscartoki-error")
        })
    }

    /// Adds to an answer's headers what proves it to whoever asked; `body` is empty for a stream.
    pub(crate) fn seal(&self, headers: &mut HeaderMap, (status, body, now_ms): (u16, &[u8], i64)) {
        let said = match self {
            Self::Nobody => return,
            Self::Refused { refused, .. } => {
                put(headers, ERROR, refused.header.clone());
                return;
            }
            Self::Legacy { answer, .. } => answer.clone(),
            Self::By(admitted) => {
                let content_type = headers::text(headers, &header::CONTENT_TYPE);
                let content_type = content_type.unwrap_or_default();
                let answer = toki::Answer { status, content_type, body: sha256(body) };
                admitted.answer(&answer, now_ms)
            }
        };
        let AnswerHeaders { toki, key } = said;
        put(headers, TOKI, toki);
        put(headers, KEY, key);
    }
}

// === impl Gate ===

impl Gate {
    pub(crate) fn new(callee: Callee, legacy: Option<Legacy>) -> Self {
        Self { callee, failures: Failures::default(), legacy }
    }

    /// The end that is called.
    pub(crate) fn callee(&self) -> &Callee {
        &self.callee
    }

    /// What lets clients of the first Oscartoki in, where an ini says so.
    pub(crate) fn legacy(&self) -> Option<&Legacy> {
        self.legacy.as_ref()
    }

    /// Judges who sends a request.
    pub(crate) fn judge(&self, head: &Parts, body: &[u8], (ip, now_ms): (IpAddr, i64)) -> Proved {
        let Some(given) = given(&head.headers) else { return Proved::Nobody };
        let target = head.uri.path_and_query().map_or("/", |it| it.as_str());
        let text = |name: HeaderName| headers::text(&head.headers, &name).unwrap_or_default();
        let cmd = toki::canon::command(target, text(PRINCIPAL), text(CLIENT));
        if let Some(legacy) = &self.legacy
            && let Some((principal, answer)) = legacy.admits(given, &cmd, now_ms)
        {
            return Proved::Legacy { principal, answer };
        }
        let request = toki::Request {
            method: head.method.as_str(),
            target,
            authority: head.uri.authority().map_or(text(header::HOST), |it| it.as_str()),
            content_type: text(header::CONTENT_TYPE),
            body: sha256(body),
            cmd: &cmd,
            bridge: text(BRIDGE),
            deadline: text(DEADLINE_MS),
            exporter: None,
        };
        match self.callee.verify(given, &request, now_ms, &mut random::system()) {
            Ok(admitted) => Proved::By(admitted),
            Err(refused) => {
                if let (toki::Refusal::BadChain, Some(caller)) = (refused.refusal, refused.claimed)
                {
                    let said = "two hold one session: somebody has copied a caller's state";
                    tracing::error!(%caller, peer = %ip, "{said}");
                }
                let slow_down = refused.refusal == toki::Refusal::BadSeal
                    && refused.claimed.is_some_and(|it| self.failures.too_many(ip, it, now_ms));
                Proved::Refused { refused, slow_down }
            }
        }
    }
}

/// Ends the sessions of whoever is revoked, with each change of the list, until the stop. It is the
/// rights that refuse them; this keeps what is told of open sessions true.
pub(crate) async fn end_revoked(ctx: Arc<Context>, gate: Arc<Gate>) {
    let mut changed = ctx.principals.watch();
    while let Some(Ok(())) = ctx.tasks.stop().run_until_cancelled(changed.changed()).await {
        for name in gate.callee.sessions().into_keys() {
            if matches!(ctx.standing(&name), Standing::Known(it) if it.revoked) {
                gate.callee.forget(&name);
                tracing::info!(principal = %name, "revoked: its sessions have ended");
            }
        }
    }
}

/// Whether a request has a toki, good or not.
pub(crate) fn is_there(headers: &HeaderMap) -> bool {
    headers.contains_key(TOKI)
}

/// The one toki of a request. One that is repeated or no text is no toki: nothing reads so.
fn given(headers: &HeaderMap) -> Option<&str> {
    let mut all = headers.get_all(TOKI).iter();
    let first = all.next()?;
    Some(if all.next().is_none() { first.to_str().unwrap_or_default() } else { "" })
}

fn put(headers: &mut HeaderMap, name: HeaderName, value: String) {
    if let Ok(value) = HeaderValue::try_from(value) {
        headers.insert(name, value);
    }
}
