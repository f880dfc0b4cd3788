use protocol::{CreditOutcome, CryptoField, TopUp};
use serde_json::json;
use store::State;

use super::*;
use crate::scene::{Scene, asker, request, topped, unsold, value};

fn credited(code: Option<protocol::PurchaseCode>) -> Credit {
    Credit {
        code,
        request: None,
        outcome: CreditOutcome::Credited,
        text: Some("OK 123456789".parse().unwrap()),
        crypto: CryptoField::Missing,
    }
}

async fn outcome(scene: &Scene, credit: &Credit, bridge: &str) -> Outcome {
    scene.credit(credit, &asker(bridge)).await.answer.outcome()
}

#[tokio::test]
async fn keeps_what_the_network_did() {
    let scene = Scene::new().await;
    let code = scene.sold().await;
    assert_eq!(outcome(&scene, &credited(Some(code)), "a").await, Outcome::CodeUnknown);
    topped(&scene.topup(&TopUp::new(code), &asker("b")).await);
    assert_eq!(outcome(&scene, &credited(Some(code)), "c").await, Outcome::Ok);
    let found = value(&scene.manage("find", &json!({ "serial": 1 }).to_string()).await);
    assert_eq!(found["credit"], "CREDITED");
}

#[tokio::test]
async fn a_box_speaks_for_its_own_topup_alone() {
    let scene = Scene::new().await;
    let code = scene.sold().await;
    let dongle = scene.dongle(1, State::Active).await;
    let other = scene.dongle(2, State::Active).await;
    topped(&scene.topup(&dongle.topup(code, Some(request(7))), &asker("a")).await);
    let by = |crypto| Credit { crypto, request: Some(request(7)), ..credited(Some(code)) };
    let of = |dongle: &crate::scene::Dongle| {
        by(dongle.crypto("CREDIT", code.digits(), Some(request(7))))
    };
    let nobody = by(CryptoField::Missing);
    assert_eq!(outcome(&scene, &nobody, "b").await, Outcome::Forbidden);
    assert_eq!(outcome(&scene, &of(&other), "c").await, Outcome::Forbidden);
    let of_topup = by(dongle.crypto("TOPUP", code.digits(), Some(request(7))));
    assert_eq!(outcome(&scene, &of_topup, "d").await, Outcome::BadCrypto);
    assert_eq!(outcome(&scene, &of(&dongle), "e").await, Outcome::Ok);
    let by_request = Credit {
        crypto: dongle.crypto("CREDIT", "", Some(request(7))),
        request: Some(request(7)),
        ..credited(None)
    };
    assert_eq!(outcome(&scene, &by_request, "f").await, Outcome::Ok);
}

#[tokio::test]
async fn is_no_way_to_guess_codes() {
    let scene = Scene::new().await;
    let live = scene.sold().await;
    let guesser = Asker { client: Some("msisdn:a".parse().unwrap()), ..asker("b") };
    for code in [live, unsold(1), live, unsold(2), unsold(3)] {
        let answered = scene.credit(&credited(Some(code)), &guesser).await;
        assert_eq!(answered.answer.outcome(), Outcome::CodeUnknown);
    }
    for code in [live, unsold(4)] {
        let answered = scene.credit(&credited(Some(code)), &guesser).await;
        assert_eq!(answered.answer.outcome(), Outcome::SlowDown);
    }
    let by_request = Credit { request: Some(request(9)), ..credited(None) };
    assert_eq!(outcome(&scene, &by_request, "c").await, Outcome::CodeUnknown);
}
