//! `servers/list`: the inventory as this LB sees it, one line an instance.

use bytes::Bytes;
use chassis::{ManageCall, Managed};
use config::inventory::{Listed, Place};
use protocol::{AddressMap, Epoch, Outcome, Server, ServerState, Time};
use serde::Deserialize;
use serde_json::{Value, json};

use crate::Lb;
use crate::balancer::Balancer;

/// A screen full; a fleet of servers is smaller.
const LIMIT: usize = 100;

/// What a list is asked with.
#[derive(Debug, Default, Deserialize)]
struct Filter {
    #[serde(default)]
    limit: Option<usize>,
    #[serde(default)]
    after: Option<String>,
}

/// Lists the instances by name.
///
/// Source: protocol.md §7
pub(crate) fn list(lb: &Lb, call: &ManageCall) -> Managed {
    let filter = if call.body.trim_ascii().is_empty() {
        Ok(Filter::default())
    } else {
        serde_json::from_slice(&call.body)
    };
    match filter {
        Ok(filter) => {
            let lines = lines(&lb.balancer(), &filter, lb.ctx.clock.now_ms());
            Managed::lines(Outcome::Ok, Bytes::from(lines))
        }
        Err(_error) => {
            Managed::problem(Outcome::Malformed, "the body is not {\"limit\", \"after\"}")
        }
    }
}

fn lines(balancer: &Balancer, filter: &Filter, now_ms: i64) -> String {
    let after = filter.after.as_deref().unwrap_or_default();
    let limit = filter.limit.unwrap_or(LIMIT).clamp(1, LIMIT);
    let mut rows: Vec<&Listed> = balancer.inventory().instances.iter().collect();
    rows.retain(|listed| after < listed.name.as_str());
    rows.sort_by_key(|listed| listed.name);
    let page = rows.get(..limit).unwrap_or(&rows);
    let map = balancer.own_map(now_ms);
    let mut text = String::new();
    for listed in page {
        push(&mut text, &row(balancer, listed, state(balancer, listed, &map, now_ms)));
    }
    let more = page.last().filter(|_| page.len() < rows.len());
    push(&mut text, &json!({"end": true, "after": more.map(|listed| listed.name.as_str())}));
    text
}

/// What the map says of an instance, or what its silence does where it has no place.
fn state(balancer: &Balancer, listed: &Listed, map: &AddressMap, now_ms: i64) -> ServerState {
    let in_map = |server: &&Server| server.name == Some(listed.name);
    let placed = map.servers(listed.role).present().find(in_map);
    placed.and_then(|server| server.state).unwrap_or_else(|| balancer.state(&listed.name, now_ms))
}

fn row(balancer: &Balancer, listed: &Listed, state: ServerState) -> Value {
    let beat = balancer.last_beat(&listed.name);
    json!({
        "instance": listed.name.as_str(),
        "role": listed.role.as_str(),
        "addr": listed.addr.as_str(),
        "place": (listed.place != Place::None).then_some(listed.place.as_str()),
        "weight": listed.weight.as_f64(),
        "state": state.as_str(),
        "last_beat": beat.map(|beat| Time::from_unix_ms(beat.at_ms).to_string()),
        "epoch": beat.and_then(|beat| beat.epoch).map(Epoch::get),
    })
}

fn push(text: &mut String, value: &Value) {
    text.push_str(&value.to_string());
    text.push('\n');
}
