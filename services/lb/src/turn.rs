//! Which of two a caller is told first.
//!
//! One that fares well stands before one that does not; two that fare alike stand as the caller's
//! own draw has it ([`balance::order()`]), so that callers which ask the first alone spread as the
//! weights say. The order is made for one caller and one answer; the inventory's stays.

use std::cmp::Ordering;

use protocol::{AddressMap, Instance, Pair, Role, Server, ServerState, Weight};

/// Puts of each pair first whom this caller shall ask first.
///
/// Source: balancing.md (c1)
pub(crate) fn turn(map: &mut AddressMap, caller: &Instance, now_s: i64) {
    for role in Role::ALL {
        if let Some(pair) = map.servers_mut(role)
            && second_first(caller, pair, now_s)
        {
            std::mem::swap(&mut pair.first, &mut pair.second);
        }
    }
}

/// Whether the second of a pair comes first for this caller.
pub(crate) fn second_first(caller: &Instance, pair: &Pair<Option<Server>>, now_s: i64) -> bool {
    let (Some(first), Some(second)) = (&pair.first, &pair.second) else { return false };
    match rank(first).cmp(&rank(second)) {
        Ordering::Less => false,
        Ordering::Greater => true,
        Ordering::Equal => match (&first.name, &second.name) {
            (Some(one), Some(two)) => {
                balance::order(caller, [(one, share(first)), (two, share(second))], now_s)
            }
            _ => false,
        },
    }
}

/// How gladly a server is asked: the least first.
fn rank(server: &Server) -> u8 {
    match server.state.unwrap_or(ServerState::Ready) {
        ServerState::Ready => 0,
        ServerState::Suspect => 1,
        ServerState::Drain => 2,
        ServerState::Panic => 3,
        ServerState::Maintenance => 4,
        ServerState::Dead => 5,
    }
}

fn share(server: &Server) -> f64 {
    server.weight.unwrap_or(Weight::ONE).as_f64()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn server(name: &str, state: ServerState, weight: &str) -> Server {
        Server {
            name: Some(name.parse().unwrap()),
            weight: Some(weight.parse().unwrap()),
            state: Some(state),
            ..Server::at("127.0.0.1:1".parse().unwrap())
        }
    }

    fn firsts(states: [ServerState; 2], weights: [&str; 2]) -> usize {
        let one = server("aar-1", states[0], weights[0]);
        let pair = Pair::new(Some(one), Some(server("aar-2", states[1], weights[1])));
        (0..100)
            .filter(|at| !second_first(&format!("pppx-{at}").parse().unwrap(), &pair, 0))
            .count()
    }

    #[test]
    fn a_healthy_one_precedes_any_other_whatever_its_weight() {
        for worse in ServerState::ALL.into_iter().filter(|it| *it != ServerState::Ready) {
            assert_eq!(firsts([ServerState::Ready, worse], ["0.1", "10"]), 100, "{worse}");
            assert_eq!(firsts([worse, ServerState::Ready], ["10", "0.1"]), 0, "{worse}");
        }
        assert_eq!(firsts([ServerState::Dead, ServerState::Drain], ["1", "1"]), 0);
    }

    #[test]
    fn equals_are_spread_as_the_weights_say() {
        let alike = firsts([ServerState::Ready; 2], ["1", "1"]);
        assert!((30..=70).contains(&alike), "{alike}");
        let heavy = firsts([ServerState::Ready; 2], ["4", "1"]);
        assert!((65..=92).contains(&heavy), "{heavy}");
    }

    #[test]
    fn one_that_stands_alone_stays_where_it_is() {
        let alone = Pair::new(None, Some(server("aar-2", ServerState::Ready, "1")));
        assert!(!second_first(&"pppx-1".parse().unwrap(), &alone, 0));
    }
}
