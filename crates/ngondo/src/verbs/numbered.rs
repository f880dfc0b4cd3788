//! Lists whose rows have a number, newest first: the audit log, alerts.

use serde_json::{Value, json};

use super::Run;
use crate::cli::Page;
use crate::error::Failure;
use crate::said;

/// Asks for one page, and prints it to scripts.
pub(super) async fn page(
    run: &Run<'_>,
    path: &str,
    mut filter: Value,
    page: &Page,
) -> Result<Vec<Value>, Failure> {
    if let Some(members) = filter.as_object_mut() {
        members.retain(|_, value| !value.is_null());
        members.insert("limit".to_owned(), page.limit.into());
        members.extend(page.after.map(|after| ("after".to_owned(), json!(after))));
    }
    let mut lines = run.door()?.lines(path, filter.to_string()).await?;
    for line in &lines {
        run.out.json(line);
    }
    lines.retain(|line| line.get("end").is_none());
    Ok(lines)
}

/// Says how to get the next page, where there may be one.
pub(super) fn more(run: &Run<'_>, rows: &[Value], page: &Page) {
    let full = u32::try_from(rows.len()).is_ok_and(|rows| rows == page.limit);
    let last = rows.last().filter(|_| full).and_then(|row| row.get("number"));
    if let Some(last) = last {
        run.out.say(&said!("boxes-more", after = last.to_string()));
    }
}
