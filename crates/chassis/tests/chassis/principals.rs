//! How a service comes to the list of an AAR.

use chassis::{PrincipalList, Standing};
use protocol::Principal;

use crate::scene::{Door, Server, principals};

/// The list with somebody revoked, or not.
fn list(changed: i64, as_of_ms: i64, revoked: &str) -> PrincipalList {
    let one = |it: Principal| Principal { revoked: it.name.as_str() == revoked, ..it };
    PrincipalList::new(changed, as_of_ms, principals().into_iter().map(one))
}

/// A PPPX beside these AARs.
async fn door(folder: tempfile::TempDir, aars: &[&Server]) -> Door {
    let places = ["first", "second"].into_iter().zip(aars);
    let lines = places
        .map(|(place, aar)| format!("{place} = {}\n{place}_name = aar-1\n", aar.running.addr));
    Door::without_list(folder, &format!("[aar]\n{}", lines.collect::<String>())).await
}

fn is_revoked(door: &Door, name: &str) -> bool {
    let standing = door.running.ctx.standing(&name.parse().unwrap());
    matches!(standing, Standing::Known(it) if it.revoked)
}

#[tokio::test(flavor = "multi_thread")]
async fn an_aar_that_lost_crypto_does_not_hide_whom_its_twin_sees_revoked() {
    for first_has_a_list in [true, false] {
        let aars = [tempfile::tempdir(), tempfile::tempdir()];
        let [first, second] = aars.map(|folder| Server::without_list(folder.unwrap(), ""));
        let (first, second) = (first.await, second.await);
        let now_ms = first.clock.now_ms();
        if first_has_a_list {
            first.running.ctx.principals.put(list(1, now_ms - 60_000, ""));
        }
        second.running.ctx.principals.put(list(2, now_ms, "admin"));
        let door = door(tempfile::tempdir().unwrap(), &[&first, &second]).await;
        let mut changed = door.running.ctx.principals.watch();
        changed.wait_for(|it| *it == 2).await.unwrap();
        assert!(is_revoked(&door, "admin"));
        for running in [first.running, second.running] {
            running.stop().await;
        }
        door.running.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_copy_is_not_taken_for_the_list_of_a_restored_crypto_that_has_its_number() {
    let aar = Server::without_list(tempfile::tempdir().unwrap(), "").await;
    aar.running.ctx.principals.put(list(2, aar.clock.now_ms(), ""));
    let before = door(tempfile::tempdir().unwrap(), &[&aar]).await;
    before.running.ctx.know_principals().await;
    let copy = before.folder.path().join("state/principals.json");
    while !copy.exists() {
        tokio::task::yield_now().await;
    }
    assert!(!is_revoked(&before, "admin"));
    let Door { folder, running, .. } = before;
    running.stop().await;
    // CRYPTO went back by one change, and another one was made.
    aar.running.ctx.principals.put(list(2, aar.clock.now_ms(), "admin"));
    let after = door(folder, &[&aar]).await;
    while !is_revoked(&after, "admin") {
        tokio::task::yield_now().await;
    }
    aar.running.stop().await;
    after.running.stop().await;
}
