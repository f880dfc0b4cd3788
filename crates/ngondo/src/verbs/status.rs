//! `status`: the whole back office on one page, as one LB sees it, again and again.

use std::io::IsTerminal as _;
use std::time::Duration;

use protocol::ServerState;
use serde_json::{Value, json};

use super::{Run, fields};
use crate::cli::StatusArgs;
use crate::error::Failure;
use crate::said;
use crate::text::{Said, cause};

/// Puts the cursor at the top and wipes what was there.
const WIPE: &str = "\x1b[H\x1b[2J\x1b[3J";

/// What the table shows.
const COLUMNS: [&str; 13] = [
    "instance",
    "role",
    "state",
    "serves",
    "weight",
    "util",
    "rate",
    "errors",
    "heard_s",
    "behind_first",
    "behind_second",
    "epoch",
    "why",
];

/// Shows the state of all, once or until Ctrl-C.
pub(super) async fn run(run: &Run<'_>, args: StatusArgs) -> Result<(), Failure> {
    let live = async {
        let mut seen = false;
        loop {
            let answered = ask(run).await;
            if !args.once && !run.out.is_json() && std::io::stdout().is_terminal() {
                run.out.raw(WIPE);
            }
            match answered {
                Ok(answer) => {
                    seen = true;
                    run.out.json(&answer);
                    page(run, &answer);
                }
                // What was seen before comes back, so it is waited for.
                Err(failure) if args.once || !seen || failure.outcome().is_some() => {
                    return Err(failure);
                }
                Err(failure) => run.out.line(&failure.explain(run.out.words())),
            }
            if args.once {
                return Ok(());
            }
            tokio::time::sleep(Duration::from_secs(args.every)).await;
        }
    };
    tokio::select! {
        ended = live => ended,
        () = crate::stop::asked() => Ok(()),
    }
}

async fn ask(run: &Run<'_>) -> Result<Value, Failure> {
    run.door()?.manage("/v1/servers/why", &json!({})).await
}

fn page(run: &Run<'_>, answer: &Value) {
    head(run, answer);
    run.out.line("");
    let servers = members(answer, "servers");
    let rows: Vec<Value> = servers.iter().map(|server| row(run, server, servers)).collect();
    fields::table(run, &rows, &COLUMNS);
}

/// Says who answers, whether both LBs agree, whether the map is frozen, how REPORT is read.
pub(super) fn head(run: &Run<'_>, answer: &Value) {
    let words = |name: &str| text(answer.get(name).unwrap_or(&Value::Null));
    run.out.say(&said!(
        "status-head",
        lb = words("lb"),
        epoch = words("epoch"),
        time = words("time")
    ));
    run.out.say(&agreement(answer.get("agreement").unwrap_or(&Value::Null)));
    for cause in members(answer, "frozen") {
        let of = |name: &str| text(cause.get(name).unwrap_or(&Value::Null));
        let why = why(run, &of("why"));
        run.out.say(&said!("status-frozen", why = why, since = of("since"), until = of("until")));
    }
    for database in members(answer, "databases") {
        let of = |name: &str| text(database.get(name).unwrap_or(&Value::Null));
        let (place, url) = (of("place"), of("url"));
        run.out.say(&match database.get("problem").and_then(Value::as_str) {
            None if of("read_s").is_empty() => said!("status-unread", place = place, url = url),
            None => said!("status-database", place = place, url = url, ago = of("read_s")),
            Some(problem) => {
                let cause = cause::reason(problem);
                said!("status-problem", place = place, url = url, cause = cause)
            }
        });
        for (name, key) in [("unlisted", "status-unlisted"), ("future", "status-future")] {
            let odd = of(name);
            if !odd.is_empty() {
                let servers = crate::text::Value::from(odd);
                run.out.say(&Said::new(key.to_owned(), vec![("servers", servers)]));
            }
        }
    }
}

fn agreement(agreement: &Value) -> Said {
    match agreement.get("agree").and_then(Value::as_bool) {
        None => said!("status-alone"),
        Some(true) => said!("status-agree"),
        Some(false) => {
            let of = |name: &str| text(agreement.get(name).unwrap_or(&Value::Null));
            let listed = members(agreement, "differences");
            let what = listed.iter().map(text).collect::<Vec<_>>().join("; ");
            said!("status-differ", since = of("since"), what = what)
        }
    }
}

/// One line of the table.
fn row(run: &Run<'_>, server: &Value, all: &[Value]) -> Value {
    let of = |name: &str| server.get(name).cloned().unwrap_or_default();
    let percent = |value: &Value| value.as_f64().map(|it| format!("{:.0} %", it * 100.0));
    let behind = |place: &str| server.get("behind_s").and_then(|it| it.get(place)).cloned();
    json!({
        "instance": of("instance"),
        "role": of("role"),
        "state": of("state"),
        "serves": format!("{:.0} %", serves(server, all) * 100.0),
        "weight": of("weight"),
        "util": percent(&of("util")),
        "rate": of("rate"),
        "errors": percent(&of("errors")),
        "heard_s": of("heard_s"),
        "behind_first": behind("first"),
        "behind_second": behind("second"),
        "epoch": of("epoch"),
        "why": why(run, of("why").as_str().unwrap_or_default()),
    })
}

/// The part of its role's requests that a server takes, as callers are told: the one that fares
/// better takes all, two that fare alike share by weight.
fn serves(server: &Value, all: &[Value]) -> f64 {
    let of_role = |it: &&Value| {
        it.get("role") == server.get("role") && it.get("place").is_some_and(Value::is_string)
    };
    let weight = |it: &Value| it.get("weight").and_then(Value::as_f64).unwrap_or(1.0);
    let is_good = |it: &Value| {
        let state = it.get("state").and_then(Value::as_str).and_then(|it| it.parse().ok());
        matches!(state, Some(ServerState::Ready | ServerState::Panic))
    };
    let listed: Vec<&Value> = all.iter().filter(of_role).collect();
    let good = listed.iter().copied().filter(|it| is_good(it)).collect::<Vec<_>>();
    let takers = if good.is_empty() { listed } else { good };
    let is_taker = takers.iter().any(|it| it.get("instance") == server.get("instance"));
    let sum: f64 = takers.iter().map(|it| weight(it)).sum();
    if is_taker && sum > 0.0 { weight(server) / sum } else { 0.0 }
}

/// What an LB says of a server, in the user's language; what is not known is shown as it is.
pub(super) fn why(run: &Run<'_>, why: &str) -> String {
    let words = run.out.words();
    if let Some(seen) = why.strip_suffix("; not believed, the map is frozen") {
        return words.say(&said!("why-frozen", why = self::why(run, seen)));
    }
    let seconds = |before: &str, after: &str| {
        let number = why.strip_prefix(before)?.strip_suffix(after)?;
        number.parse::<u64>().is_ok().then(|| number.to_owned())
    };
    if let Some(seconds) = seconds("silent for ", " s") {
        return words.say(&said!("why-silent", seconds = seconds));
    }
    if let Some(seconds) = seconds("heard ", " s ago") {
        return words.say(&said!("why-heard", seconds = seconds));
    }
    if let Some(role) = why.strip_prefix("all of ").and_then(|it| it.strip_suffix(" seem dead")) {
        return words.say(&said!("why-role", role = role));
    }
    if let Some((who, reason)) = why.split_once(" said so") {
        let said = words.say(&said!("why-ruled", who = who));
        return format!("{said}{reason}");
    }
    words.say(&match why {
        "does not answer probes" => said!("why-probes"),
        "comes and goes" => said!("why-flaps"),
        "its callers complain" => said!("why-callers"),
        "never heard" => said!("why-never"),
        "this LB" => said!("why-itself"),
        "more than two servers seem to have died together" => said!("why-many"),
        "neither REPORT database can be read" => said!("why-reports"),
        other => said!("cause-detail", raw = other),
    })
}

/// The members of a list.
pub(super) fn members<'a>(value: &'a Value, name: &str) -> &'a [Value] {
    value.get(name).and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default()
}

/// A value as people read it.
pub(super) fn text(value: &Value) -> String {
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

    fn server(name: &str, state: &str, weight: f64) -> Value {
        json!({ "instance": name, "role": "AAR", "place": "first", "state": state, "weight": weight })
    }

    #[test]
    fn the_one_that_fares_better_serves_and_equals_share() {
        let serves_of = |states: [&str; 2], weights: [f64; 2]| {
            let all =
                [server("aar-1", states[0], weights[0]), server("aar-2", states[1], weights[1])];
            all.iter().map(|it| format!("{:.2}", serves(it, &all))).collect::<Vec<_>>()
        };
        assert_eq!(serves_of(["ready", "ready"], [1.0, 3.0]), ["0.25", "0.75"]);
        assert_eq!(serves_of(["drain", "ready"], [1.0, 3.0]), ["0.00", "1.00"]);
        assert_eq!(serves_of(["panic", "panic"], [1.0, 1.0]), ["0.50", "0.50"]);
        assert_eq!(serves_of(["drain", "drain"], [1.0, 1.0]), ["0.50", "0.50"]);
    }
}
