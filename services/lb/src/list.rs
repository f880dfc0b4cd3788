//! `servers/list`: the inventory as this LB sees it, one line an instance.

use bytes::Bytes;
use chassis::{ManageCall, Managed};
use config::inventory::{Listed, Place};
use protocol::{Epoch, Outcome, Time};
use serde_json::{Value, json};

use crate::Lb;
use crate::balancer::Balancer;

/// A screen full; a fleet of servers is smaller.
const LIMIT: usize = 100;

/// What a list is asked with.
#[derive(Debug, Default)]
struct Filter {
    limit: Option<usize>,
    after: Option<String>,
}

/// Lists the instances by name.
///
/// Source: protocol.md §7
pub(crate) fn list(lb: &Lb, call: &ManageCall) -> Managed {
    match filter(&call.body) {
        Ok(filter) => {
            let lines = lines(&lb.balancer(), &filter);
            Managed::lines(Outcome::Ok, Bytes::from(lines))
        }
        Err(detail) => Managed::problem(Outcome::Malformed, detail),
    }
}

/// Reads an object of known members; an empty body is an empty one.
fn filter(body: &[u8]) -> Result<Filter, String> {
    let mut filter = Filter::default();
    if body.trim_ascii().is_empty() {
        return Ok(filter);
    }
    let Ok(Value::Object(members)) = serde_json::from_slice(body) else {
        return Err("body: it is not a JSON object".to_owned());
    };
    for (name, value) in members {
        match (name.as_str(), value) {
            ("limit" | "after", Value::Null) => {}
            ("limit", value) => filter.limit = Some(count(&value).ok_or_else(not_a_count)?),
            ("after", Value::String(after)) => filter.after = Some(after),
            ("after", _) => return Err("after: it is not a text".to_owned()),
            (name, _) => {
                let name: String = name.chars().filter(|it| !it.is_control()).take(32).collect();
                return Err(format!("{name}: unknown; known are limit, after"));
            }
        }
    }
    Ok(filter)
}

fn count(value: &Value) -> Option<usize> {
    let count = value.as_u64().and_then(|it| usize::try_from(it).ok());
    count.filter(|it| (1..=LIMIT).contains(it))
}

fn not_a_count() -> String {
    format!("limit: it is not a whole number, 1 to {LIMIT}")
}

fn lines(balancer: &Balancer, filter: &Filter) -> String {
    let after = filter.after.as_deref().unwrap_or_default();
    let limit = filter.limit.unwrap_or(LIMIT);
    let mut rows: Vec<&Listed> = balancer.inventory().instances.iter().collect();
    rows.retain(|listed| after < listed.name.as_str());
    rows.sort_by_key(|listed| listed.name);
    let page = rows.get(..limit).unwrap_or(&rows);
    let mut text = String::new();
    for listed in page {
        push(&mut text, &row(balancer, listed));
    }
    let more = page.last().filter(|_| page.len() < rows.len());
    let end = more.map_or_else(
        || json!({"end": true}),
        |listed| json!({"end": true, "after": listed.name.as_str()}),
    );
    push(&mut text, &end);
    text
}

fn row(balancer: &Balancer, listed: &Listed) -> Value {
    let beat = balancer.last_beat(&listed.name);
    let weight = balancer.fleet().standing(&listed.name).map_or(listed.weight, |it| it.weight);
    json!({
        "instance": listed.name.as_str(),
        "role": listed.role.as_str(),
        "addr": listed.addr.as_str(),
        "place": (listed.place != Place::None).then_some(listed.place.as_str()),
        "weight": weight.as_f64(),
        "state": balancer.fleet().state(&listed.name).as_str(),
        "last_beat": beat.map(|beat| Time::from_unix_ms(beat.at_ms).to_string()),
        "epoch": beat.and_then(|beat| beat.epoch).map(Epoch::get),
    })
}

fn push(text: &mut String, value: &Value) {
    text.push_str(&value.to_string());
    text.push('\n');
}

#[cfg(test)]
mod tests {
    use super::*;

    fn reason(body: &str) -> String {
        filter(body.as_bytes()).unwrap_err()
    }

    #[test]
    fn takes_known_members_alone_and_names_what_is_wrong() {
        for good in ["", " ", "{}", "{\"limit\":null}", "{\"limit\":100,\"after\":\"lb-1\"}"] {
            assert!(filter(good.as_bytes()).is_ok(), "{good}");
        }
        for body in ["[]", "[1]", "null", "7", "{", "{}{}", "\"text\""] {
            assert_eq!(reason(body), "body: it is not a JSON object", "{body}");
        }
        for limit in ["0", "101", "-1", "1.5", "\"2\"", "[]"] {
            let told = reason(&format!("{{\"limit\":{limit}}}"));
            assert_eq!(told, "limit: it is not a whole number, 1 to 100");
        }
        assert_eq!(reason("{\"after\":1}"), "after: it is not a text");
        assert_eq!(reason("{\"limt\":1}"), "limt: unknown; known are limit, after");
    }
}
