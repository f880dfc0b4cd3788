use super::*;

const FIRST_TIME: Caller = Caller::Listed { given: None };
const RUNS_ON_8: Caller = Caller::Listed { given: Some(Epoch::new(8)) };

fn map(topup_port: u16) -> AddressMap {
    let server = Server {
        name: Some("topup-1".parse().unwrap()),
        ..Server::at(format!("127.0.0.1:{topup_port}").parse().unwrap())
    };
    AddressMap { topup: Pair { first: Some(server), second: None }, ..AddressMap::default() }
}

fn settled(topup_port: u16, epoch: u64) -> Chart {
    Chart::new(&map(topup_port), Epoch::new(epoch), Origin::Settled)
}

/// What an LB with this chart gives its twin.
fn offer(chart: &Chart) -> AddressMap {
    AddressMap { epoch: chart.epoch(), ..chart.content().clone() }
}

/// Both ask each other, as they do once an interval.
fn exchange(first: &mut Chart, second: &mut Chart) {
    let _offered = second.offered(&offer(first), Tie::GiveWay);
    let _offered = first.offered(&offer(second), Tie::Keep);
}

fn assert_agree(first: &Chart, second: &Chart, content: &AddressMap, epoch: u64) {
    assert_eq!((first.epoch(), second.epoch()), (Epoch::new(epoch), Epoch::new(epoch)));
    assert_eq!(first.content(), &content_of(content));
    assert_eq!(second.content(), &content_of(content));
}

#[test]
fn adds_one_when_the_content_changes_and_else_nothing() {
    let mut chart = settled(1, 7);
    assert_eq!(chart.edit(&map(1)), Edit::Nothing);
    assert_eq!(chart.epoch(), Epoch::new(7));
    assert_eq!(chart.edit(&map(2)), Edit::Changed);
    assert_eq!(chart.epoch(), Epoch::new(8));
}

#[test]
fn weights_and_states_are_no_content() {
    let mut chart = settled(1, 7);
    let mut weighed = map(1);
    let server = weighed.topup.first.as_mut().unwrap();
    server.weight = Some("0.5".parse().unwrap());
    server.state = Some(protocol::ServerState::Suspect);
    assert_eq!(chart.edit(&weighed), Edit::Nothing);
}

#[test]
fn a_database_is_content() {
    let mut chart = settled(1, 7);
    let mut moved = map(1);
    moved.crypto.first = Some("sqlite:///var/lib/ngondo/crypto.db".parse().unwrap());
    assert_eq!(chart.edit(&moved), Edit::Changed);
}

#[test]
fn an_edit_on_either_twin_is_enough() {
    let (mut first, mut second) = (settled(1, 7), settled(1, 7));
    first.edit(&map(2));
    exchange(&mut first, &mut second);
    assert_agree(&first, &second, &map(2), 8);

    second.edit(&map(3));
    exchange(&mut first, &mut second);
    assert_agree(&first, &second, &map(3), 9);
}

#[test]
fn twins_edited_at_once_end_with_one_content_above_both() {
    let (mut first, mut second) = (settled(1, 7), settled(1, 7));
    first.edit(&map(2));
    second.edit(&map(3));
    exchange(&mut first, &mut second);
    assert_agree(&first, &second, &map(2), 9);
    exchange(&mut first, &mut second);
    assert_agree(&first, &second, &map(2), 9);
}

#[test]
fn twins_edited_at_once_to_the_same_agree_at_once() {
    let (mut first, mut second) = (settled(1, 7), settled(1, 7));
    first.edit(&map(2));
    second.edit(&map(2));
    exchange(&mut first, &mut second);
    assert_agree(&first, &second, &map(2), 8);
}

#[test]
fn a_dead_twin_whose_epoch_ran_ahead_does_not_block_the_next_change() {
    let mut left = settled(1, 7);
    assert_eq!(left.named(Epoch::new(100), FIRST_TIME), Named::Higher);
    assert_eq!(left.epoch(), Epoch::new(7), "an epoch means one content");
    left.edit(&map(2));
    assert_eq!(left.epoch(), Epoch::new(101));
}

#[test]
fn a_change_made_before_the_higher_epoch_was_heard_of_goes_above_it() {
    let mut left = settled(1, 7);
    left.edit(&map(2));
    assert_eq!(left.named(Epoch::new(100), FIRST_TIME), Named::Renumbered);
    assert_eq!(left.epoch(), Epoch::new(101));
}

#[test]
fn a_change_under_a_number_that_the_dead_twin_used_goes_above_it() {
    let mut left = Chart::new(&map(2), Epoch::new(8), Origin::Edited);
    assert_eq!(left.epoch(), Epoch::new(8));
    assert_eq!(left.named(Epoch::new(8), FIRST_TIME), Named::Renumbered, "the other's 8");
    assert_eq!(left.epoch(), Epoch::new(9));
}

#[test]
fn a_change_that_is_run_on_keeps_its_number() {
    let mut chart = settled(1, 7);
    chart.edit(&map(2));
    assert_eq!(chart.named(Epoch::new(8), RUNS_ON_8), Named::Nothing);
    assert_eq!(chart.named(Epoch::new(8), FIRST_TIME), Named::Nothing, "it is known to be ours");
    assert_eq!(chart.epoch(), Epoch::new(8));
}

#[test]
fn a_stranger_moves_no_number_by_naming_ours() {
    let mut chart = settled(1, 7);
    chart.edit(&map(2));
    assert_eq!(chart.named(Epoch::new(8), Caller::Stranger), Named::Nothing);
    assert_eq!((chart.epoch(), chart.origin()), (Epoch::new(8), Origin::Edited));
}

#[test]
fn a_twin_that_has_taken_our_change_is_asked_and_settles_it() {
    let mut first = settled(1, 7);
    first.edit(&map(2));
    assert_eq!(first.twin_named(Epoch::new(8)), Named::Higher);
    assert_eq!(first.offered(&offer(&first.clone()), Tie::Keep), Offered::Nothing);
    assert_eq!(first.origin(), Origin::Settled);
    assert_eq!(first.twin_named(Epoch::new(8)), Named::Nothing);
}

#[test]
fn lower_epochs_are_ignored() {
    let mut chart = settled(2, 7);
    assert_eq!(
        chart.offered(&AddressMap { epoch: Epoch::new(6), ..map(1) }, Tie::GiveWay),
        Offered::Nothing
    );
    assert_eq!(chart.named(Epoch::new(6), FIRST_TIME), Named::Nothing);
    assert_eq!(chart.twin_named(Epoch::new(6)), Named::Nothing);
    assert_eq!((chart.epoch(), chart.content()), (Epoch::new(7), &content_of(&map(2))));
}

#[test]
fn starts_from_the_first_epoch_that_it_hears_when_it_has_no_file() {
    let mut chart = Chart::new(&map(1), Epoch::new(1), Origin::Unnumbered);
    assert_eq!(chart.named(Epoch::new(41), FIRST_TIME), Named::Renumbered);
    assert_eq!(chart.epoch(), Epoch::new(41));
    assert_eq!(chart.named(Epoch::new(42), FIRST_TIME), Named::Higher);
    assert_eq!(chart.epoch(), Epoch::new(41));
}

#[test]
fn without_its_file_it_starts_from_its_ini() {
    let with_crypto = |port| {
        let mut map = map(port);
        map.crypto.first = Some("sqlite:///var/lib/ngondo/crypto.db".parse().unwrap());
        map
    };
    let ini = AddressMap { epoch: Epoch::new(41), ..map(1) };
    let same = Chart::without_file(&with_crypto(1), &ini);
    assert_eq!((same.epoch(), same.origin()), (Epoch::new(41), Origin::Settled));
    let other = Chart::without_file(&with_crypto(2), &ini);
    assert_eq!((other.epoch(), other.origin()), (Epoch::new(42), Origin::Edited));
    let fresh = Chart::without_file(&with_crypto(1), &AddressMap::default());
    assert_eq!((fresh.epoch(), fresh.origin()), (Epoch::new(1), Origin::Unnumbered));
}

#[test]
fn the_twins_epoch_alone_gives_no_number() {
    let mut chart = Chart::new(&map(1), Epoch::new(1), Origin::Unnumbered);
    assert_eq!(chart.twin_named(Epoch::new(41)), Named::Higher);
    assert_eq!(chart.epoch(), Epoch::new(1));
    assert_eq!(
        chart.offered(&AddressMap { epoch: Epoch::new(41), ..map(2) }, Tie::Keep),
        Offered::Taken
    );
    assert_eq!((chart.epoch(), chart.content()), (Epoch::new(41), &content_of(&map(2))));
}

#[test]
fn a_jump_over_a_million_is_refused() {
    let mut chart = settled(1, 7);
    let far = Epoch::new(1_000_008);
    assert_eq!(chart.named(far, FIRST_TIME), Named::Refused);
    assert_eq!(chart.twin_named(far), Named::Refused);
    assert_eq!(chart.offered(&AddressMap { epoch: far, ..map(2) }, Tie::GiveWay), Offered::Refused);
    assert_eq!(chart.edit(&map(2)), Edit::Changed);
    assert_eq!(chart.epoch(), Epoch::new(8));
    assert_eq!(chart.named(Epoch::new(1_000_007), FIRST_TIME), Named::Renumbered);
}

#[test]
fn the_highest_epoch_of_all_does_not_wrap() {
    let mut chart = settled(1, u64::MAX);
    chart.edit(&map(2));
    assert_eq!(chart.epoch(), Epoch::new(u64::MAX));
}
