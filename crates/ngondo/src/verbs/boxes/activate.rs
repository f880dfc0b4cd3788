//! Activation is a command, not a verb of the management interface: one a box.

use protocol::{
    Activate, ActivationCode, Answer, Command, Date, DeviceId, Msisdn, Outcome, RequestId,
    Subscriber,
};
use serde_json::json;
use uuid::Uuid;

use super::bulk::Tally;
use super::{about, changed, chosen};
use crate::cli::{ChosenArgs, FilterArgs};
use crate::error::{Failure, misused};
use crate::said;
use crate::verbs::Run;

/// What is said of the box.
#[derive(Debug)]
pub(super) struct Ask {
    pub(super) code: Option<ActivationCode>,
    pub(super) until: Option<Date>,
    pub(super) subscriber: Option<Subscriber>,
    pub(super) msisdn: Option<Msisdn>,
}

/// Activates one box, or many as an operator.
pub(super) async fn run(run: &Run<'_>, args: &ChosenArgs, ask: Ask) -> Result<(), Failure> {
    let plain = args.from.is_none() && args.filter == FilterArgs::default();
    if let ([device], true, false) = (args.devices.as_slice(), plain, args.preview) {
        return one(run, *device, ask).await;
    }
    if ask.code.is_some() || ask.subscriber.is_some() || ask.msisdn.is_some() {
        return Err(misused!("boxes-of-one"));
    }
    if args.preview {
        return chosen::preview(run, args).await;
    }
    let targets = chosen::gather(run, args).await?;
    many(run, &targets, ask.until).await
}

async fn one(run: &Run<'_>, device: DeviceId, ask: Ask) -> Result<(), Failure> {
    let Ask { code, until, subscriber, msisdn } = ask;
    let by_code = code.is_some();
    let activate = Activate { device: Some(device), code, until, subscriber, msisdn, ..fresh() };
    let answer = run.door()?.command(Command::Activate(activate)).await?;
    if answer.outcome().is_refusal() {
        let failure = Failure::of(&answer);
        return Err(if by_code { failure } else { about(device, failure) });
    }
    changed(run, device, "active");
    Ok(())
}

/// One after the other: each is a command of its own, and doing it twice changes nothing.
async fn many(
    run: &Run<'_>,
    targets: &[chosen::Target],
    until: Option<Date>,
) -> Result<(), Failure> {
    let door = run.door()?;
    let total = u64::try_from(targets.len()).unwrap_or(u64::MAX);
    let bar = run.out.bar(total, &said!("boxes-changing"));
    let mut tally = Tally::default();
    for target in targets {
        let (name, text) = &target.name;
        let named = match *name {
            "box" => Activate { device: text.parse().ok(), ..fresh() },
            "macaddr" => Activate { macaddr: text.parse().ok(), ..fresh() },
            _ => return Err(misused!("boxes-activate-names")),
        };
        let activate = Activate { until, ..named };
        let answer = door.command(Command::Activate(activate)).await?;
        bar.suspend(|| tally.count(run, target, &shown(&answer)));
        bar.inc(1);
    }
    bar.finish_and_clear();
    tally.end(run)
}

fn fresh() -> Activate {
    Activate { request: Some(RequestId::from_uuid(Uuid::new_v4())), ..Activate::default() }
}

fn shown(answer: &Answer) -> serde_json::Value {
    match answer {
        Answer::Refused(refused) => {
            let reason = refused.reason.as_ref().map(ToString::to_string);
            json!({ "result": answer.outcome().as_str(), "reason": reason })
        }
        _ if answer.outcome() == Outcome::Ok => json!({ "result": "OK", "state": "active" }),
        _ => json!({ "result": answer.outcome().as_str() }),
    }
}
