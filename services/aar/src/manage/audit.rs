//! `audit/list` and `audit/verify`: who changed what, and whether that is all.

use chassis::Managed;
use chassis::fields::{Fields, Malformed};
use crypto::Purpose;
use protocol::{Outcome, RequestId, Time};
use serde_json::{Map, Value, json};
use store::{AuditFilter, AuditMark, Audited, Entry};

use crate::desk::Desk;
use crate::error::Error;
use crate::manage::{Done, lines};

/// Rows of a page, unless the request says otherwise.
const LIMIT: u32 = 100;

/// The most rows of a page.
const LIMIT_MAX: u32 = 1_000;

/// Rows that one call verifies: a fifth of a second.
const VERIFY_MOST: u32 = 20_000;

/// Lists the log, newest first:
/// `{"who"?, "verb"?, "subject"?, "from"?, "to"?, "limit"?, "after"?}`.
pub(crate) async fn list(desk: &Desk<'_>, body: &[u8]) -> Done {
    let (filter, limit) = match page(body) {
        Ok(page) => page,
        Err(malformed) => return Ok(Err(malformed)),
    };
    let found = desk.store.audit_list(&filter, limit).await?;
    let full = u32::try_from(found.len()).is_ok_and(|rows| rows == limit);
    let last = found.last().filter(|_| full).map(|it| it.number.into());
    let rows: Result<Vec<_>, _> = found.iter().map(|it| row(desk, it)).collect();
    Ok(Ok(lines(&rows?, last)))
}

fn page(body: &[u8]) -> Result<(AuditFilter, u32), Malformed> {
    let known = ["who", "verb", "subject", "from", "to", "limit", "after"];
    let fields = Fields::read(body, &known)?;
    let text = |name: &str| Ok(fields.text(name)?.map(ToOwned::to_owned));
    let time = |name: &str| Ok(fields.parse::<Time>(name)?.map(Time::unix_ms));
    let filter = AuditFilter {
        who: text("who")?,
        verb: text("verb")?,
        subject: text("subject")?,
        from_ms: time("from")?,
        to_ms: time("to")?,
        before: match fields.count("after", u32::MAX, u32::MAX)? {
            u32::MAX => None,
            after => Some(after.into()),
        },
    };
    Ok((filter, fields.count("limit", LIMIT, LIMIT_MAX)?))
}

fn row(desk: &Desk<'_>, audited: &Audited) -> Result<Value, Error> {
    let entry = &audited.entry;
    let why = match (&entry.why, entry.request) {
        (Some(why), Some(request)) => {
            let place = Entry::place_of_why(RequestId::from_uuid(request));
            Some(desk.vault().text(&place, why)?)
        }
        _ => None,
    };
    let detail = entry.detail.as_deref().map(|it| {
        // What was not written as JSON is shown all the same.
        serde_json::from_str(it).unwrap_or_else(|_| Value::from(it))
    });
    let members = [
        ("number", Some(audited.number.into())),
        ("time", Some(Time::from_unix_ms(entry.at_ms).to_string().into())),
        ("who", Some(entry.who.as_str().into())),
        ("verb", Some(entry.verb.as_str().into())),
        ("subject", Some(entry.subject.as_str().into())),
        ("reason", why.map(Value::from)),
        ("detail", detail),
        ("request", entry.request.map(|it| it.to_string().into())),
        ("bridge", Some(entry.bridge.to_string().into())),
    ];
    let known = members.into_iter().filter_map(|(name, it)| Some((name.to_owned(), it?)));
    Ok(known.collect::<Map<_, _>>().into())
}

/// Says whether the log is whole behind a place that was known to be good: `{"after"?}`.
///
/// Where `more` stands in the answer, go on from its `good`.
pub(crate) async fn verify(desk: &Desk<'_>, body: &[u8]) -> Done {
    let from = match from(body) {
        Ok(from) => from,
        Err(malformed) => return Ok(Err(malformed)),
    };
    let keys = desk.keys.get(Purpose::Index)?;
    let verified = desk.store.verify_audit(from, VERIFY_MOST, keys.iter()).await?;
    let mut shown = json!({
        "result": Outcome::Ok.as_str(),
        "whole": verified.fault.is_none(),
        "good": verified.good.to_string(),
        "rows": verified.end.number,
    });
    if let Some(members) = shown.as_object_mut() {
        if let Some(fault) = verified.fault {
            tracing::error!(fault = fault.as_str(), "the audit log is not whole: {fault}");
            members.insert("fault".to_owned(), fault.as_str().into());
            members.insert("reason".to_owned(), fault.to_string().into());
            members.extend(fault.number().map(|it| ("number".to_owned(), it.into())));
        } else if verified.good != verified.end {
            members.insert("more".to_owned(), true.into());
        }
    }
    Ok(Ok(Managed::json(Outcome::Ok, shown)))
}

fn from(body: &[u8]) -> Result<AuditMark, Malformed> {
    let fields = Fields::read(body, &["after"])?;
    let mark = fields.text("after")?.map(str::parse).transpose();
    let mark = mark.map_err(|_| Malformed("after: it is not NUMBER:HASH".to_owned()))?;
    Ok(mark.unwrap_or(AuditMark::START))
}

#[cfg(test)]
mod tests;
