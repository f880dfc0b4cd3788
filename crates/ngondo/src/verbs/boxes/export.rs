//! `boxes export`: a CSV of all boxes that a filter takes.

use std::io::{BufWriter, Write as _};
use std::path::Path;

use serde_json::{Value, json};

use super::chosen;
use crate::cli::FilterArgs;
use crate::csv::write;
use crate::error::{Failure, failed};
use crate::said;
use crate::text::cause;
use crate::verbs::Run;

/// The columns of the file.
pub(super) const COLUMNS: [&str; 18] = [
    "box",
    "state",
    "until",
    "group",
    "tags",
    "label",
    "macaddr",
    "imei",
    "serial",
    "imsi",
    "iccid",
    "model",
    "fw",
    "subscriber",
    "msisdn",
    "created",
    "replaces",
    "rekey",
];

/// Writes the file, whole or not at all, readable by its owner alone.
pub(super) async fn run(run: &Run<'_>, filter: &FilterArgs, file: &Path) -> Result<(), Failure> {
    let unwritable = |error: std::io::Error| {
        failed!("unwritable", file = file.display().to_string(), cause = cause::io(&error))
    };
    let folder = file.parent().filter(|it| !it.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let mut out = BufWriter::new(tempfile::NamedTempFile::new_in(folder).map_err(unwritable)?);
    out.write_all(write(COLUMNS).as_bytes()).map_err(unwritable)?;
    let (door, mut sought) = (run.door()?, chosen::filter(filter));
    let bar = run.out.spinner(&said!("boxes-gathering"));
    let mut count = 0_u64;
    loop {
        let body = Value::Object(sought.clone()).to_string();
        let rows = door.lines("/v1/boxes/export", body).await?;
        for row in rows.iter().filter(|row| row.get("box").is_some()) {
            let cells = COLUMNS.map(|name| cell(row.get(name)));
            let line = write(cells.iter().map(String::as_str));
            out.write_all(line.as_bytes()).map_err(unwritable)?;
            count += 1;
        }
        bar.set_position(count);
        match rows.last().and_then(|it| it.get("after")) {
            Some(after) => sought.insert("after".to_owned(), after.clone()),
            None => break,
        };
    }
    bar.finish_and_clear();
    let whole = out.into_inner().map_err(|error| unwritable(error.into_error()))?;
    whole.as_file().sync_all().map_err(unwritable)?;
    whole.persist(file).map_err(|error| unwritable(error.error))?;
    run.out.say(&said!("boxes-exported", count = count, file = file.display().to_string()));
    run.out.json(&json!({ "end": true, "count": count }));
    Ok(())
}

/// A member as a cell: several words with a space between them.
fn cell(value: Option<&Value>) -> String {
    match value {
        Some(Value::String(text)) => text.clone(),
        Some(Value::Array(words)) => {
            words.iter().filter_map(Value::as_str).collect::<Vec<_>>().join(" ")
        }
        _ => String::new(),
    }
}
