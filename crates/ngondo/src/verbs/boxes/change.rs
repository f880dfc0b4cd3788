//! Changes of boxes: one by itself, many with a result for each.

use protocol::{DeviceId, DeviceTag};
use serde_json::{Map, Value, json};

use super::{about, bulk, changed, chosen, done};
use crate::cli::{ChangeArgs, FilterArgs, TagArgs, UntilArgs};
use crate::error::{Failure, misused};
use crate::said;
use crate::verbs::Run;

/// `suspend`, `resume`, `retire`, `stolen` and `delete`.
pub(super) async fn state(run: &Run<'_>, verb: &str, args: ChangeArgs) -> Result<(), Failure> {
    change(run, verb, Map::new(), args).await
}

/// Sets an end date, or takes it away.
pub(super) async fn until(run: &Run<'_>, args: UntilArgs) -> Result<(), Failure> {
    let until = args.date.map_or(Value::Null, |it| it.to_string().into());
    change(run, "until", Map::from_iter([("until".to_owned(), until)]), args.change).await
}

/// Gives tags and a group, or takes them away.
pub(super) async fn tag(run: &Run<'_>, args: TagArgs) -> Result<(), Failure> {
    let words = |tags: &[DeviceTag]| tags.iter().map(ToString::to_string).collect::<Vec<_>>();
    let mut wish = Map::new();
    for (name, tags) in [("add", &args.add), ("remove", &args.remove)] {
        if !tags.is_empty() {
            wish.insert(name.to_owned(), words(tags).into());
        }
    }
    if args.into.is_some() || args.ungroup {
        let group = args.into.map_or(Value::Null, |it| it.as_str().into());
        wish.insert("group".to_owned(), group);
    }
    if wish.is_empty() {
        return Err(misused!("boxes-no-tag"));
    }
    change(run, "tag", wish, args.change).await
}

/// Lets another key take over the customer of a broken one.
pub(super) async fn replace(
    run: &Run<'_>,
    device: DeviceId,
    by: DeviceId,
    reason: Option<String>,
) -> Result<(), Failure> {
    let mut wish = Map::from_iter([("by".to_owned(), by.to_string().into())]);
    wish.extend(reason.map(|it| ("reason".to_owned(), it.into())));
    let answer = one(run, "replace", wish, device).await?;
    run.out.json(&answer);
    let (device, by) = (device.to_string(), by.to_string());
    run.out.say(&said!("box-replaced", device = device, by = by));
    Ok(())
}

async fn change(
    run: &Run<'_>,
    verb: &str,
    mut wish: Map<String, Value>,
    args: ChangeArgs,
) -> Result<(), Failure> {
    wish.extend(args.reason.map(|it| ("reason".to_owned(), it.into())));
    let chosen = args.chosen;
    let plain = chosen.from.is_none() && chosen.filter == FilterArgs::default();
    if let ([device], true, false) = (chosen.devices.as_slice(), plain, chosen.preview) {
        let answer = one(run, verb, wish, *device).await?;
        let state = answer.get("state").and_then(Value::as_str).unwrap_or(verb).to_owned();
        changed(run, *device, &state);
        if answer.get("unchanged").is_some() {
            run.out.say(&said!("box-unchanged"));
        }
        return Ok(());
    }
    if chosen.preview {
        return chosen::preview(run, &chosen).await;
    }
    let targets = chosen::gather(run, &chosen).await?;
    bulk::change(run, verb, wish, &targets).await
}

/// Changes one box; run again after a lost answer, it is the same request.
async fn one(
    run: &Run<'_>,
    verb: &str,
    wish: Map<String, Value>,
    device: DeviceId,
) -> Result<Value, Failure> {
    let mut body = json!({ "box": device.to_string() });
    if let Some(body) = body.as_object_mut() {
        body.extend(wish);
    }
    let begun = run.journal()?.begin(&format!("box-{verb}"), &body.to_string())?;
    if let Some(body) = body.as_object_mut() {
        body.insert("request".to_owned(), begun.request.to_string().into());
    }
    let answered = run.door()?.manage(&format!("/v1/boxes/{verb}"), &body).await;
    // Whatever was answered, it was answered; without an answer the same request is sent again.
    if !answered.as_ref().is_err_and(|failure| failure.outcome().is_none()) {
        begun.done()?;
    }
    answered.and_then(done).map_err(|failure| about(device, failure))
}
