//! `reports trace`: the way of one request, a sentence a server.

use protocol::{Bridge, Pair};
use report::Row;
use serde_json::json;

use super::{both, lost, minute, object};
use crate::cli::Bases;
use crate::error::Failure;
use crate::said;
use crate::text::Said;
use crate::verbs::Run;

/// Shows all rows of a bridge, of both databases, in the order of time.
pub(super) async fn run(run: &Run<'_>, bases: &Bases, bridge: &Bridge) -> Result<(), Failure> {
    let both = both(run, bases).await?;
    let found = both.trace(bridge).await.map_err(|error| lost(&error))?;
    if found.is_empty() {
        run.out.say(&said!("reports-none"));
    }
    for found in &found {
        run.out.say(&sentence(&found.row));
        if let Some(said) = missing(found.stands) {
            run.out.say(&said);
        }
        let mut object = object(&found.row);
        if let Some(members) = object.as_object_mut() {
            let Pair { first, second } = found.stands;
            members.insert("stands".to_owned(), json!({ "first": first, "second": second }));
        }
        run.out.json(&object);
    }
    Ok(())
}

/// What one server did.
fn sentence(row: &Row) -> Said {
    let ms = |us: i64| u64::try_from(us.max(0)).unwrap_or_default().div_ceil(1000);
    let took = ms(row.queue_us.saturating_add(row.service_us));
    let who = row.client.map_or_else(|| "-".to_owned(), |client| client.to_string());
    let (time, server, cmd) = (minute(row.at_us), row.server.to_string(), row.cmd.to_string());
    match row.upstream {
        Some(upstream) => said!(
            "trace-passed",
            time = time,
            server = server,
            cmd = cmd,
            who = who,
            upstream = upstream.to_string(),
            tries = u64::try_from(row.attempts).unwrap_or_default(),
            result = row.result.to_string(),
            ms = took,
        ),
        None => said!(
            "trace-answered",
            time = time,
            server = server,
            cmd = cmd,
            who = who,
            result = row.result.to_string(),
            ms = took,
        ),
    }
}

/// Where a row does not stand though both were asked.
fn missing(stands: Pair<Option<bool>>) -> Option<Said> {
    match (stands.first, stands.second) {
        (Some(true), Some(false)) => Some(said!("trace-first-alone")),
        (Some(false), Some(true)) => Some(said!("trace-second-alone")),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::text::{Lang, Words};

    fn row() -> Row {
        Row::from_json(
            r#"{"v":1,"id":"0192f0c1-2b3c-7d4e-8f50-123456789abc","bridge":"b-1",
                "at":1795190400123456,"server":"pppx-1","role":"PPPX","cmd":"AUTH","result":"OK",
                "client":"address:abc","queue_us":200,"service_us":11900,"inflight":1,"limit":512,
                "bytes_in":1,"bytes_out":1,"upstream":"aar-2","attempts":2}"#,
        )
        .unwrap()
    }

    #[test]
    fn a_row_is_a_sentence_in_both_languages() {
        let mut row = row();
        let say = |row: &Row, lang| Words::new(lang).say(&sentence(row));
        let told = say(&row, Lang::En);
        assert!(told.contains("pppx-1 took AUTH from address:abc"), "{told}");
        assert!(told.contains("aar-2 answered OK") && told.contains("13 ms, 2 tries"), "{told}");
        let told = say(&row, Lang::Fr);
        assert!(told.contains("pppx-1 a reçu AUTH de address:abc"), "{told}");
        assert!(told.contains("aar-2 a répondu OK") && told.contains("2 essais"), "{told}");
        row.upstream = None;
        let told = say(&row, Lang::En);
        assert!(
            told.ends_with("pppx-1 took AUTH from address:abc and answered OK (13 ms)"),
            "{told}"
        );
    }
}
