//! `servers/drain`, `maintenance`, `ready`, `thaw`: an operator's word.
//!
//! It is in force at once, written before it is answered, and told to the twin; callers learn of
//! it with their next INIT. The last word stands, by its version, whichever LB took it.

use chassis::{ManageCall, Managed};
use config::inventory::{Inventory, Listed, Place};
use protocol::{Instance, Label, Outcome, RequestId, Ruling, ServerState};
use serde_json::{Value, json};

use crate::balancer::Balancer;
use crate::fields::{Fault, Fields};
use crate::{Lb, publish, twin};

/// What is asked for.
struct Asked {
    request: RequestId,
    server: Instance,
    reason: Option<Label>,
    force: bool,
}

/// Why nothing was done.
enum Refusal {
    /// No such server is listed.
    Unknown,
    /// Nobody of its role would be left.
    Last(String),
}

/// Takes a server out, or brings it back.
///
/// Source: protocol.md §7
pub(crate) async fn rule(lb: &Lb, call: &ManageCall, state: ServerState) -> Managed {
    let asked = match asked(&call.body) {
        Ok(asked) => asked,
        Err(fault) => return Managed::problem(Outcome::Malformed, fault),
    };
    let Some(by) = call.principal else {
        return Managed::problem(Outcome::Unauthenticated, "an operator's name is missing");
    };
    let ruling = Ruling {
        state,
        version: 0,
        at_ms: lb.ctx.clock.now_ms(),
        by,
        request: asked.request,
        reason: asked.reason,
    };
    let taken = take(&mut lb.balancer(), asked.server, ruling, asked.force);
    if let Err(refusal) = taken {
        return refusal.into();
    }
    let server = asked.server;
    tracing::info!(bridge = %call.bridge, %server, %state, %by, "an operator's word");
    let answer = json!({ "result": "OK", "instance": server.as_str(), "state": state.as_str() });
    told(lb, answer).await
}

/// Ends a freeze of the map, here and at the twin.
pub(crate) async fn thaw(lb: &Lb, call: &ManageCall) -> Managed {
    let read = || -> Result<RequestId, Fault> {
        let mut fields = Fields::read(&call.body)?;
        let request = fields.needed("request")?;
        fields.end().map(|()| request)
    };
    if let Err(fault) = read() {
        return Managed::problem(Outcome::Malformed, fault);
    }
    // Asked again it finds nothing frozen, and ends nothing.
    let frozen = {
        let mut balancer = lb.balancer();
        let causes = balancer.fleet().causes();
        balancer.fleet_mut().thaw();
        causes
    };
    let by = call.principal.map(|it| it.to_string()).unwrap_or_default();
    tracing::info!(bridge = %call.bridge, by, causes = frozen.len(), "a freeze of the map is ended");
    let ended: Vec<_> = frozen.iter().map(|(cause, _)| cause.to_string()).collect();
    told(lb, json!({ "result": "OK", "ended": ended })).await
}

/// Writes it down and tells the twin.
async fn told(lb: &Lb, answer: Value) -> Managed {
    let saved = publish::rule(lb).await;
    twin::tell(lb).await;
    match saved {
        Ok(()) => Managed::json(Outcome::Ok, answer),
        Err(_told_in_the_log) => Managed::problem(
            Outcome::Failed,
            "it is in force, but could not be written to the disk: say it again once the disk is \
             well, or it ends with both LBs",
        ),
    }
}

fn asked(body: &[u8]) -> Result<Asked, Fault> {
    let mut fields = Fields::read(body)?;
    let asked = Asked {
        request: fields.needed("request")?,
        server: fields.needed("instance")?,
        reason: fields.word("reason")?,
        force: fields.flag("force")?,
    };
    fields.end().map(|()| asked)
}

fn take(
    balancer: &mut Balancer,
    server: Instance,
    ruling: Ruling,
    force: bool,
) -> Result<(), Refusal> {
    let (inventory, fleet) = balancer.listed();
    let listed = inventory.get(&server).ok_or(Refusal::Unknown)?;
    if fleet.rulings().get(&server).is_some_and(|known| known.request == ruling.request) {
        return Ok(());
    }
    if ruling.takes_out() && !force && listed.place != Place::None {
        let twin = twin_of(inventory, listed);
        let state = twin.map(|twin| (twin.name, fleet.state(&twin.name)));
        match state {
            None => return Err(Refusal::Last(format!("{server} is the only one of its role"))),
            Some((_, ServerState::Ready | ServerState::Suspect)) => {}
            Some((twin, state)) => {
                return Err(Refusal::Last(format!("its twin {twin} is in state {state}")));
            }
        }
    }
    let version = fleet.rulings().next();
    fleet.rule(server, Ruling { version, ..ruling });
    Ok(())
}

/// The other one of its role that is in the map.
fn twin_of<'a>(inventory: &'a Inventory, one: &Listed) -> Option<&'a Listed> {
    let is_twin =
        |it: &&Listed| it.role == one.role && it.name != one.name && it.place != Place::None;
    inventory.instances.iter().find(is_twin)
}

// === impl Refusal ===

impl From<Refusal> for Managed {
    fn from(refusal: Refusal) -> Self {
        match refusal {
            Refusal::Unknown => {
                let detail = "instance: the inventory does not list it; nothing was changed";
                Self::problem(Outcome::CodeUnknown, detail)
            }
            Refusal::Last(why) => {
                let detail = format!("{why}: nobody would be left; nothing was changed");
                Self::problem(Outcome::Suspended, detail)
            }
        }
    }
}
