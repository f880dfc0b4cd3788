//! Which of two address maps is to be in force.

use protocol::{AddressMap, Epoch, Pair, Role, Server};

/// The farthest that an epoch may jump: a fleet that changes its map every second needs eleven
/// days for it, so a greater jump is a fault or a lie, and would use the numbers up.
const LEAP: u64 = 1_000_000;
/// The epoch of a map that was never given out.
const NONE: Epoch = Epoch::new(0);

/// What is to be done with a map that came.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// It is newer: take it.
    Adopt,
    /// It is the one in force; weights, states and order may be others.
    Same,
    /// It is older: keep what is there.
    Older,
    /// It has the same epoch and other content: keep what is there, and report it.
    Conflict,
    /// Its epoch is over a million ahead: keep what is there, and report it.
    Jump,
    /// It has nobody of a role that nothing works without: keep what is there, and report it.
    Missing(Role),
}

/// Without these no box surfs, nobody tops up, and no module would ever hear of a better map.
const NEEDED: [Role; 4] = [Role::Pppx, Role::Lb, Role::Aar, Role::TopUp];

/// Judges a map against the one in force.
///
/// Whoever never had a map takes any; from then on the epoch decides.
///
/// Source: protocol.md §3 (INIT)
pub fn reconcile(current: &AddressMap, incoming: &AddressMap) -> Verdict {
    let (ours, theirs) = (current.epoch, incoming.epoch);
    if theirs < ours {
        Verdict::Older
    } else if theirs > ours {
        let leap = theirs.get() - ours.get() > LEAP;
        if leap && ours != NONE {
            return Verdict::Jump;
        }
        let is_gone =
            |role: &Role| incoming.servers(*role).is_empty() && !current.servers(*role).is_empty();
        NEEDED.into_iter().find(is_gone).map_or(Verdict::Adopt, Verdict::Missing)
    } else if same_content(current, incoming) {
        Verdict::Same
    } else {
        Verdict::Conflict
    }
}

/// The roles whose servers all have another address than before: a site that moved, or a lie.
pub fn moved(current: &AddressMap, incoming: &AddressMap) -> impl Iterator<Item = Role> {
    let all_new = |role: &Role| {
        let (before, after) = (current.servers(*role), incoming.servers(*role));
        let is_new = |server: &Server| before.present().all(|it| it.addr != server.addr);
        !before.is_empty() && !after.is_empty() && after.present().all(is_new)
    };
    Role::ALL.into_iter().filter(all_new)
}

/// Whether two maps hold the same addresses and databases, in whatever order.
fn same_content(one: &AddressMap, other: &AddressMap) -> bool {
    let addr = |server: &Server| server.addr.clone();
    Role::ALL.into_iter().all(|role| same_pair(one.servers(role), other.servers(role), addr))
        && same_pair(&one.report, &other.report, Clone::clone)
        && same_pair(&one.crypto, &other.crypto, Clone::clone)
}

fn same_pair<T, K: Ord>(
    one: &Pair<Option<T>>,
    other: &Pair<Option<T>>,
    key: impl Fn(&T) -> K,
) -> bool {
    let sorted = |pair: &Pair<Option<T>>| {
        let mut keys: Vec<K> = pair.present().map(&key).collect();
        keys.sort();
        keys
    };
    sorted(one) == sorted(other)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn server(addr: &str) -> Server {
        Server::at(addr.parse().unwrap())
    }

    fn map(epoch: u64, first: &str, second: &str) -> AddressMap {
        let aar = Pair::new(Some(server(first)), Some(server(second)));
        AddressMap { aar, epoch: Epoch::new(epoch), ..AddressMap::default() }
    }

    #[test]
    fn the_epoch_decides() {
        let current = map(7, "a:1", "b:1");
        for (incoming, verdict) in [
            (map(6, "a:1", "b:1"), Verdict::Older),
            (map(0, "a:1", "b:1"), Verdict::Older),
            (map(7, "a:1", "b:1"), Verdict::Same),
            (map(7, "b:1", "a:1"), Verdict::Same),
            (map(7, "a:2", "b:1"), Verdict::Conflict),
            (map(7, "a:1", "a:1"), Verdict::Conflict),
            (map(8, "a:2", "b:1"), Verdict::Adopt),
            (map(1_000_007, "a:1", "b:1"), Verdict::Adopt),
            (map(1_000_008, "a:1", "b:1"), Verdict::Jump),
        ] {
            assert_eq!(reconcile(&current, &incoming), verdict, "{incoming:?}");
        }
    }

    #[test]
    fn a_database_or_a_missing_twin_is_another_content() {
        let current = map(7, "a:1", "b:1");
        let mut other = current.clone();
        other.report.first = Some("sqlite:///r1.db".parse().unwrap());
        assert_eq!(reconcile(&current, &other), Verdict::Conflict);
        let mut other = current.clone();
        other.aar.second = None;
        assert_eq!(reconcile(&current, &other), Verdict::Conflict);
    }

    #[test]
    fn a_map_that_lost_a_needed_role_is_refused_and_a_move_of_both_is_not() {
        let current = map(7, "a:1", "b:1");
        let gone = AddressMap { aar: Pair::default(), ..map(8, "a:1", "b:1") };
        assert_eq!(reconcile(&current, &gone), Verdict::Missing(Role::Aar));
        assert_eq!(
            reconcile(&gone, &AddressMap { epoch: Epoch::new(9), ..gone.clone() }),
            Verdict::Adopt
        );
        assert_eq!(reconcile(&current, &map(8, "a:2", "b:2")), Verdict::Adopt);
    }

    #[test]
    fn a_role_has_moved_when_none_of_its_servers_is_where_one_was() {
        let current = map(7, "a:1", "b:1");
        let moved = |first, second| moved(&current, &map(8, first, second)).collect::<Vec<_>>();
        assert_eq!(moved("a:2", "b:2"), [Role::Aar]);
        assert_eq!(moved("a:2", "b:1"), []);
        assert_eq!(moved("b:1", "a:1"), []);
        let nobody = AddressMap::default();
        assert_eq!(super::moved(&current, &nobody).count(), 0, "who is gone is nowhere else");
        assert_eq!(super::moved(&nobody, &current).count(), 0, "nobody was anywhere");
    }

    #[test]
    fn whoever_never_had_a_map_takes_any() {
        let incoming = map(5_000_000, "a:1", "b:1");
        assert_eq!(reconcile(&AddressMap::default(), &incoming), Verdict::Adopt);
    }

    #[test]
    fn weights_states_and_names_are_no_content() {
        let current = map(7, "a:1", "b:1");
        let mut other = current.clone();
        if let Some(server) = &mut other.aar.first {
            server.name = Some("aar-1".parse().unwrap());
            server.weight = Some(protocol::Weight::ONE);
            server.state = Some(protocol::ServerState::Drain);
        }
        assert_eq!(reconcile(&current, &other), Verdict::Same);
    }
}
