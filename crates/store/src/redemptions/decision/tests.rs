use super::*;
use crate::till::{NOW_MS, asked, request, today};

const MINUTE_MS: i64 = 60_000;

fn known() -> Known {
    Known { at_ms: NOW_MS, principal: None, client: None, keys: Vec::new() }
}

fn device(n: u8) -> DeviceId {
    DeviceId::from_bytes([n; 16])
}

fn client(text: &str) -> Client {
    text.parse().unwrap()
}

fn later(minutes: i64) -> Asked {
    Asked { at_ms: NOW_MS + minutes * MINUTE_MS, ..asked(1, "later") }
}

fn same(learn: &[Key]) -> Repeat {
    Repeat::Same { learn: learn.to_vec() }
}

#[test]
fn the_same_request_gets_the_same_for_ever() {
    let known = Known { keys: vec![Key::Request(request(7))], ..known() };
    let again = Asked { request: Some(request(7)), ..later(1_000_000) };
    assert_eq!(repeat(&known, &again), same(&[]));
    let other = Asked { request: Some(request(8)), ..later(0) };
    assert_eq!(repeat(&known, &other), Repeat::Other);
}

#[test]
fn the_same_box_gets_the_same_and_its_new_request_is_learnt() {
    let known = Known { keys: vec![Key::Device(device(1))], ..known() };
    let again = Asked { device: Some(device(1)), request: Some(request(9)), ..later(1_000_000) };
    assert_eq!(repeat(&known, &again), same(&[Key::Request(request(9))]));
    let other = Asked { device: Some(device(2)), ..later(0) };
    assert_eq!(repeat(&known, &other), Repeat::Other);
}

#[test]
fn the_same_bridge_gets_the_same_for_ever() {
    let known = Known { keys: vec![Key::Bridge("later".parse().unwrap())], ..known() };
    assert_eq!(repeat(&known, &later(1_000_000)), same(&[]));
}

#[test]
fn the_same_address_gets_the_same_for_ten_minutes() {
    let known = Known { client: Some(client("address:a")), ..known() };
    let from = |text, minutes| Asked { client: Some(client(text)), ..later(minutes) };
    let learnt = same(&[Key::Bridge("later".parse().unwrap())]);
    assert_eq!(repeat(&known, &from("address:a", 9)), learnt);
    assert_eq!(repeat(&known, &from("address:a", 10)), Repeat::Other);
    assert_eq!(repeat(&known, &from("address:b", 0)), Repeat::Other);
    assert_eq!(repeat(&known, &later(0)), Repeat::Other);
}

#[test]
fn the_same_principal_gets_the_same_for_a_day() {
    let shop: Option<PrincipalName> = Some("shop-1".parse().unwrap());
    let known = Known { principal: shop, client: Some(client("address:a")), ..known() };
    let from =
        |minutes| Asked { principal: shop, client: Some(client("address:b")), ..later(minutes) };
    assert!(matches!(repeat(&known, &from(24 * 60 - 1)), Repeat::Same { .. }));
    assert_eq!(repeat(&known, &from(24 * 60)), Repeat::Other);
}

#[test]
fn a_relay_does_not_speak_for_all_its_users() {
    let gateway: Option<PrincipalName> = Some("gateway-1".parse().unwrap());
    let known = Known { principal: gateway, client: Some(client("msisdn:a")), ..known() };
    let from = |text| Asked { principal: gateway, client: Some(client(text)), ..later(1) };
    assert_eq!(repeat(&known, &from("msisdn:b")), Repeat::Other);
    assert!(matches!(repeat(&known, &from("msisdn:a")), Repeat::Same { .. }));
}

#[test]
fn who_asks_tells_nothing_where_a_request_or_a_box_tells_better() {
    let known = Known { client: Some(client("address:a")), ..known() };
    let from_here = Asked { client: Some(client("address:a")), ..later(0) };
    let with_request = Asked { request: Some(request(7)), ..from_here.clone() };
    assert_eq!(repeat(&known, &with_request), Repeat::Other);
    let with_device = Asked { device: Some(device(1)), ..from_here };
    assert_eq!(repeat(&known, &with_device), Repeat::Other);
}

#[test]
fn a_voucher_stands_as_its_state_and_its_day_say() {
    let yesterday = Some("2026-11-19".parse().unwrap());
    let active = BatchState::Active;
    let of = |state, expires| Standing::of(state, active, expires, today());
    assert_eq!(of(VoucherState::Sold, None), Standing::Good);
    assert_eq!(of(VoucherState::Sold, Some(today())), Standing::Good);
    assert_eq!(of(VoucherState::Sold, yesterday), Standing::Expired);
    assert_eq!(of(VoucherState::Redeemed, yesterday), Standing::Redeemed);
    assert_eq!(of(VoucherState::Void, None), Standing::Void);
    assert_eq!(of(VoucherState::Frozen, yesterday), Standing::Void);
    assert_eq!(of(VoucherState::Created, None), Standing::Unsold);
    for batch in BatchState::ALL.into_iter().filter(|it| *it != active) {
        let of = |state| Standing::of(state, batch, None, today());
        assert_eq!(of(VoucherState::Sold), Standing::Void, "{batch}");
        assert_eq!(of(VoucherState::Redeemed), Standing::Redeemed, "{batch}");
        assert_eq!(of(VoucherState::Created), Standing::Unsold, "{batch}");
    }
}

#[test]
fn who_repeats_without_end_does_not_fill_the_database() {
    let requests = (1..).map(|n| Key::Request(request(n))).take(KEYS_MOST - 1);
    let keys: Vec<_> = [Key::Device(device(1))].into_iter().chain(requests).collect();
    let known = Known { keys, ..known() };
    let again = Asked { device: Some(device(1)), request: Some(request(999)), ..later(1) };
    assert_eq!(repeat(&known, &again), same(&[]));
}
