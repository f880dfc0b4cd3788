//! `alerts/list` and `alerts/ack`: what somebody should look at.

use chassis::fields::{Fields, Malformed};
use chassis::{ManageCall, Managed};
use crypto::Purpose;
use protocol::{Outcome, RequestId, Time};
use serde_json::{Map, Value, json};
use store::{Ack, Alert, Alerts, Entry, Seen};

use crate::desk::{Asker, Desk};
use crate::error::Error;
use crate::manage::{Done, lines, refused};

/// Rows of a page, unless the request says otherwise.
const LIMIT: u32 = 100;

/// The most rows of a page.
const LIMIT_MAX: u32 = 1_000;

/// Lists alerts, newest first: `{"state"?, "limit"?, "after"?}`, where `state` is `open`, which
/// holds where it is absent, or `all`.
pub(crate) async fn list(desk: &Desk<'_>, body: &[u8]) -> Done {
    let (which, before, limit) = match page(body) {
        Ok(page) => page,
        Err(malformed) => return Ok(Err(malformed)),
    };
    let found = desk.store.alerts(which, before, limit).await?;
    let full = u32::try_from(found.len()).is_ok_and(|rows| rows == limit);
    let last = found.last().filter(|_| full).map(|it| it.number.into());
    let rows: Vec<_> = found.iter().map(|it| Value::from(row(it))).collect();
    Ok(Ok(lines(&rows, last)))
}

fn page(body: &[u8]) -> Result<(Alerts, Option<i64>, u32), Malformed> {
    let fields = Fields::read(body, &["state", "limit", "after"])?;
    let which = match fields.text("state")? {
        None | Some("open") => Alerts::Open,
        Some("all") => Alerts::All,
        Some(_) => return Err(Malformed("state: it is not open or all".to_owned())),
    };
    let after = fields.count("after", u32::MAX, u32::MAX)?;
    let before = (after != u32::MAX).then(|| i64::from(after));
    Ok((which, before, fields.count("limit", LIMIT, LIMIT_MAX)?))
}

fn row(alert: &Alert) -> Map<String, Value> {
    let time = |unix_ms: i64| Value::from(Time::from_unix_ms(unix_ms).to_string());
    let seen = alert.seen.as_ref();
    let members = [
        ("number", Some(alert.number.into())),
        ("kind", Some(alert.kind.as_str().into())),
        ("subject", Some(alert.subject.as_str().into())),
        ("since", Some(time(alert.since_ms))),
        ("last", Some(time(alert.last_ms))),
        ("times", Some(alert.times.into())),
        ("detail", serde_json::from_str(&alert.detail).ok()),
        ("seen", seen.map(|(at_ms, _)| time(*at_ms))),
        ("seen_by", seen.map(|(_, who)| who.as_str().into())),
        ("over", alert.over_ms.map(time)),
    ];
    members.into_iter().filter_map(|(name, it)| Some((name.to_owned(), it?))).collect()
}

/// Acknowledges one alert: `{"request", "number"}`. One person does; the next is told who did.
pub(crate) async fn ack(desk: &Desk<'_>, call: &ManageCall) -> Done {
    let (request, number) = match wanted(&call.body) {
        Ok(wanted) => wanted,
        Err(malformed) => return Ok(Err(malformed)),
    };
    let who = Asker::of(call).who();
    let seen = Seen { number: number.into(), who, request: request.uuid(), at_ms: desk.now_ms };
    let mut tx = desk.store.begin().await?;
    let alert = match tx.ack_alert(&seen).await? {
        Ack::Done(alert) => {
            tx.audit(&entry(call, &seen, &alert), desk.keys.get(Purpose::Index)?.current()).await?;
            tx.commit().await.map_err(Error::from)?;
            alert
        }
        Ack::Same(alert) => alert,
        Ack::Before(alert) => {
            let by = alert.seen.map_or_else(String::new, |(_, who)| who);
            let reason = format!("acknowledged before, by {by}");
            return Ok(Ok(refused(Outcome::AlreadyRecorded, &reason)));
        }
        Ack::Unknown => return Ok(Ok(refused(Outcome::CodeUnknown, "no such alert"))),
    };
    let mut shown = row(&alert);
    shown.insert("result".to_owned(), Outcome::Ok.as_str().into());
    Ok(Ok(Managed::json(Outcome::Ok, shown.into())))
}

fn wanted(body: &[u8]) -> Result<(RequestId, u32), Malformed> {
    let fields = Fields::read(body, &["request", "number"])?;
    let number = fields.count("number", u32::MAX, u32::MAX)?;
    if number == u32::MAX {
        return Err(Malformed("number: missing".to_owned()));
    }
    Ok((fields.need("request")?, number))
}

fn entry(call: &ManageCall, seen: &Seen, alert: &Alert) -> Entry {
    Entry {
        at_ms: seen.at_ms,
        who: seen.who.clone(),
        verb: "alerts/ack".to_owned(),
        subject: format!("alert/{}", seen.number),
        request: Some(seen.request),
        bridge: call.bridge,
        why: None,
        detail: Some(json!({ "kind": alert.kind.as_str(), "about": alert.subject }).to_string()),
    }
}

#[cfg(test)]
mod tests;
