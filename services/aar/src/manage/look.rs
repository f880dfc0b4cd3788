//! `list`, `show` and `find`: they change nothing.

use chassis::Managed;
use protocol::{DeviceId, Outcome};
use serde_json::{Map, Value};
use store::{Device, State};

use crate::desk::Desk;
use crate::entry::{TAIL, tail};
use crate::error::Error;
use crate::find::Named;
use crate::manage::fields::Fields;
use crate::manage::{Done, Malformed, lines, no_such_box, several_boxes, view};

/// Rows of a page, unless the request says otherwise.
pub(crate) const LIMIT: u32 = 100;

/// The most rows of a page.
pub(crate) const LIMIT_MAX: u32 = 1_000;

/// The most boxes that are found by a part of something.
const FOUND_MAX: usize = 100;

/// How much of its history a box shows.
const HISTORY: u32 = 50;

/// Lists boxes in the order of their ids: `{"state"?, "limit"?, "after"?}`.
pub(crate) async fn list(desk: &Desk<'_>, body: &[u8]) -> Done {
    let (state, limit, after) = match page(body) {
        Ok(page) => page,
        Err(malformed) => return Ok(Err(malformed)),
    };
    let after = after.unwrap_or(DeviceId::from_bytes([0; 16]));
    let devices = desk.store.devices_after(after, state, limit).await?;
    let full = u32::try_from(devices.len()).is_ok_and(|rows| rows == limit);
    let last = devices.last().filter(|_| full).map(|it| it.id.to_string().into());
    Ok(Ok(lines(&rows(desk, &devices)?, last)))
}

/// Shows one box with its last AUTH and its history: `{"box" | "imei" | "serial" | "macaddr"}`.
pub(crate) async fn show(desk: &Desk<'_>, body: &[u8]) -> Done {
    let known = ["box", "imei", "serial", "macaddr"];
    let named = match Fields::read(body, &known).and_then(|fields| fields.named()) {
        Ok(named) => named,
        Err(malformed) => return Ok(Err(malformed)),
    };
    let device = match <[Device; 1]>::try_from(named.read(&desk.store, desk.vault()).await?) {
        Ok([device]) => device,
        Err(none) if none.is_empty() => return Ok(Ok(no_such_box())),
        Err(_) => return Ok(Ok(several_boxes())),
    };
    let mut shown = Map::from_iter([("result".to_owned(), Value::from(Outcome::Ok.as_str()))]);
    shown.extend(view::row(desk, &device)?);
    if let Some(last) = desk.fleet.last(device.id) {
        shown.insert("auth".to_owned(), view::last(&last));
    }
    let history = desk.store.history(device.id, HISTORY).await?;
    let history: Result<Vec<_>, _> = history.iter().map(|it| view::event(desk, it)).collect();
    shown.insert("history".to_owned(), history?.into());
    let mut managed = Managed::json(Outcome::Ok, shown.into());
    managed.note.device = Some(device.id);
    Ok(Ok(managed))
}

/// Finds boxes: `{"box"}` whole or its beginning, `{"imei" | "serial" | "macaddr"}` whole, or
/// `{"last"}`, the last four characters of an imei, serial, iccid or msisdn.
pub(crate) async fn find(desk: &Desk<'_>, body: &[u8]) -> Done {
    let sought = match sought(body) {
        Ok(sought) => sought,
        Err(malformed) => return Ok(Err(malformed)),
    };
    let devices = match sought {
        Sought::Named(named) => named.read(&desk.store, desk.vault()).await?,
        Sought::Prefix(hex) => read(desk, desk.fleet.find_prefix(&hex)).await?,
        Sought::Tail(tail) => read(desk, desk.fleet.find_tail(tail)).await?,
    };
    Ok(Ok(lines(&rows(desk, &devices)?, None)))
}

/// Reads the first boxes of those that were found in memory.
async fn read(desk: &Desk<'_>, ids: Vec<DeviceId>) -> Result<Vec<Device>, Error> {
    let mut devices = Vec::new();
    for id in ids.into_iter().take(FOUND_MAX) {
        devices.extend(desk.store.device(id).await?);
    }
    Ok(devices)
}

enum Sought {
    Named(Named),
    Prefix(String),
    Tail([u8; TAIL]),
}

fn sought(body: &[u8]) -> Result<Sought, Malformed> {
    let fields = Fields::read(body, &["box", "imei", "serial", "macaddr", "last"])?;
    if let Some(text) = fields.text("last")? {
        let tail = tail(text).filter(|_| text.len() == TAIL);
        return tail
            .map(Sought::Tail)
            .ok_or_else(|| Malformed(format!("last: it is not {TAIL} characters")));
    }
    if let Some(text) = fields.text("box")?
        && text.len() < 2 * DeviceId::LEN
    {
        return prefix(text).map(Sought::Prefix);
    }
    fields.named().map(Sought::Named)
}

/// Under four digits too much would be found.
fn prefix(text: &str) -> Result<String, Malformed> {
    let hex = 4 <= text.len() && text.bytes().all(|byte| byte.is_ascii_hexdigit());
    hex.then(|| text.to_ascii_lowercase())
        .ok_or_else(|| Malformed("box: it is not 4 to 32 hex digits".to_owned()))
}

type Page = (Option<State>, u32, Option<DeviceId>);

fn page(body: &[u8]) -> Result<Page, Malformed> {
    let fields = Fields::read(body, &["state", "limit", "after"])?;
    let state = fields.text("state")?.map(str::parse).transpose();
    let state = state.map_err(|error: store::UnknownState| Malformed(format!("state: {error}")))?;
    Ok((state, fields.count("limit", LIMIT, LIMIT_MAX)?, fields.parse("after")?))
}

fn rows(desk: &Desk<'_>, devices: &[Device]) -> Result<Vec<Value>, Error> {
    devices.iter().map(|device| view::row(desk, device).map(Value::from)).collect()
}
