//! A box as people see it: what is sealed is opened for who may look.

use protocol::{DeviceId, Time};
use serde_json::{Map, Value, json};
use store::{Device, Event, Place};

use crate::desk::Desk;
use crate::error::Error;
use crate::judge::Last;
use crate::vault::Infos;

/// Shows a box: the names of the wire, in one object.
pub(crate) fn row(desk: &Desk<'_>, device: &Device) -> Result<Map<String, Value>, Error> {
    let vault = desk.vault();
    let infos = Infos::open(device, &vault.key(device)?)?;
    let open = |place: Place, sealed: &Option<Vec<u8>>| {
        sealed.as_ref().map(|it| vault.text(&place.of(device.id), it)).transpose()
    };
    let members = [
        ("box", Some(device.id.to_string())),
        ("state", Some(device.state.to_string())),
        ("until", device.until.map(|it| it.to_string())),
        ("macaddr", Some(infos.macaddr)),
        ("imei", infos.imei),
        ("serial", infos.serial),
        ("imsi", infos.imsi),
        ("iccid", infos.iccid),
        ("model", infos.model),
        ("fw", infos.fw),
        ("label", infos.label),
        ("subscriber", open(Place::Subscriber, &device.subscriber)?),
        ("msisdn", open(Place::Msisdn, &device.msisdn)?),
        ("created", Some(time(device.created_ms))),
    ];
    let known =
        members.into_iter().filter_map(|(name, text)| Some((name.to_owned(), text?.into())));
    let mut row: Map<String, Value> = known.collect();
    if let Some(group) = device.labels.group {
        row.insert("group".to_owned(), group.as_str().into());
    }
    if !device.labels.tags().is_empty() {
        let tags = device.labels.tags().iter().map(|it| it.as_str().into());
        row.insert("tags".to_owned(), Value::Array(tags.collect()));
    }
    if let Some(replaces) = device.replaces {
        row.insert("replaces".to_owned(), replaces.to_string().into());
    }
    if device.pending.is_some() {
        row.insert("rekey".to_owned(), "pending".into());
    }
    Ok(row)
}

/// Shows the last AUTH of a box.
pub(crate) fn last(last: &Last) -> Value {
    let mut shown = json!({ "time": time(last.seen_ms), "result": last.outcome.as_str() });
    if let (Some(members), 1..) = (shown.as_object_mut(), last.lease_s) {
        members.insert("lease".to_owned(), last.lease_s.into());
    }
    shown
}

/// Shows what was done to a box, or to one that it replaced.
pub(crate) fn event(desk: &Desk<'_>, event: &Event, of: DeviceId) -> Result<Value, Error> {
    let why = event.why.as_ref();
    let why = why.map(|it| desk.vault().text(&Place::of_reason(event.id), it)).transpose()?;
    let mut shown = json!({
        "time": time(event.at_ms),
        "act": event.act.as_str(),
        "state": event.state.as_str(),
        "who": event.who,
    });
    let box_id = (event.device != of).then(|| event.device.to_string());
    for (name, text) in [("reason", why), ("box", box_id)] {
        if let (Some(members), Some(text)) = (shown.as_object_mut(), text) {
            members.insert(name.to_owned(), text.into());
        }
    }
    Ok(shown)
}

pub(crate) fn time(unix_ms: i64) -> String {
    Time::from_unix_ms(unix_ms).to_string()
}
