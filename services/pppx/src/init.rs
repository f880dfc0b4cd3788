//! INIT: both LBs hear it, the first good answer is passed on.

use std::sync::Arc;

use chassis::{Answered, Call, Context};
use client::{Ask, AskError, Endpoint, Got};
use protocol::{Answer, Outcome, Role};
use tokio::task::JoinHandle;

use crate::hop;

type Asked = JoinHandle<Result<Got, AskError>>;

/// Asks both LBs at once: it is a heartbeat too, so the slower one hears it as well.
///
/// Source: protocol.md §3 (INIT)
pub(crate) async fn answer(ctx: &Arc<Context>, call: &Call) -> Answered {
    let known = ctx.map.load();
    let ask = hop::ask(&hop::starred(call), call.deadline);
    let mut asked = known.endpoints(Role::Lb).present().map(|lb| spawn(ctx, lb, &ask));
    match (asked.next(), asked.next()) {
        (Some(first), Some(second)) => first_good(first, second, call).await,
        (Some(only), None) => judge(only.await, call),
        (None, _) => hop::unanswered(call.verb(), AskError::NoServer),
    }
}

fn spawn(ctx: &Arc<Context>, lb: &Endpoint, ask: &Ask) -> Asked {
    let (ctx, lb, ask) = (Arc::clone(ctx), lb.clone(), ask.clone());
    let tasks = ctx.tasks.clone();
    tasks.spawn(async move { ctx.client.ask_one(&lb, &ask).await })
}

async fn first_good(mut first: Asked, mut second: Asked, call: &Call) -> Answered {
    let (early, late) = tokio::select! {
        early = &mut first => (early, second),
        early = &mut second => (early, first),
    };
    let mut early = judge(early, call);
    early.note.attempts = 2;
    if is_good(&early) {
        return early;
    }
    let mut late = judge(late.await, call);
    late.note.attempts = 2;
    if is_good(&late) { late } else { early }
}

fn judge(asked: Result<Result<Got, AskError>, tokio::task::JoinError>, call: &Call) -> Answered {
    match asked {
        Ok(Ok(got)) => match hop::read(&got, call) {
            Some(answer) => hop::answered(answer, &got),
            None => hop::answered(Answer::refused(call.verb(), Outcome::Failed), &got),
        },
        Ok(Err(error)) => hop::unanswered(call.verb(), error),
        Err(_ended) => Answer::refused(call.verb(), Outcome::Failed).into(),
    }
}

fn is_good(answered: &Answered) -> bool {
    answered.answer.outcome() == Outcome::Ok
}
