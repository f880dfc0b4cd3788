//! Rows that were put aside: seen, and tried again.

use report::{DeadLetters, Lane, ReportDb, Retried, Shippers};

use crate::scene::{Scene, row};

const RULE: &str = "create trigger rule before insert on report when new.bytes_in = 13
    begin select raise(abort, 'unlucky'); end";

/// Forty rows, of which the second database refuses three.
async fn unlucky() -> (Scene, Shippers) {
    let scene = Scene::new().await;
    for name in ["first", "second"] {
        ReportDb::migrate(&scene.url(name)).await.unwrap();
    }
    scene.meddle("second", RULE).await;
    for index in 0..40 {
        let mut row = row();
        row.bytes_in = if index % 15 == 7 { 13 } else { 14 };
        scene.spool.append(row, Lane::Money, None).await.unwrap();
    }
    scene.aim(Some("first"), Some("second"));
    let shippers = scene.ship();
    shippers.settled().await.unwrap();
    (scene, shippers)
}

#[tokio::test]
async fn a_dead_letter_is_listed_and_tried_again_beside_the_server() {
    let (scene, shippers) = unlucky().await;
    let dead = DeadLetters::open(&scene.path("spool")).await.unwrap();
    let second = scene.db("second").await;
    let letters = dead.list().await.unwrap();
    assert_eq!(letters.len(), 3);
    for letter in &letters {
        assert_eq!((letter.lane, letter.place.as_str()), (Lane::Money, "second"));
        assert!(letter.reason.contains("unlucky"), "{}", letter.reason);
        assert_eq!(report::Row::from_json(&letter.body).unwrap().bytes_in, 13);
        let again = dead.retry(letter, &second).await.unwrap();
        assert!(matches!(again, Retried::Refused(_)), "{again:?}");
    }
    assert_eq!(dead.list().await.unwrap(), letters, "what is refused stays");
    scene.meddle("second", "drop trigger rule").await;
    for letter in &letters {
        for _twice in 0..2 {
            let again = dead.retry(letter, &second).await.unwrap();
            assert!(matches!(again, Retried::Shipped), "{again:?}");
        }
    }
    assert_eq!(dead.list().await.unwrap(), []);
    assert_eq!(scene.spool.dead_letters().await.unwrap(), 0);
    dead.close().await;
    assert_eq!(scene.equal_rows().await, 40);
    // The server has gone on meanwhile.
    scene.append(3).await;
    shippers.settled().await.unwrap();
    assert_eq!(scene.equal_rows().await, 43);
}

#[tokio::test]
async fn a_row_that_is_not_understood_stays() {
    let (scene, _shippers) = unlucky().await;
    scene.meddle("spool/money", "update dead_letter set body = '{\"v\":9}'").await;
    let dead = DeadLetters::open(&scene.path("spool")).await.unwrap();
    let letter = dead.list().await.unwrap().remove(0);
    let again = dead.retry(&letter, &scene.db("second").await).await.unwrap();
    assert!(matches!(again, Retried::Unreadable(_)), "{again:?}");
    assert_eq!(dead.list().await.unwrap().len(), 3);
}

#[tokio::test]
async fn no_spool_is_no_dead_letters_but_an_error() {
    let folder = tempfile::tempdir().unwrap();
    let told = DeadLetters::open(folder.path()).await.unwrap_err().to_string();
    assert!(told.contains("money.db cannot be read"), "{told}");
}
