//! `reports`: reads both REPORT databases itself.

mod compare;
mod dead;
mod export;
mod tail;
mod trace;

use protocol::{DbUrl, Pair};
use report::{Both, Comparison, DbError, Filter, ReportDb, Row, Span};
use serde_json::Value;

use super::{Run, check_config, fields};
use crate::cli::{Bases, ReportsVerb, RowsArgs, SpanArgs, TraceArgs};
use crate::error::{Failure, bad_config, failed, misused};
use crate::said;
use crate::text::cause;

/// What a list of rows shows.
const COLUMNS: [&str; 7] = ["at", "server", "cmd", "result", "bridge", "box", "service_us"];

/// Does one verb on the reports.
pub(super) async fn run(run: &Run<'_>, verb: ReportsVerb) -> Result<(), Failure> {
    match verb {
        ReportsVerb::Search { bases, rows, span, limit } => {
            let filter = Filter { limit: Some(limit), ..filter(rows, &span) };
            search(run, &bases, &filter).await
        }
        ReportsVerb::Tail { bases, rows, count } => {
            let filter = filter(rows, &SpanArgs { from: None, to: None });
            tail::run(run, &bases, filter, count).await
        }
        ReportsVerb::Export(args) => export::run(run, args).await,
        ReportsVerb::Compare { bases, span } => compare::run(run, &bases, self::span(&span)).await,
        ReportsVerb::Repair { bases, span } => {
            compare::repair(run, &bases, self::span(&span)).await
        }
        ReportsVerb::Trace(args) => trace(run, &args).await,
        ReportsVerb::Dead { ini, retry } => dead::run(run, &ini, retry).await,
    }
}

/// Shows the way of one request.
pub(super) async fn trace(run: &Run<'_>, args: &TraceArgs) -> Result<(), Failure> {
    trace::run(run, &args.bases, &args.bridge).await
}

fn filter(rows: RowsArgs, span: &SpanArgs) -> Filter {
    let RowsArgs { server, cmd, result, device } = rows;
    let Span { from_us, until_us } = self::span(span);
    Filter { server, cmd, result, device, from_us, until_us, ..Filter::default() }
}

fn span(span: &SpanArgs) -> Span {
    let micros = |time: Option<protocol::Time>| time.map(|it| it.unix_ms().saturating_mul(1000));
    Span { from_us: micros(span.from), until_us: micros(span.to) }
}

async fn search(run: &Run<'_>, bases: &Bases, filter: &Filter) -> Result<(), Failure> {
    let db = any(run, bases).await?;
    let rows = db.search(filter).await.map_err(|error| unread(db.url(), &error))?;
    show(run, &rows);
    Ok(())
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

/// Opens what can be opened of both, and warns of what cannot.
async fn both(run: &Run<'_>, bases: &Bases) -> Result<Both, Failure> {
    let urls = urls(run, bases)?;
    match Both::open(&urls).await {
        Ok((both, errors)) => {
            for (url, error) in &errors {
                run.out.warn(&unreadable(url, error));
            }
            Ok(both)
        }
        Err(errors) => match errors.last() {
            Some((url, error)) => Err(unread(url, error)),
            None => Err(misused!("reports-nowhere")),
        },
    }
}

/// Opens both, each of which must be there.
async fn pair(run: &Run<'_>, bases: &Bases) -> Result<(ReportDb, ReportDb), Failure> {
    let urls = urls(run, bases)?;
    let (Some(first), Some(second)) = (urls.first, urls.second) else {
        return Err(misused!("reports-nowhere"));
    };
    Ok((open(&first).await?, open(&second).await?))
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

fn unread(url: &DbUrl, error: &DbError) -> Failure {
    failed!("report-unreadable", url = url.as_str(), cause = cause::database(error))
}

fn unreadable(url: &DbUrl, error: &DbError) -> crate::text::Said {
    said!("report-unreadable", url = url.as_str(), cause = cause::database(error))
}

/// A query on databases that could be opened failed.
fn lost(error: &DbError) -> Failure {
    failed!("report-unreadable", url = "REPORT", cause = cause::database(error))
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
