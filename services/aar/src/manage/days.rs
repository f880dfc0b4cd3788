//! `history` and `usage`: what was, page by page.

use chassis::fields::{Fields, Malformed};
use protocol::{Date, DeviceId};
use serde_json::{Value, json};
use store::{Device, Usage};
use uuid::Uuid;

use super::look::chain;
use super::{Done, lines, no_such_box, several_boxes, view};
use crate::desk::Desk;
use crate::find::{NAMES, Named};

/// Rows of a page, unless the request says otherwise.
const LIMIT: u32 = 100;

/// The most rows of a page.
const LIMIT_MAX: u32 = 1_000;

/// Lists what was done to a box and to those that it replaced, newest first:
/// `{"box" | "imei" | "serial" | "macaddr", "limit"?, "after"?}`.
pub(super) async fn history(desk: &Desk<'_>, body: &[u8]) -> Done {
    let read = || {
        let fields = Fields::read(body, &[NAMES.as_slice(), &["limit", "after"]].concat())?;
        let after = fields.text("after")?.map(before).transpose()?;
        Ok((Named::of(&fields)?, fields.count("limit", LIMIT, LIMIT_MAX)?, after))
    };
    let (named, limit, after) = match read() {
        Ok(read) => read,
        Err(malformed) => return Ok(Err(malformed)),
    };
    let device = match <[Device; 1]>::try_from(named.read(&desk.store, desk.vault()).await?) {
        Ok([device]) => device,
        Err(none) if none.is_empty() => return Ok(Ok(no_such_box())),
        Err(_) => return Ok(Ok(several_boxes())),
    };
    let events = desk.store.history(&chain(desk, &device).await?, after, limit).await?;
    let last = events.last().filter(|_| full(events.len(), limit)).map(|it| it.id.to_string());
    let rows: Result<Vec<_>, _> =
        events.iter().map(|it| view::event(desk, it, device.id)).collect();
    let mut managed = lines(&rows?, last.map(Value::from));
    managed.note.device = Some(device.id);
    Ok(Ok(managed))
}

/// Where a page of a history goes on: behind this event.
fn before(text: &str) -> Result<(i64, Uuid), Malformed> {
    let wrong = || Malformed("after: it is not a UUID".to_owned());
    let id = Uuid::parse_str(text).map_err(|_| wrong())?;
    let (seconds, nanos) = id.get_timestamp().ok_or_else(wrong)?.to_unix();
    let ms = seconds.saturating_mul(1_000).saturating_add(u64::from(nanos / 1_000_000));
    Ok((i64::try_from(ms).map_err(|_| wrong())?, id))
}

/// What usage is asked for.
enum Of {
    /// The days of one box.
    Box(Named, Option<Date>),
    /// The boxes of one day.
    Day(Date, Option<DeviceId>),
}

/// Lists the days of a box, newest first: `{"box" | ..., "limit"?, "after"?}`; or the boxes of a
/// day, in the order of their ids: `{"day", "limit"?, "after"?}`.
pub(super) async fn usage(desk: &Desk<'_>, body: &[u8]) -> Done {
    let (of, limit) = match usage_of(body) {
        Ok(read) => read,
        Err(malformed) => return Ok(Err(malformed)),
    };
    let (rows, after) = match of {
        Of::Day(day, after) => {
            let after = after.unwrap_or(DeviceId::from_bytes([0; 16]));
            let rows = desk.store.usage_on(day, after, limit).await?;
            let last = rows.last().map(|it| it.device.to_string());
            (rows, last)
        }
        Of::Box(named, before) => {
            let device = match <[Device; 1]>::try_from(named.read(&desk.store, desk.vault()).await?)
            {
                Ok([device]) => device,
                Err(none) if none.is_empty() => return Ok(Ok(no_such_box())),
                Err(_) => return Ok(Ok(several_boxes())),
            };
            let rows = desk.store.usage_of(device.id, before, limit).await?;
            let last = rows.last().map(|it| it.day.to_string());
            (rows, last)
        }
    };
    let after = after.filter(|_| full(rows.len(), limit));
    Ok(Ok(lines(&rows.iter().map(row).collect::<Vec<_>>(), after.map(Value::from))))
}

fn usage_of(body: &[u8]) -> Result<(Of, u32), Malformed> {
    let fields = Fields::read(body, &[NAMES.as_slice(), &["day", "limit", "after"]].concat())?;
    let limit = fields.count("limit", LIMIT, LIMIT_MAX)?;
    let of = match fields.parse("day")? {
        Some(day) => Of::Day(day, fields.parse("after")?),
        None => Of::Box(Named::of(&fields)?, fields.parse("after")?),
    };
    Ok((of, limit))
}

fn full(rows: usize, limit: u32) -> bool {
    u32::try_from(rows).is_ok_and(|rows| rows == limit)
}

fn row(usage: &Usage) -> Value {
    json!({
        "box": usage.device.to_string(),
        "day": usage.day.to_string(),
        "auths": usage.auths,
        "good": usage.good,
        "online_s": usage.online_s,
        "first": view::time(usage.first_ms),
        "last": view::time(usage.last_ms),
    })
}
