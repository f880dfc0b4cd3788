//! `list`, `export`, `show`, `find` and `tags`: they change nothing.

use chassis::Managed;
use chassis::fields::{Fields, Malformed, print};
use protocol::{Date, DeviceId, Iccid, Imsi, Msisdn, Outcome};
use serde_json::{Map, Value, json};
use store::{Device, TAGS_MOST};

use crate::desk::Desk;
use crate::entry::{TAIL, ends_ms, standing, tail};
use crate::error::Error;
use crate::filter::Filter;
use crate::find::{NAMES, Named};
use crate::manage::{Done, lines, no_such_box, several_boxes, view, wish};

/// How many rows a page has where the request does not say it, and at most.
#[derive(Clone, Copy, Debug)]
pub(super) struct Sizes {
    usual: u32,
    most: u32,
}

/// A page that people look at.
pub(super) const PAGE: Sizes = Sizes { usual: 100, most: 1_000 };

/// A page of a file: some 2 MiB.
pub(super) const EXPORT: Sizes = Sizes { usual: 5_000, most: 5_000 };

/// The most boxes that are found by a part of something.
const FOUND_MAX: usize = 100;

/// The most boxes that are opened to compare what is known by its last characters alone.
const OPENED_MAX: usize = 2_000;

/// How much of its history a box shows.
const HISTORY: u32 = 50;

/// How many boxes before it a box tells of: each was replaced by the next.
const CHAIN: usize = 8;

/// The most groups, and the most tags, that are told.
const TAGS_SHOWN: usize = 5_000;

const DAY_MS: i64 = 86_400_000;

/// What a list asks for.
struct Page {
    filter: Filter,
    limit: u32,
    after: Option<DeviceId>,
    /// Whether all that are meant are to be counted.
    count: bool,
}

/// Lists boxes in the order of their ids:
/// `{"state"?, "group"?, "tag"?, "ends_by"?, "silent_days"?, "limit"?, "after"?, "count"?}`.
///
/// They are chosen in memory, where every box is, so that any mixture of filters costs one walk.
pub(super) async fn list(desk: &Desk<'_>, body: &[u8], sizes: Sizes) -> Done {
    let page = match Page::read(body, desk, sizes) {
        Ok(page) => page,
        Err(malformed) => return Ok(Err(malformed)),
    };
    let after = page.after.unwrap_or(DeviceId::from_bytes([0; 16]));
    let limit = usize::try_from(page.limit).unwrap_or(usize::MAX);
    let ids = desk.fleet.page(&page.filter, after, limit);
    let last = ids.last().filter(|_| ids.len() == limit).map(ToString::to_string);
    let mut devices = desk.store.devices(&ids).await?;
    // Memory may be a moment behind: what is shown is what is written.
    devices.retain(|device| {
        let last = desk.fleet.last(device.id);
        page.filter.takes(standing(device, desk.zone), &device.labels, last)
    });
    let rows = rows(desk, &devices)?;
    if !page.count {
        return Ok(Ok(lines(&rows, last.map(Value::from))));
    }
    let mut end = json!({ "end": true, "count": desk.fleet.count(&page.filter) });
    if let (Some(members), Some(last)) = (end.as_object_mut(), last) {
        members.insert("after".to_owned(), last.into());
    }
    Ok(Ok(Managed::lines(Outcome::Ok, print(rows.iter().chain([&end])))))
}

/// Shows one box with its last AUTH and its history: `{"box" | "imei" | "serial" | "macaddr"}`.
pub(super) async fn show(desk: &Desk<'_>, body: &[u8]) -> Done {
    let named = match Fields::read(body, &NAMES).and_then(|fields| Named::of(&fields)) {
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
    if let Some(by) = desk.store.successor(device.id).await? {
        shown.insert("replaced_by".to_owned(), by.to_string().into());
    }
    if let Some(last) = desk.fleet.last(device.id) {
        shown.insert("auth".to_owned(), view::last(&last));
    }
    let history = desk.store.history(&chain(desk, &device).await?, None, HISTORY).await?;
    let history = history.iter().map(|it| view::event(desk, it, device.id));
    shown.insert("history".to_owned(), history.collect::<Result<Vec<_>, _>>()?.into());
    let mut managed = Managed::json(Outcome::Ok, shown.into());
    managed.note.device = Some(device.id);
    Ok(Ok(managed))
}

/// A box and those whose customer it took over, one after the other.
pub(super) async fn chain(desk: &Desk<'_>, device: &Device) -> Result<Vec<DeviceId>, Error> {
    let (mut ids, mut before) = (vec![device.id], device.replaces);
    while let Some(id) = before.filter(|id| ids.len() < CHAIN && !ids.contains(id)) {
        ids.push(id);
        before = desk.store.device(id).await?.and_then(|it| it.replaces);
    }
    Ok(ids)
}

/// Finds boxes: `{"box"}` whole or its beginning; `{"imei" | "serial" | "macaddr" | "iccid" |
/// "imsi" | "msisdn"}` whole; `{"last"}`, the last four characters of one of these; or `{"any"}`,
/// whatever of all that a text can be.
pub(super) async fn find(desk: &Desk<'_>, body: &[u8]) -> Done {
    let sought = match Sought::read(body) {
        Ok(sought) => sought,
        Err(malformed) => return Ok(Err(malformed)),
    };
    let mut devices = Vec::new();
    for sought in sought {
        devices.extend(sought.find(desk).await?);
    }
    devices.sort_unstable_by_key(|device: &Device| device.id);
    devices.dedup_by_key(|device| device.id);
    devices.truncate(FOUND_MAX);
    Ok(Ok(lines(&rows(desk, &devices)?, None)))
}

/// Tells how many boxes each group and each tag has.
pub(super) fn tags(desk: &Desk<'_>) -> Managed {
    let (groups, tags) = desk.fleet.labels();
    let groups = groups.iter().take(TAGS_SHOWN);
    let groups = groups.map(|(name, boxes)| json!({ "group": name.as_str(), "boxes": boxes }));
    let tags = tags.iter().take(TAGS_SHOWN);
    let tags = tags.map(|(name, boxes)| json!({ "tag": name.as_str(), "boxes": boxes }));
    lines(&groups.chain(tags).collect::<Vec<_>>(), None)
}

enum Sought {
    Named(Named),
    /// The beginning of an id.
    Prefix(DeviceId, DeviceId),
    Tail([u8; TAIL]),
    /// A whole text of which no index is kept: by its last characters, then compared.
    Whole(&'static str, String),
}

// === impl Sought ===

impl Sought {
    fn read(body: &[u8]) -> Result<Vec<Self>, Malformed> {
        let known = [NAMES.as_slice(), &["iccid", "imsi", "msisdn", "last", "any"]].concat();
        let fields = Fields::read(body, &known)?;
        if let Some(text) = fields.text("any")? {
            return Ok(Self::any(text.trim()));
        }
        if let Some(text) = fields.text("last")? {
            let tail = tail(text).filter(|_| text.len() == TAIL);
            let wrong = || Malformed(format!("last: it is not {TAIL} characters"));
            return tail.map(|it| vec![Self::Tail(it)]).ok_or_else(wrong);
        }
        let whole = [
            ("iccid", fields.parse::<Iccid>("iccid")?.map(|it| it.to_string())),
            ("imsi", fields.parse::<Imsi>("imsi")?.map(|it| it.to_string())),
            ("msisdn", fields.parse::<Msisdn>("msisdn")?.map(|it| it.to_string())),
        ];
        for (name, text) in whole {
            if let Some(text) = text {
                return Ok(vec![Self::Whole(name, text)]);
            }
        }
        if let Some(text) = fields.text("box")?
            && text.len() < 2 * DeviceId::LEN
        {
            let wrong = || Malformed("box: it is not 4 to 32 hex digits".to_owned());
            return prefix(text).map(|it| vec![it]).ok_or_else(wrong);
        }
        Ok(vec![Self::Named(Named::of(&fields)?)])
    }

    /// Everything that a text can be.
    fn any(text: &str) -> Vec<Self> {
        let named = [
            text.parse().ok().map(Named::Device),
            text.parse().ok().map(Named::Imei),
            text.parse().ok().map(Named::MacAddr),
            text.parse().ok().map(Named::Serial),
        ];
        let mut all: Vec<_> = named.into_iter().flatten().map(Self::Named).collect();
        let whole = |name, text: Option<String>| text.map(|it| Self::Whole(name, it));
        all.extend(whole("iccid", text.parse::<Iccid>().ok().map(|it| it.to_string())));
        all.extend(whole("imsi", text.parse::<Imsi>().ok().map(|it| it.to_string())));
        all.extend(whole("msisdn", text.parse::<Msisdn>().ok().map(|it| it.to_string())));
        all.extend(tail(text).filter(|_| text.len() == TAIL).map(Self::Tail));
        all.extend(prefix(text));
        all
    }

    async fn find(self, desk: &Desk<'_>) -> Result<Vec<Device>, Error> {
        let first = |ids: Vec<DeviceId>| ids.into_iter().take(FOUND_MAX).collect::<Vec<_>>();
        match self {
            Self::Named(named) => named.read(&desk.store, desk.vault()).await,
            Self::Prefix(from, to) => {
                Ok(desk.store.devices(&first(desk.fleet.find_between(from, to))).await?)
            }
            Self::Tail(tail) => Ok(desk.store.devices(&first(desk.fleet.find_tail(tail))).await?),
            Self::Whole(name, text) => {
                let Some(tail) = tail(&text) else { return Ok(Vec::new()) };
                let mut ids = desk.fleet.find_tail(tail);
                ids.truncate(OPENED_MAX);
                let mut found = Vec::new();
                for device in desk.store.devices(&ids).await? {
                    let row = view::row(desk, &device)?;
                    if row.get(name).and_then(Value::as_str) == Some(text.as_str()) {
                        found.push(device);
                    }
                }
                Ok(found)
            }
        }
    }
}

// === impl Page ===

impl Page {
    fn read(body: &[u8], desk: &Desk<'_>, sizes: Sizes) -> Result<Self, Malformed> {
        let known = ["state", "group", "tag", "ends_by", "silent_days", "limit", "after", "count"];
        let fields = Fields::read(body, &known)?;
        let ends_by: Option<Date> = fields.parse("ends_by")?;
        let silent_days = if fields.has("silent_days") {
            Some(i64::from(fields.count("silent_days", 1, 3_650)?))
        } else {
            None
        };
        let filter = Filter {
            state: wish::word(&fields, "state")?,
            group: fields.parse("group")?,
            tags: fields.list("tag", TAGS_MOST)?,
            ends_by_ms: ends_by.and_then(|day| ends_ms(day, desk.zone)),
            silent_since_ms: silent_days.map(|days| desk.now_ms.saturating_sub(days * DAY_MS)),
        };
        let limit = fields.count("limit", sizes.usual, sizes.most)?;
        Ok(Self { filter, limit, after: fields.parse("after")?, count: fields.flag("count")? })
    }
}

/// The ids that begin so; under four digits too much would be found.
fn prefix(text: &str) -> Option<Sought> {
    let hex = (4..2 * DeviceId::LEN).contains(&text.len())
        && text.bytes().all(|byte| byte.is_ascii_hexdigit());
    let filled = |with: &str| {
        let rest = with.repeat((2 * DeviceId::LEN).checked_sub(text.len())?);
        format!("{text}{rest}").to_ascii_lowercase().parse().ok()
    };
    hex.then(|| Some(Sought::Prefix(filled("0")?, filled("f")?)))?
}

fn rows(desk: &Desk<'_>, devices: &[Device]) -> Result<Vec<Value>, Error> {
    devices.iter().map(|device| view::row(desk, device).map(Value::from)).collect()
}
