use crypto::{KeyId, Secret32};
use proptest::prelude::*;

use super::{AuditFault, AuditFilter, AuditMark, AuditVerified, Entry};
use crate::Store;
use crate::scene::Scene;

const ID: KeyId = KeyId::new([0, 0, 0, 1]);

fn key() -> Secret32 {
    Secret32::new([7; 32])
}

fn entry(n: u8) -> Entry {
    Entry {
        at_ms: 1_795_190_400_000 + i64::from(n),
        who: if n.is_multiple_of(2) { "local" } else { "ada" }.to_owned(),
        verb: "boxes/suspend".to_owned(),
        subject: format!("box/{n}"),
        request: n.is_multiple_of(3).then(|| uuid::Uuid::from_bytes([n; 16])),
        bridge: format!("bridge-{n}").parse().unwrap(),
        why: n.is_multiple_of(5).then(|| vec![n]),
        detail: Some(format!("{{\"n\":{n}}}")),
    }
}

/// A log of so many rows.
async fn log(rows: u8) -> Scene {
    let scene = Scene::new().await;
    add(&scene.store, 1, rows).await;
    scene
}

async fn add(store: &Store, from: u8, to: u8) {
    let mut tx = store.begin().await.unwrap();
    for n in from..=to {
        tx.audit(&entry(n), (ID, &key())).await.unwrap();
    }
    tx.commit().await.unwrap();
}

async fn verify(store: &Store, from: AuditMark) -> AuditVerified {
    store.verify_audit(from, 1_000, [(ID, &key())]).await.unwrap()
}

async fn fault(scene: &Scene) -> Option<AuditFault> {
    verify(&scene.store, AuditMark::START).await.fault
}

/// Does what somebody with the file in his hands could: he drops the triggers first.
async fn tamper(scene: &Scene, statements: &[&'static str]) {
    let mut tx = scene.store.begin().await.unwrap();
    let open = ["DROP TRIGGER IF EXISTS audit_keeps", "DROP TRIGGER IF EXISTS audit_stays"];
    for sql in open.iter().chain(statements) {
        sqlx::query(*sql).execute(tx.conn()).await.unwrap();
    }
    tx.commit().await.unwrap();
}

#[tokio::test]
async fn a_whole_log_verifies_and_tells_its_end() {
    assert_eq!(fault(&log(0).await).await, None);
    let scene = log(12).await;
    let verified = verify(&scene.store, AuditMark::START).await;
    assert_eq!((verified.fault, verified.good.number), (None, 12));
    assert_eq!(verified.good, verified.end);
    let written_down: AuditMark = verified.good.to_string().parse().unwrap();
    assert_eq!(written_down, verified.good);
}

#[tokio::test]
async fn a_change_that_is_not_committed_leaves_no_row() {
    let scene = log(2).await;
    let mut tx = scene.store.begin().await.unwrap();
    tx.audit(&entry(3), (ID, &key())).await.unwrap();
    drop(tx);
    let verified = verify(&scene.store, AuditMark::START).await;
    assert_eq!((verified.fault, verified.end.number), (None, 2));
}

#[tokio::test]
async fn rows_are_neither_changed_nor_deleted() {
    let scene = log(2).await;
    for sql in ["UPDATE audit SET who = 'eve' WHERE number = 1", "DELETE FROM audit"] {
        let mut tx = scene.store.begin().await.unwrap();
        let refused = sqlx::query(sql).execute(tx.conn()).await.unwrap_err();
        assert!(refused.to_string().contains("append-only"), "{refused}");
    }
}

#[tokio::test]
async fn each_changed_column_shows_at_its_row() {
    for sql in [
        "UPDATE audit SET at_ms = at_ms + 1 WHERE number = 5",
        "UPDATE audit SET who = 'eve' WHERE number = 5",
        "UPDATE audit SET verb = 'boxes/resume' WHERE number = 5",
        "UPDATE audit SET subject = 'box/6' WHERE number = 5",
        "UPDATE audit SET request = zeroblob(16) WHERE number = 5",
        "UPDATE audit SET bridge = 'bridge-6' WHERE number = 5",
        "UPDATE audit SET why = NULL WHERE number = 5",
        "UPDATE audit SET detail = NULL WHERE number = 5",
        "UPDATE audit SET hash = zeroblob(32) WHERE number = 5",
        "UPDATE audit SET detail = '', subject = subject || detail WHERE number = 5",
    ] {
        let scene = log(9).await;
        tamper(&scene, &[sql]).await;
        assert_eq!(fault(&scene).await, Some(AuditFault::Changed { number: 5 }), "{sql}");
    }
}

#[tokio::test]
async fn a_row_taken_from_the_middle_shows() {
    let scene = log(9).await;
    tamper(&scene, &["DELETE FROM audit WHERE number = 5"]).await;
    assert_eq!(fault(&scene).await, Some(AuditFault::Missing { number: 5 }));
    let closed = log(9).await;
    let close = "UPDATE audit SET number = number - 1 WHERE number > 5";
    tamper(&closed, &["DELETE FROM audit WHERE number = 5", close]).await;
    assert_eq!(fault(&closed).await, Some(AuditFault::Changed { number: 5 }));
}

#[tokio::test]
async fn a_cut_end_shows() {
    let scene = log(9).await;
    tamper(&scene, &["DELETE FROM audit WHERE number > 6"]).await;
    assert_eq!(fault(&scene).await, Some(AuditFault::Cut { from: 7, to: 9 }));
    let all = log(9).await;
    tamper(&all, &["DELETE FROM audit"]).await;
    assert_eq!(fault(&all).await, Some(AuditFault::Cut { from: 1, to: 9 }));
}

#[tokio::test]
async fn a_head_that_was_moved_without_the_key_shows() {
    let scene = log(9).await;
    let back = "UPDATE audit_head SET number = 6, hash = (SELECT hash FROM audit WHERE number = 6)";
    tamper(&scene, &["DELETE FROM audit WHERE number > 6", back]).await;
    assert_eq!(fault(&scene).await, Some(AuditFault::Head));
    let emptied = log(9).await;
    let start = "UPDATE audit_head SET number = 0, hash = zeroblob(32)";
    tamper(&emptied, &["DELETE FROM audit", start]).await;
    assert_eq!(fault(&emptied).await, Some(AuditFault::Head));
}

#[tokio::test]
async fn two_swapped_rows_show_at_the_first() {
    let scene = log(9).await;
    let swap = [
        "UPDATE audit SET number = 99 WHERE number = 4",
        "UPDATE audit SET number = 4 WHERE number = 7",
        "UPDATE audit SET number = 7 WHERE number = 99",
    ];
    tamper(&scene, &swap).await;
    assert_eq!(fault(&scene).await, Some(AuditFault::Changed { number: 4 }));
}

#[tokio::test]
async fn a_row_put_behind_the_end_shows() {
    let scene = log(3).await;
    let sql = "INSERT INTO audit (number, at_ms, who, verb, subject, bridge, hash) \
        VALUES (4, 0, 'eve', 'x', 'y', 'z', zeroblob(32))";
    tamper(&scene, &[sql]).await;
    assert_eq!(fault(&scene).await, Some(AuditFault::Behind { number: 4 }));
}

#[tokio::test]
async fn an_old_copy_put_back_shows_against_a_mark_that_was_written_down() {
    let scene = log(6).await;
    let old = verify(&scene.store, AuditMark::START).await.good;
    add(&scene.store, 7, 9).await;
    let mark = verify(&scene.store, old).await.good;
    assert_eq!(mark.number, 9);
    // The same log without its last rows, whole and sealed: as a backup would have it.
    let copy = log(6).await;
    assert_eq!(fault(&copy).await, None, "by itself it is in order");
    let found = verify(&copy.store, mark).await.fault;
    assert_eq!(found, Some(AuditFault::Rewritten { number: 9 }));
    assert_eq!(verify(&copy.store, old).await.fault, None);
}

#[tokio::test]
async fn another_key_does_not_seal() {
    let scene = log(3).await;
    let other = Secret32::new([8; 32]);
    let verified = scene.store.verify_audit(AuditMark::START, 1_000, [(ID, &other)]).await.unwrap();
    assert_eq!(verified.fault, Some(AuditFault::Head));
}

#[tokio::test]
async fn a_long_log_is_verified_in_parts() {
    let scene = log(9).await;
    let part = scene.store.verify_audit(AuditMark::START, 4, [(ID, &key())]).await.unwrap();
    assert_eq!((part.fault, part.good.number, part.end.number), (None, 4, 9));
    let rest = scene.store.verify_audit(part.good, 100, [(ID, &key())]).await.unwrap();
    assert_eq!((rest.fault, rest.good), (None, rest.end));
}

#[tokio::test]
async fn lists_newest_first_by_who_verb_subject_and_time() {
    let scene = log(9).await;
    let list = async |filter: AuditFilter| -> Vec<i64> {
        let rows = scene.store.audit_list(&filter, 3).await.unwrap();
        rows.iter().map(|it| it.number).collect()
    };
    assert_eq!(list(AuditFilter::default()).await, [9, 8, 7]);
    let before = AuditFilter { before: Some(7), ..AuditFilter::default() };
    assert_eq!(list(before).await, [6, 5, 4]);
    let who = AuditFilter { who: Some("ada".to_owned()), ..AuditFilter::default() };
    assert_eq!(list(who).await, [9, 7, 5]);
    let subject = AuditFilter { subject: Some("box/4".to_owned()), ..AuditFilter::default() };
    assert_eq!(list(subject).await, [4]);
    let verb = AuditFilter { verb: Some("boxes/resume".to_owned()), ..AuditFilter::default() };
    assert!(list(verb).await.is_empty());
    let time = AuditFilter {
        from_ms: Some(entry(3).at_ms),
        to_ms: Some(entry(5).at_ms),
        ..AuditFilter::default()
    };
    assert_eq!(list(time).await, [4, 3]);
    let row = scene.store.audit_list(&AuditFilter::default(), 1).await.unwrap();
    assert_eq!(row[0].entry, entry(9));
}

fn text() -> impl Strategy<Value = String> {
    "[a-z/{}:]{0,6}"
}

proptest! {
    /// No two different rows are hashed as the same bytes, wherever a text ends.
    #[test]
    fn rows_that_differ_have_different_hashes(
        one in (text(), text(), text(), proptest::option::of(text())),
        two in (text(), text(), text(), proptest::option::of(text())),
    ) {
        let row = |(who, verb, subject, detail): (String, String, String, Option<String>)| {
            Entry { who, verb, subject, detail, ..entry(1) }
        };
        let same = one == two;
        let (one, two) = (AuditMark::START.next(&row(one)), AuditMark::START.next(&row(two)));
        prop_assert_eq!(one == two, same);
    }

    #[test]
    fn reads_any_text_as_a_mark_or_refuses_it(text in ".{0,80}") {
        if let Ok(mark) = text.parse::<AuditMark>() {
            prop_assert_eq!(mark.to_string().parse::<AuditMark>(), Ok(mark));
        }
    }
}
