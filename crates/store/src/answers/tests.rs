use crate::{StoredAnswer, scene::*};

async fn kept() -> (Scene, StoredAnswer) {
    let scene = Scene::new().await;
    let device = scene.add(device(1)).await;
    let full_answer = vec![1, 2, 3];
    let answer = StoredAnswer { lookup: keyed(1), device: device.id, full_answer, until_ms: 1_000 };
    let mut tx = scene.store.begin().await.unwrap();
    tx.keep_answer(&answer).await.unwrap();
    tx.commit().await.unwrap();
    (scene, answer)
}

#[tokio::test]
async fn gives_the_answer_until_its_time_is_over() {
    let (scene, answer) = kept().await;
    let mut tx = scene.store.begin().await.unwrap();
    let given = tx.stored_answer(&answer.lookup, 999).await.unwrap();
    assert_eq!(given, Some(answer.full_answer));
    assert_eq!(tx.stored_answer(&answer.lookup, 1_000).await.unwrap(), None);
    assert_eq!(tx.stored_answer(&keyed(2), 0).await.unwrap(), None);
}

#[tokio::test]
async fn ends_the_answers_about_one_box() {
    let (scene, answer) = kept().await;
    let mut tx = scene.store.begin().await.unwrap();
    tx.end_answers(device(2).id).await.unwrap();
    assert!(tx.stored_answer(&answer.lookup, 0).await.unwrap().is_some());
    tx.end_answers(answer.device).await.unwrap();
    assert_eq!(tx.stored_answer(&answer.lookup, 0).await.unwrap(), None);
}

#[tokio::test]
async fn deletes_only_what_is_over() {
    let (scene, answer) = kept().await;
    let mut tx = scene.store.begin().await.unwrap();
    tx.purge_answers(999).await.unwrap();
    assert!(tx.stored_answer(&answer.lookup, 0).await.unwrap().is_some());
    tx.purge_answers(1_000).await.unwrap();
    assert_eq!(tx.stored_answer(&answer.lookup, 0).await.unwrap(), None);
}
