//! Shows the objects of the management interface to people.

use serde_json::{Map, Value};

use super::Run;
use crate::text::{Said, Words};

/// The members that have a word in the catalogue; others show their own name.
pub(super) const KNOWN: [&str; 96] = [
    "addr",
    "amount",
    "asked_by",
    "auths",
    "batch",
    "behind_first",
    "behind_second",
    "box",
    "boxes",
    "cancelled",
    "changed",
    "changed_by",
    "code",
    "count",
    "cpu_permille",
    "created",
    "credit",
    "currency",
    "day",
    "epoch",
    "errors",
    "expired",
    "expires",
    "first",
    "first_for",
    "free",
    "from",
    "frozen",
    "fw",
    "generated",
    "given",
    "good",
    "group",
    "heard_s",
    "iccid",
    "imei",
    "imsi",
    "inflight",
    "instance",
    "kind",
    "label",
    "last",
    "last_beat",
    "left",
    "limit",
    "listed_weight",
    "macaddr",
    "made",
    "model",
    "money",
    "msisdn",
    "name",
    "number",
    "online_s",
    "open",
    "operator",
    "place",
    "pubkey",
    "queue_us",
    "rate",
    "reason",
    "redeemed",
    "redeemed_at",
    "refunded",
    "rekey",
    "replaced_by",
    "replaces",
    "rights",
    "role",
    "rows",
    "score",
    "serial",
    "serves",
    "service_us",
    "shop",
    "since",
    "sold",
    "sold_at",
    "sold_by",
    "state",
    "subject",
    "subscriber",
    "tag",
    "tags",
    "time",
    "times",
    "unsold",
    "until",
    "util",
    "verb",
    "void",
    "vouchers",
    "weight",
    "what",
    "who",
    "why",
];

/// Prints an object, one member a line, the empty ones left out.
pub(super) fn show(run: &Run<'_>, object: &Value) {
    let Some(members) = object.as_object() else { return };
    let words = run.out.words();
    let shown: Vec<_> = members
        .iter()
        .filter(|(name, value)| name.as_str() != "result" && is_plain(value))
        .map(|(name, value)| (name_of(name, words), text(value)))
        .collect();
    let width = shown.iter().map(|(name, _)| name.chars().count()).max().unwrap_or_default();
    for (name, value) in shown {
        run.out.line(&format!("{name:<width$}  {value}"));
    }
}

/// Prints the rows of a list under the members named in `columns`.
pub(super) fn table(run: &Run<'_>, rows: &[Value], columns: &[&str]) {
    let words = run.out.words();
    let head: Vec<_> = columns.iter().map(|name| name_of(name, words)).collect();
    let empty = Map::new();
    let cells = rows.iter().map(|row| {
        let members = row.as_object().unwrap_or(&empty);
        columns.iter().map(|name| members.get(*name).map(text).unwrap_or_default()).collect()
    });
    let lines: Vec<Vec<String>> = std::iter::once(head).chain(cells).collect();
    for line in aligned(&lines) {
        run.out.line(&line);
    }
}

/// Puts the cells of lines under each other.
pub(super) fn aligned(lines: &[Vec<String>]) -> impl Iterator<Item = String> {
    let columns = lines.iter().map(Vec::len).max().unwrap_or_default();
    let widths: Vec<_> = (0..columns)
        .map(|at| {
            let of = |line: &Vec<String>| line.get(at).map_or(0, |cell| cell.chars().count());
            lines.iter().map(of).max().unwrap_or_default()
        })
        .collect();
    lines.iter().map(move |line| {
        let padded = line.iter().zip(&widths).map(|(cell, width)| format!("{cell:<width$}"));
        padded.collect::<Vec<_>>().join("  ").trim_end().to_owned()
    })
}

/// Whether a member fits on a line: neither empty nor made of others, save of words.
fn is_plain(value: &Value) -> bool {
    match value {
        Value::Null | Value::Object(_) => false,
        Value::Array(items) => items.iter().all(Value::is_string),
        _ => true,
    }
}

/// The word for a member.
pub(super) fn name_of(name: &str, words: &Words) -> String {
    if KNOWN.contains(&name) {
        words.say(&Said::new(format!("field-{name}"), Vec::new()))
    } else {
        name.to_owned()
    }
}

fn text(value: &Value) -> String {
    match value {
        Value::Null => String::new(),
        Value::String(text) => text.clone(),
        Value::Array(items) => items.iter().map(text).collect::<Vec<_>>().join(" "),
        value => value.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cells_stand_under_each_other_and_no_line_ends_in_blanks() {
        let line = |cells: [&str; 3]| cells.map(str::to_owned).to_vec();
        let lines = [line(["état", "x", ""]), line(["a", "yy", "z"])];
        assert_eq!(aligned(&lines).collect::<Vec<_>>(), ["état  x", "a     yy  z"]);
    }
}
