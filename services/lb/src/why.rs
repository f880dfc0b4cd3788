//! `servers/why`: what this LB publishes, and what that comes from.

use balance::{Cell, Health, LONGEST_FREEZE_MS};
use chassis::{ManageCall, Managed};
use config::inventory::{Listed, Place};
use protocol::{DbUrl, Epoch, Instance, Outcome, Role, Ruling, Time};
use serde_json::{Value, json};

use crate::Lb;
use crate::balancer::Balancer;
use crate::fields::{Fault, Fields};
use crate::fleet::Reading;
use crate::turn;

/// Explains all servers, or one.
///
/// Source: protocol.md §7
pub(crate) fn why(lb: &Lb, call: &ManageCall) -> Managed {
    let read = || -> Result<Option<Instance>, Fault> {
        let mut fields = Fields::read(&call.body)?;
        let one = fields.word("instance")?;
        fields.end().map(|()| one)
    };
    let one = match read() {
        Ok(one) => one,
        Err(fault) => return Managed::problem(Outcome::Malformed, fault),
    };
    let balancer = lb.balancer();
    if one.is_some_and(|name| balancer.inventory().get(&name).is_none()) {
        let detail = "instance: the inventory does not list it";
        return Managed::problem(Outcome::CodeUnknown, detail);
    }
    let now_ms = lb.ctx.clock.now_ms();
    let mut listed: Vec<&Listed> = balancer.inventory().instances.iter().collect();
    listed.retain(|listed| one.is_none_or(|name| listed.name == name));
    listed.sort_by_key(|listed| (listed.role, listed.name));
    let servers: Vec<Value> =
        listed.into_iter().map(|listed| server(&balancer, listed, now_ms)).collect();
    Managed::json(
        Outcome::Ok,
        json!({
            "result": "OK",
            "lb": lb.ctx.config.instance.as_str(),
            "time": time(now_ms),
            "epoch": balancer.chart().epoch().get(),
            "frozen": frozen(&balancer),
            "agreement": agreement(&balancer, now_ms),
            "databases": databases(&balancer, now_ms),
            "servers": servers,
        }),
    )
}

fn frozen(balancer: &Balancer) -> Vec<Value> {
    let causes = balancer.fleet().causes().into_iter();
    causes
        .map(|(cause, since_ms)| {
            json!({
                "why": cause.to_string(),
                "since": time(since_ms),
                "until": time(since_ms + LONGEST_FREEZE_MS),
            })
        })
        .collect()
}

/// Whether the twin publishes the same; `null` where it was never heard.
fn agreement(balancer: &Balancer, now_ms: i64) -> Value {
    let agreement = balancer.agreement();
    let Some(compared_ms) = agreement.compared_ms() else { return Value::Null };
    json!({
        "agree": agreement.since_ms().is_none(),
        "compared_s": (now_ms - compared_ms) / 1000,
        "since": agreement.since_ms().map(time),
        "differences": agreement.differences(),
    })
}

fn databases(balancer: &Balancer, now_ms: i64) -> Vec<Value> {
    let urls = &balancer.inventory().report;
    let readings = balancer.fleet().readings();
    let both = [
        (Place::First, &urls.first, &readings.first),
        (Place::Second, &urls.second, &readings.second),
    ];
    both.into_iter()
        .filter_map(|(place, url, reading)| Some(database(place, url.as_ref()?, (reading, now_ms))))
        .collect()
}

fn database(place: Place, url: &DbUrl, (reading, now_ms): (&Reading, i64)) -> Value {
    json!({
        "place": place.as_str(),
        "url": url.to_string(),
        "problem": reading.problem(),
        "read_s": reading.read_ms().map(|read_ms| (now_ms - read_ms) / 1000),
        "unlisted": reading.unlisted(),
        "future": reading.ahead(),
    })
}

fn server(balancer: &Balancer, listed: &Listed, now_ms: i64) -> Value {
    let fleet = balancer.fleet();
    let name = &listed.name;
    let standing = fleet.standing(name);
    let used = fleet.last(name, now_ms);
    let readings = fleet.readings();
    let behind_s = |reading: &Reading| reading.newest_ms(name).map(|ms| (now_ms - ms) / 1000);
    json!({
        "instance": name.as_str(),
        "role": listed.role.as_str(),
        "addr": listed.addr.as_str(),
        "place": (listed.place != Place::None).then_some(listed.place.as_str()),
        "state": fleet.state(name).as_str(),
        "since": standing.map(|standing| time(standing.since_ms)),
        "why": fleet.why(name, now_ms),
        "seen": seen(fleet.seen(name, now_ms)),
        "heard_s": fleet.heard_ms(name).map(|heard_ms| (now_ms - heard_ms) / 1000),
        "ruling": fleet.rulings().get(name).map(ruling),
        "weight": standing.map_or(listed.weight, |it| it.weight).as_f64(),
        "listed_weight": listed.weight.as_f64(),
        "score": rounded(fleet.score(name)),
        "rate": used.map(|used| rounded(used.rate)),
        "util": used.map(|used| rounded(used.util)),
        "errors": used.map(|used| rounded(used.errors)),
        "cells": fleet.cells(name).iter().map(cell).collect::<Vec<_>>(),
        "behind_s": { "first": behind_s(&readings.first), "second": behind_s(&readings.second) },
        "first_for": first_for(balancer, listed, now_ms),
        "epoch": balancer.last_beat(name).and_then(|beat| beat.epoch).map(Epoch::get),
    })
}

/// The callers that are told this one first now.
fn first_for(balancer: &Balancer, listed: &Listed, now_ms: i64) -> Vec<String> {
    let map = balancer.own_map();
    let pair = map.servers(listed.role);
    let callers = balancer.inventory().instances.iter().filter(|caller| {
        if listed.role == Role::Pppx {
            caller.role != Role::Pppx
        } else {
            caller.role == Role::Pppx
        }
    });
    let is_first = |caller: &Instance| {
        let turned = turn::second_first(caller, pair, now_ms / 1000);
        let first = if turned { &pair.second } else { &pair.first };
        first.as_ref().and_then(|server| server.name) == Some(listed.name)
    };
    callers.filter(|caller| is_first(&caller.name)).map(|it| it.name.to_string()).collect()
}

fn ruling(ruling: &Ruling) -> Value {
    json!({
        "state": ruling.state.as_str(),
        "by": ruling.by.to_string(),
        "time": time(ruling.at_ms),
        "reason": ruling.reason.as_ref().map(ToString::to_string),
        "version": ruling.version,
    })
}

fn cell((second, cell): &(i64, Cell)) -> Value {
    json!({
        "time": time(second * 1000),
        "rows": cell.rows,
        "errors": cell.errors,
        "queue_us": cell.queue_us,
        "service_us": cell.service_us,
        "inflight": cell.inflight,
        "limit": cell.limit,
        "cpu_permille": cell.cpu_permille,
    })
}

fn seen(health: Health) -> &'static str {
    match health {
        Health::Alive => "alive",
        Health::Suspect => "suspect",
        Health::Dead => "dead",
    }
}

fn time(ms: i64) -> String {
    Time::from_unix_ms(ms).to_string()
}

fn rounded(value: f64) -> f64 {
    (value * 1000.0).round() / 1000.0
}
