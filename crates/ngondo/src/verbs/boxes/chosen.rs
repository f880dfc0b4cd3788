//! Which boxes a change is about.

use std::path::Path;

use protocol::DeviceTag;
use serde_json::{Map, Value, json};

use super::{COLUMNS, export};
use crate::cli::{ChosenArgs, FilterArgs};
use crate::csv::{Columns, Csv};
use crate::door::Door;
use crate::error::{Failure, failed, misused};
use crate::said;
use crate::verbs::{Run, fields};

/// Rows of one page while all are gathered.
const PAGE: u32 = 1_000;

/// The boxes that a preview shows.
const SHOWN: usize = 10;

/// What can name a box in a file, the surest first.
const NAMES: [&str; 4] = ["box", "imei", "serial", "macaddr"];

/// One box that is to be changed.
#[derive(Debug, Clone)]
pub(super) struct Target {
    /// The member that names it, and its text.
    pub(super) name: (&'static str, String),
    /// The state in which it was chosen.
    pub(super) was: Option<String>,
    /// What a preview shows of it.
    row: Value,
}

// === impl Target ===

impl Target {
    fn new(name: &'static str, text: String) -> Self {
        let row = json!({ name: text });
        Self { name: (name, text), was: None, row }
    }

    /// Its line in a request.
    pub(super) fn line(&self) -> Value {
        let mut line = json!({ self.name.0: self.name.1 });
        if let (Some(members), Some(was)) = (line.as_object_mut(), &self.was) {
            members.insert("was".to_owned(), was.as_str().into());
        }
        line
    }
}

/// The members of a request that a filter makes.
pub(super) fn filter(args: &FilterArgs) -> Map<String, Value> {
    let tags: Vec<_> = args.tag.iter().map(DeviceTag::as_str).collect();
    let members = [
        ("state", args.state.clone().map(Value::String)),
        ("group", args.group.map(|it| it.as_str().into())),
        ("tag", (!tags.is_empty()).then(|| tags.into())),
        ("ends_by", args.ends_by.map(|it| it.to_string().into())),
        ("silent_days", args.silent_days.map(Value::from)),
    ];
    let given = members.into_iter().filter_map(|(name, value)| Some((name.to_owned(), value?)));
    given.collect()
}

/// Gathers the boxes that are meant.
pub(super) async fn gather(run: &Run<'_>, args: &ChosenArgs) -> Result<Vec<Target>, Failure> {
    let named = args.devices.iter().map(|it| Target::new("box", it.to_string()));
    let mut targets: Vec<_> = named.collect();
    if let Some(file) = &args.from {
        targets.extend(listed(file)?);
    }
    if args.filter != FilterArgs::default() {
        targets.extend(filtered(run, &run.door()?, &args.filter).await?);
    } else if targets.is_empty() && args.from.is_none() {
        return Err(misused!("boxes-not-chosen"));
    }
    Ok(targets)
}

/// Shows what would be changed: how many, and the first of them.
pub(super) async fn preview(run: &Run<'_>, args: &ChosenArgs) -> Result<(), Failure> {
    let (count, rows) = if args.devices.is_empty() && args.from.is_none() {
        counted(&run.door()?, &args.filter).await?
    } else {
        let targets = gather(run, args).await?;
        (targets.len(), targets.into_iter().take(SHOWN).map(|it| it.row).collect())
    };
    for row in &rows {
        run.out.json(row);
    }
    run.out.json(&json!({ "end": true, "count": count }));
    run.out.say(&said!("boxes-chosen", count = count));
    if !rows.is_empty() {
        fields::table(run, &rows, &COLUMNS);
    }
    if SHOWN < count {
        run.out.say(&said!("boxes-and-more", count = count - SHOWN));
    }
    Ok(())
}

/// How many boxes a filter takes, and the first of them.
async fn counted(door: &Door, args: &FilterArgs) -> Result<(usize, Vec<Value>), Failure> {
    if *args == FilterArgs::default() {
        return Err(misused!("boxes-not-chosen"));
    }
    let mut sought = filter(args);
    sought.insert("limit".to_owned(), SHOWN.into());
    sought.insert("count".to_owned(), true.into());
    let mut rows = door.lines("/v1/boxes/list", Value::Object(sought).to_string()).await?;
    let count = rows.pop().and_then(|end| end.get("count")?.as_u64()).unwrap_or_default();
    Ok((usize::try_from(count).unwrap_or(usize::MAX), rows))
}

/// The boxes of a file, such as an export: a line each.
fn listed(file: &Path) -> Result<Vec<Target>, Failure> {
    let mut targets = Vec::new();
    for row in Csv::open(file, Columns { need: &[], may: &export::COLUMNS })? {
        let row = row?;
        let bad = |cause| failed!("boxes-bad-line", line = row.line, cause = cause);
        let cells = row.cells.map_err(|fault| bad(fault.said()))?;
        let name = NAMES.into_iter().find_map(|name| Some((name, cells.get(name)?)));
        let (name, text) = name.ok_or_else(|| bad(said!("boxes-line-unnamed")))?;
        targets.push(Target::new(name, text.to_owned()));
    }
    Ok(targets)
}

/// All boxes that a filter takes.
async fn filtered(run: &Run<'_>, door: &Door, args: &FilterArgs) -> Result<Vec<Target>, Failure> {
    let mut sought = filter(args);
    sought.insert("limit".to_owned(), PAGE.into());
    let bar = run.out.spinner(&said!("boxes-gathering"));
    let mut targets = Vec::new();
    loop {
        let body = Value::Object(sought.clone()).to_string();
        let rows = door.lines("/v1/boxes/list", body).await?;
        let after = rows.last().and_then(|it| it.get("after")).cloned();
        let text = |row: &Value, name: &str| row.get(name)?.as_str().map(ToOwned::to_owned);
        targets.extend(rows.into_iter().filter_map(|row| {
            let (device, was) = (text(&row, "box")?, text(&row, "state"));
            Some(Target { name: ("box", device), was, row })
        }));
        bar.set_position(u64::try_from(targets.len()).unwrap_or(u64::MAX));
        match after {
            Some(after) => sought.insert("after".to_owned(), after),
            None => return Ok(targets),
        };
    }
}
