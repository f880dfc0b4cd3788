//! `replace`: another key takes over the customer, and the history, of a box that broke.

use chassis::fields::{Fields, Malformed};
use chassis::{ManageCall, Managed};
use crypto::random;
use protocol::{DeviceId, Outcome};
use serde_json::json;
use store::{Act, Device, Place, State};

use super::change::Work;
use super::wish::{Ask, Wish, why};
use super::{Done, conflict, no_such_box, refused, several_boxes};
use crate::desk::{Asker, Desk};
use crate::error::Error;
use crate::find::{NAMES, Named};

/// Replaces a box by another: `{"request", "box" | "imei" | "serial" | "macaddr", "by", "reason"?}`.
///
/// The other one must be registered and not yet sold. It gets customer, end date, group and tags,
/// and serves; the replaced one is retired, or stays stolen.
pub(super) async fn replace(desk: &Desk<'_>, call: &ManageCall) -> Done {
    let (ask, named, by) = match read(call) {
        Ok(read) => read,
        Err(malformed) => return Ok(Err(malformed)),
    };
    let mut work = Work::begin(desk, call).await?;
    let old = match <[Device; 1]>::try_from(named.lock(&mut work.tx, desk.vault()).await?) {
        Ok([device]) => device,
        Err(none) if none.is_empty() => return Ok(Ok(no_such_box())),
        Err(_) => return Ok(Ok(several_boxes())),
    };
    let Some(new) = work.tx.device(by).await? else {
        return Ok(Ok(refused(Outcome::CodeUnknown, "by: no such box")));
    };
    if let Some(event) = work.tx.event_by_request(new.id, ask.request.uuid()).await? {
        let same = event.act == Act::Replace && new.replaces == Some(old.id);
        let other = || Err(Malformed("request: known with another verb".to_owned()));
        return Ok(if same { Ok(done(&old, &new)) } else { other() });
    }
    if let Some(refused) = unfit(&old, &new) {
        return Ok(Ok(refused));
    }
    let (left, follows) = handed_over(desk, &old, &new)?;
    let managed = done(&left, &follows);
    let detail = json!({ "by": follows.id.to_string() });
    work.write(&ask, (old, left), Act::Replaced, detail).await?;
    let detail = json!({ "replaces": follows.replaces.map(|it| it.to_string()) });
    work.write(&ask, (new, follows), Act::Replace, detail).await?;
    work.end().await?;
    Ok(Ok(managed))
}

fn read(call: &ManageCall) -> Result<(Ask, Named, DeviceId), Malformed> {
    let known = [NAMES.as_slice(), &["request", "by", "reason"]].concat();
    let fields = Fields::read(&call.body, &known)?;
    let asker = Asker::of(call);
    let wish = Wish::State(Act::Replace);
    let ask = Ask { wish, request: fields.need("request")?, why: why(&fields)?, asker };
    Ok((ask, Named::of(&fields)?, fields.need("by")?))
}

/// Why one cannot follow the other.
fn unfit(old: &Device, new: &Device) -> Option<Managed> {
    match (old.state, new.state) {
        (State::Registered, _) => Some(refused(Outcome::NotActivated, "the box is registered")),
        (_, State::Registered) => None,
        (_, state) => Some(conflict(&format!("by: it is {state}, not registered"))),
    }
}

/// Both boxes as they are from then on.
fn handed_over(desk: &Desk<'_>, old: &Device, new: &Device) -> Result<(Device, Device), Error> {
    let state = if old.state == State::Suspended { State::Suspended } else { State::Active };
    let follows = Device {
        state,
        subscriber: moved(desk, old.subscriber.as_ref(), Place::Subscriber, (old.id, new.id))?,
        msisdn: moved(desk, old.msisdn.as_ref(), Place::Msisdn, (old.id, new.id))?,
        until: old.until,
        labels: old.labels.clone(),
        replaces: Some(old.id),
        activation: None,
        ..new.clone()
    };
    let state = if old.state == State::Stolen { State::Stolen } else { State::Retired };
    let left = Device { state, subscriber: None, msisdn: None, ..old.clone() };
    Ok((left, follows))
}

/// Seals a text of one box for another.
fn moved(
    desk: &Desk<'_>,
    sealed: Option<&Vec<u8>>,
    place: Place,
    (from, to): (DeviceId, DeviceId),
) -> Result<Option<Vec<u8>>, Error> {
    let Some(sealed) = sealed else { return Ok(None) };
    let text = desk.vault().text(&place.of(from), sealed)?;
    desk.vault().seal(&place.of(to), text.as_bytes(), &mut random::system()).map(Some)
}

fn done(old: &Device, new: &Device) -> Managed {
    let shown = json!({
        "result": Outcome::Ok.as_str(),
        "box": old.id.to_string(),
        "state": old.state.as_str(),
        "by": { "box": new.id.to_string(), "state": new.state.as_str() },
    });
    let mut managed = Managed::json(Outcome::Ok, shown);
    managed.note.device = Some(new.id);
    managed
}
