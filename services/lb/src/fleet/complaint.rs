//! Whom the callers complain of.
//!
//! A PPPX writes into its row who answered and how many were asked. Where more than one was asked,
//! the twin of who answered had failed; where nobody answered, both had. A caller of whose requests
//! to a server half fail complains of it.

use config::inventory::{Inventory, Listed, Place};
use protocol::{Instance, Role, Verb, matrix};
use report::Passed;

/// Fewer requests than this in the seconds that are read say nothing.
const FEW: u64 = 4;

/// Each callee that is complained of, with the caller.
pub(super) fn all(
    inventory: &Inventory,
    passed: &[(Instance, Vec<Passed>)],
) -> Vec<(Instance, Instance)> {
    let placed = inventory.instances.iter().filter(|listed| listed.place != Place::None);
    let mut found = Vec::new();
    for callee in placed {
        for (caller, rows) in passed {
            let (mut sent, mut failed) = (0, 0);
            for row in rows {
                match about(callee, inventory, row) {
                    Some(true) => sent += row.rows,
                    Some(false) => {
                        sent += row.rows;
                        failed += row.rows;
                    }
                    None => {}
                }
            }
            if failed >= FEW && failed * 2 >= sent {
                found.push((callee.name, *caller));
            }
        }
    }
    found
}

/// Whether a row says that a server answered or failed; `None` where it does not speak of it.
fn about(callee: &Listed, inventory: &Inventory, row: &Passed) -> Option<bool> {
    match &row.upstream {
        Some(upstream) if *upstream == callee.name => Some(true),
        Some(upstream) => {
            let role = inventory.get(upstream).map(|listed| listed.role);
            (row.again && role == Some(callee.role)).then_some(false)
        }
        None => (role_of(&row.cmd) == Some(callee.role)).then_some(false),
    }
}

fn role_of(cmd: &str) -> Option<Role> {
    match cmd.split_once('/') {
        Some((noun, verb)) => matrix::verb(noun, verb).map(|deed| deed.role),
        None => Verb::from_name(cmd).and_then(Verb::role),
    }
}
