//! `reports export`: rows of a time, as CSV or NDJSON, whatever there are of them.

use std::io::{BufWriter, ErrorKind, Write};
use std::path::Path;

use report::Stream;
use serde_json::{Value, json};
use tempfile::NamedTempFile;

use super::{both, filter, lost, object};
use crate::cli::{ExportArgs, ExportForm};
use crate::csv::write;
use crate::error::{Failure, failed};
use crate::said;
use crate::text::cause;
use crate::verbs::Run;

/// The columns of the CSV: those of REPORT.
const COLUMNS: [&str; 21] = [
    "id",
    "bridge",
    "at",
    "server",
    "role",
    "app",
    "version",
    "cmd",
    "result",
    "client",
    "box",
    "queue_us",
    "service_us",
    "inflight",
    "limit",
    "bytes_in",
    "bytes_out",
    "upstream",
    "attempts",
    "toki",
    "cpu_permille",
];

/// Writes the rows of both databases, each once: into a file, whole or not at all, else to standard output.
pub(super) async fn run(run: &Run<'_>, args: ExportArgs) -> Result<(), Failure> {
    let both = both(run, &args.bases).await?;
    let mut stream = both.stream(filter(args.rows, &args.span));
    if let Some(file) = &args.file {
        let count = into_file(file, &mut stream, args.format).await?;
        let name = file.display().to_string();
        run.out.say(&said!("reports-exported", count = count, file = name));
        run.out.json(&json!({ "end": true, "count": count }));
    } else {
        match copy(&mut stream, args.format, BufWriter::new(std::io::stdout())).await {
            // Whoever read has enough.
            Err(Trouble::Write(error)) if error.kind() == ErrorKind::BrokenPipe => {}
            copied => drop(copied.map_err(|it| it.failure(Path::new("-")))?),
        }
    }
    match stream.unreadable() {
        0 => Ok(()),
        count => Err(failed!("reports-some-unreadable", count = count)),
    }
}

/// What went wrong on the way.
enum Trouble {
    Read(report::DbError),
    Write(std::io::Error),
}

// === impl Trouble ===

impl Trouble {
    fn failure(self, file: &Path) -> Failure {
        match self {
            Self::Read(error) => lost(&error),
            Self::Write(error) => {
                let name = file.display().to_string();
                failed!("unwritable", file = name, cause = cause::io(&error))
            }
        }
    }
}

async fn into_file(file: &Path, stream: &mut Stream<'_>, form: ExportForm) -> Result<u64, Failure> {
    let unwritable = |error| Trouble::Write(error).failure(file);
    let folder = file.parent().filter(|it| !it.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let whole = NamedTempFile::new_in(folder).map_err(unwritable)?;
    let out = BufWriter::new(whole.as_file());
    let count = copy(stream, form, out).await.map_err(|it| it.failure(file))?;
    whole.as_file().sync_all().map_err(unwritable)?;
    whole.persist(file).map_err(|error| unwritable(error.error))?;
    Ok(count)
}

/// Writes row after row; how many.
async fn copy(
    stream: &mut Stream<'_>,
    form: ExportForm,
    mut out: impl Write,
) -> Result<u64, Trouble> {
    if form == ExportForm::Csv {
        out.write_all(write(COLUMNS).as_bytes()).map_err(Trouble::Write)?;
    }
    let mut count = 0_u64;
    while let Some(found) = stream.next().await.map_err(Trouble::Read)? {
        let object = object(&found.row);
        let line = match form {
            ExportForm::Csv => line(&object),
            ExportForm::Ndjson => format!("{object}\n"),
        };
        out.write_all(line.as_bytes()).map_err(Trouble::Write)?;
        count = count.saturating_add(1);
    }
    out.flush().map_err(Trouble::Write)?;
    Ok(count)
}

fn line(object: &Value) -> String {
    let cells = COLUMNS.map(|name| match object.get(name) {
        None | Some(Value::Null) => String::new(),
        Some(Value::String(text)) => text.clone(),
        Some(value) => value.to_string(),
    });
    write(cells.iter().map(String::as_str))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cell_that_a_spreadsheet_would_run_is_disarmed() {
        let object = json!({ "cmd": "=HYPERLINK(\"http://x\")", "result": "OK", "queue_us": 12 });
        let line = line(&object);
        assert!(line.contains("\"'=HYPERLINK(\"\"http://x\"\")\",OK,"), "{line}");
        assert_eq!(line.matches(',').count(), COLUMNS.len() - 1, "{line}");
    }
}
