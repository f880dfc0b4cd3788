//! Who may do what is known everywhere, at once, and while nobody can be asked.

#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::print_stdout,
    reason = "a test may panic, print and spawn"
)]

use std::time::Duration;

use chassis::{Context, Standing};
use ngondo::site::{self, Place};
use pppx::Pppx;
use protocol::{PrincipalName, Role};
use serde_json::{Value, json};
use stack::{Http, Signer, Stack};
use tokio::time::Instant;
use uuid::Uuid;

/// No answer in a test takes so long, unless it never comes.
const LIMIT: Duration = Duration::from_mins(1);

/// What the operator with all rights has done to a principal.
async fn change(stack: &Stack, verb: &str, mut body: Value) -> Value {
    body["request"] = Uuid::new_v4().to_string().into();
    stack.door.manage(&format!("/v1/principals/{verb}"), &body).await.unwrap()
}

/// Waits until a server has a list under this number or a later one.
async fn hears(ctx: &Context, changed: i64) {
    let mut watch = ctx.principals.watch();
    let heard = watch.wait_for(|now| changed <= *now);
    drop(tokio::time::timeout(LIMIT, heard).await.unwrap().unwrap());
}

fn last_change(stack: &Stack) -> i64 {
    let aar = stack.house.aar.second.as_ref().unwrap();
    *aar.ctx.principals.watch().borrow()
}

/// Asks for the stock, which needs a right.
async fn stock(stack: &Stack, name: &str, place: Place) -> Http {
    let signer = Signer::new(&stack.site, name, (Role::Pppx, place), &stack.clock);
    tokio::task::spawn_blocking(move || signer.manage("vouchers/stock", "{}")).await.unwrap()
}

fn revoked(ctx: &Context, name: &PrincipalName) -> Option<bool> {
    match ctx.standing(name) {
        Standing::Known(principal) => Some(principal.revoked),
        Standing::Unknown | Standing::NotYet => None,
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn who_is_revoked_is_refused_by_every_server() {
    let stack = Box::pin(Stack::start()).await;
    let shop: PrincipalName = site::SHOP.parse().unwrap();
    let all = stack.house.contexts();
    assert_eq!(all.len(), 10);
    for ctx in &all {
        assert_eq!(revoked(ctx, &shop), Some(false), "{}", ctx.config.instance);
    }
    assert_eq!(stock(&stack, site::SHOP, Place::First).await.status, 200);

    let before = last_change(&stack);
    let asked = Instant::now();
    let done = change(&stack, "revoke", json!({ "name": site::SHOP })).await;
    assert_eq!((&done["result"], &done["revoked"]), (&json!("OK"), &json!(true)));
    for ctx in &all {
        hears(ctx, before + 1).await;
        assert_eq!(revoked(ctx, &shop), Some(true), "{}", ctx.config.instance);
    }
    println!("ten servers know it {:?} after it was asked for", asked.elapsed());
    for place in Place::ALL {
        let refused = stock(&stack, site::SHOP, place).await;
        assert_eq!(refused.status, 403, "{refused:?}");
        assert!(refused.body.contains("revoked"), "{}", refused.body);
    }
    Box::pin(stack.stop()).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_revocation_goes_through_the_other_aar() {
    let mut stack = Box::pin(Stack::start()).await;
    stack.house.aar.first.take().unwrap().stop().await;
    let before = last_change(&stack);
    change(&stack, "revoke", json!({ "name": site::SHOP })).await;
    let all = stack.house.contexts();
    assert_eq!(all.len(), 9);
    for ctx in &all {
        hears(ctx, before + 1).await;
        assert_eq!(revoked(ctx, &site::SHOP.parse().unwrap()), Some(true));
    }
    Box::pin(stack.stop()).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn other_rights_act_without_a_new_file() {
    let stack = Box::pin(Stack::start()).await;
    let ctx = &stack.house.pppx.first.as_ref().unwrap().ctx;
    let before = last_change(&stack);
    let less = json!({ "name": site::SHOP, "kind": "shop", "rights": "print" });
    change(&stack, "add", less).await;
    hears(ctx, before + 1).await;
    let refused = stock(&stack, site::SHOP, Place::First).await;
    assert_eq!(refused.status, 403, "{refused:?}");
    assert!(refused.body.contains("sell or read"), "{}", refused.body);
    let more = json!({ "name": site::SHOP, "kind": "shop", "rights": "sell" });
    change(&stack, "add", more).await;
    for ctx in stack.house.contexts() {
        hears(&ctx, before + 2).await;
    }
    assert_eq!(stock(&stack, site::SHOP, Place::First).await.status, 200);
    Box::pin(stack.stop()).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_starts_without_an_aar_goes_by_its_copy() {
    let mut stack = Box::pin(Stack::start()).await;
    let before = last_change(&stack);
    stack.house.aar.first.take().unwrap().stop().await;
    stack.house.aar.second.take().unwrap().stop().await;
    stack.house.pppx.second.take().unwrap().stop().await;

    let again = site::start::<Pppx>(&stack.site, Place::Second, &stack.clock).await.unwrap();
    hears(&again.ctx, before).await;
    assert_eq!(stock(&stack, site::SHOP, Place::Second).await.status, 200);
    again.stop().await;

    let state = stack.site.folder(Role::Pppx, Place::Second).join("state");
    std::fs::remove_file(state.join("principals.json")).unwrap();
    let bare = site::start::<Pppx>(&stack.site, Place::Second, &stack.clock).await.unwrap();
    let standing = |name: &str| bare.ctx.standing(&name.parse().unwrap());
    for module in ["aar-1", "lb-2", "pppx-1", "pppx-2", "topup-2"] {
        assert!(matches!(standing(module), Standing::Known(_)), "{module}");
    }
    assert_eq!(standing(site::SHOP), Standing::NotYet);
    let later = stock(&stack, site::SHOP, Place::Second).await;
    assert_eq!(later.status, 503, "{later:?}");
    assert!(later.body.contains("no AAR has answered"), "{}", later.body);
    stack.house.pppx.second = Some(bare);
    Box::pin(stack.stop()).await;
}
