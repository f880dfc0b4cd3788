//! `reports`: reads both REPORT databases itself.

use protocol::{DbUrl, Pair};
use report::{Comparison, Filter, ReportDb, Row, Span};
use serde_json::{Value, json};

use super::{Run, check_config, fields};
use crate::cli::{Bases, ReportsVerb};
use crate::error::{Failure, bad_config, failed, misused};
use crate::said;
use crate::text::cause;

/// What a list of rows shows.
const COLUMNS: [&str; 7] = ["at", "server", "cmd", "result", "bridge", "box", "service_us"];

/// Does one verb on the reports.
pub(super) async fn run(run: &Run<'_>, verb: ReportsVerb) -> Result<(), Failure> {
    match verb {
        ReportsVerb::Search { bases, server, cmd, result, device, from, to, limit } => {
            let filter = Filter {
                server,
                cmd,
                result,
                device,
                from_us: from.map(|it| it.unix_ms().saturating_mul(1000)),
                until_us: to.map(|it| it.unix_ms().saturating_mul(1000)),
                limit: Some(limit),
                ..Filter::default()
            };
            search(run, &bases, &filter).await
        }
        ReportsVerb::Compare { bases } => compare(run, &bases).await,
        ReportsVerb::Trace { bridge, bases } => {
            let db = any(run, &bases).await?;
            let rows = db.trace(&bridge).await.map_err(|error| unread(db.url(), &error))?;
            show(run, &rows);
            Ok(())
        }
    }
}

async fn search(run: &Run<'_>, bases: &Bases, filter: &Filter) -> Result<(), Failure> {
    let db = any(run, bases).await?;
    let rows = db.search(filter).await.map_err(|error| unread(db.url(), &error))?;
    show(run, &rows);
    Ok(())
}

/// Compares both databases; a difference, or no row at all, is no success.
async fn compare(run: &Run<'_>, bases: &Bases) -> Result<(), Failure> {
    let urls = urls(run, bases)?;
    let (Some(first), Some(second)) = (urls.first, urls.second) else {
        return Err(misused!("reports-nowhere"));
    };
    let comparison = comparison(&first, &second, Span { from_us: None, until_us: None }).await?;
    let rows = comparison.rows;
    for difference in &comparison.differences {
        let counts = difference.cells.map(|cell| cell.count);
        run.out.json(&json!({
            "server": difference.server, "minute_us": difference.minute_us,
            "first": counts.first, "second": counts.second,
        }));
        run.out.say(&said!(
            "reports-difference",
            server = difference.server.as_str(),
            minute = minute(difference.minute_us),
            first = counts.first,
            second = counts.second,
        ));
    }
    let equal = comparison.is_equal();
    run.out.json(&json!({ "equal": equal, "first": rows.first, "second": rows.second }));
    match (equal, rows.first) {
        (true, 0) => Err(failed!("reports-empty")),
        (true, rows) => {
            run.out.say(&said!("reports-equal", rows = rows));
            Ok(())
        }
        (false, _) => Err(failed!("reports-differ", first = rows.first, second = rows.second)),
    }
}

/// Compares two REPORT databases.
pub(super) async fn comparison(
    first: &DbUrl,
    second: &DbUrl,
    span: Span,
) -> Result<Comparison, Failure> {
    let (one, other) = (open(first).await?, open(second).await?);
    one.compare(&other, span).await.map_err(|error| unread(first, &error))
}

/// Opens the first database that can be read.
async fn any(run: &Run<'_>, bases: &Bases) -> Result<ReportDb, Failure> {
    let mut failure = misused!("reports-nowhere");
    for url in urls(run, bases)?.into_iter().flatten() {
        match open(&url).await {
            Ok(db) => return Ok(db),
            Err(error) => failure = error,
        }
    }
    Err(failure)
}

/// Opens a REPORT database that is there.
pub(super) async fn open(url: &DbUrl) -> Result<ReportDb, Failure> {
    ReportDb::open(url).await.map_err(|error| unread(url, &error))
}

fn unread(url: &DbUrl, error: &report::DbError) -> Failure {
    failed!("report-unreadable", url = url.as_str(), cause = cause::database(error))
}

/// Where both databases are: the command line, an ini, the settings.
fn urls(run: &Run<'_>, bases: &Bases) -> Result<Pair<Option<DbUrl>>, Failure> {
    if bases.first.is_some() || bases.second.is_some() {
        return Ok(Pair::new(bases.first.clone(), bases.second.clone()));
    }
    match &bases.ini {
        Some(file) => check_config::load(file)
            .map(|module| module.map.report)
            .map_err(|problems| bad_config!("config-unusable", cause = cause::problems(&problems))),
        None => Ok(run.settings()?.report),
    }
}

fn show(run: &Run<'_>, rows: &[Row]) {
    let objects: Vec<Value> = rows.iter().map(object).collect();
    for row in &objects {
        run.out.json(row);
    }
    if rows.is_empty() {
        run.out.say(&said!("reports-none"));
    } else {
        fields::table(run, &objects, &COLUMNS);
    }
}

/// A row as the REPORT columns name it, its time for people.
fn object(row: &Row) -> Value {
    let text = row.to_json().unwrap_or_default();
    let mut object: Value = serde_json::from_str(&text).unwrap_or_default();
    if let Some(members) = object.as_object_mut() {
        members.insert("at".to_owned(), Value::String(minute(row.at_us)));
    }
    object
}

fn minute(at_us: i64) -> String {
    protocol::Time::from_unix_ms(at_us.div_euclid(1000)).to_string()
}
