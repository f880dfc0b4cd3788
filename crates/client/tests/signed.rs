//! Requests under a toki: one trip in the ordinary case, one more after a restart or with a wrong
//! clock, and no answer that nothing proves.

#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::disallowed_methods,
    reason = "a test may panic, and spawn"
)]

#[path = "signed/scene.rs"]
mod scene;

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use client::{AskError, Endpoint, Retry};
use crypto::Secret32;
use protocol::Pair;
use toki::Refusal;
use tokio::time::Instant;

use scene::{Does, Server, ask, client, clock, file, root};

fn alone(server: &Server) -> Pair<Option<Endpoint>> {
    Pair::new(Some(server.endpoint.clone()), None)
}

#[tokio::test]
async fn each_request_is_one_trip_and_its_answer_proved() {
    let server = Server::start(&root(1), Does::Answers).await;
    let (client, _) = client(&root(1), &clock());
    for _ in 0..5 {
        let got = client.ask(&alone(&server), &ask("{}", Retry::Safe)).await.unwrap();
        assert_eq!((got.status, got.attempts, &got.body[..]), (200, 1, &b"done"[..]));
    }
    assert_eq!(server.seen(), 5);
    let heads = server.heads.lock().unwrap();
    let opened = heads.iter().filter(|it| it.contains(";g=0;n=1;"));
    assert_eq!(opened.count(), 1, "one session");
}

#[tokio::test]
async fn a_restart_and_a_wrong_clock_cost_one_trip_more_together() {
    let server = Server::start(&root(1), Does::Answers).await;
    let clock = clock();
    let (client, _) = client(&root(1), &clock);
    client.ask(&alone(&server), &ask("{}", Retry::Safe)).await.unwrap();
    server.restart(&root(1));
    clock.fetch_add(180_000, Ordering::SeqCst);
    let got = client.ask(&alone(&server), &ask("{}", Retry::IfNotSent)).await.unwrap();
    assert_eq!(got.attempts, 1, "no failure of the server");
    assert_eq!(server.seen(), 3);
    client.ask(&alone(&server), &ask("{}", Retry::Safe)).await.unwrap();
    assert_eq!(server.seen(), 4);
    assert!(client.resting().is_empty());
}

#[tokio::test]
async fn an_answer_that_nothing_proves_is_none_and_its_twin_is_asked() {
    for does in [Does::AnswersUnsealed, Does::AnswersChanged] {
        let (first, second) =
            (Server::start(&root(1), does).await, Server::start(&root(1), Does::Answers).await);
        let (client, _) = client(&root(1), &clock());
        let pair = Pair::new(Some(first.endpoint.clone()), Some(second.endpoint.clone()));
        let error = client.ask(&pair, &ask("{}", Retry::IfNotSent)).await.unwrap_err();
        assert_eq!((error, second.seen()), (AskError::Unproven, 0));
        let (client, _) = scene::client(&root(1), &clock());
        let got = client.ask(&pair, &ask("{}", Retry::Safe)).await.unwrap();
        assert_eq!((got.attempts, &got.body[..]), (2, &b"done"[..]));
    }
}

#[tokio::test]
async fn a_forged_refusal_changes_nothing_and_its_word_is_told() {
    let server = Server::start(&root(1), Does::Answers).await;
    let (client, _) = client(&root(1), &clock());
    client.ask(&alone(&server), &ask("{}", Retry::Safe)).await.unwrap();
    let forged = [
        "HTTP/1.1 401 X\r\noscartoki-error: unknown-session\r\ncontent-length: 0\r\n\r\n",
        "HTTP/1.1 401 X\r\noscartoki-error: unknown-session;t=1795190400000;\
         m=AAAAAAAAAAAAAAAAAAAAAA\r\ncontent-length: 0\r\n\r\n",
    ];
    for text in forged {
        *server.forged.lock().unwrap() = Some(text);
        let error = client.ask(&alone(&server), &ask("{}", Retry::Safe)).await.unwrap_err();
        assert_eq!(error, AskError::Refused(Refusal::UnknownSession));
    }
    for text in [
        "HTTP/1.1 401 X\r\ncontent-length: 0\r\n\r\n",
        "HTTP/1.1 200 X\r\n\
         oscartoki-error: ha\r\ncontent-length: 0\r\n\r\n",
    ] {
        *server.forged.lock().unwrap() = Some(text);
        let error = client.ask(&alone(&server), &ask("{}", Retry::Safe)).await.unwrap_err();
        assert_eq!(error, AskError::Unproven);
    }
    *server.forged.lock().unwrap() = None;
    client.ask(&alone(&server), &ask("{}", Retry::Safe)).await.unwrap();
    let heads = server.heads.lock().unwrap();
    let opened = heads.iter().filter(|it| it.contains(";g=0;n=1;"));
    assert_eq!(opened.count(), 1, "the session goes on");
}

#[tokio::test]
async fn the_keys_of_another_fleet_or_for_nobody_say_so() {
    let server = Server::start(&root(1), Does::Answers).await;
    let (unused, _keys) = client(&root(2), &clock());
    let (client, keys) = client(&root(2), &clock());
    let asked = client.ask(&alone(&server), &ask("{}", Retry::Safe)).await;
    assert_eq!(asked.unwrap_err(), AskError::Refused(Refusal::BadSeal));
    let other = Endpoint { name: Some("sr-1".parse().unwrap()), ..server.endpoint.clone() };
    let seen = server.seen();
    let error = unused.ask_one(&other, &ask("{}", Retry::Safe)).await.unwrap_err();
    assert_eq!(error, AskError::NoKey("sr-1".parse().unwrap()));
    assert_eq!(server.seen(), seen, "nothing was sent");
    let wrong = toki::RootFile::parse(&format!("root 9 {}", "01".repeat(32))).unwrap();
    keys.replace(file(&wrong, "ada").caller);
    let asked = client.ask_one(&server.endpoint, &ask("{}", Retry::Safe)).await;
    assert_eq!(asked.unwrap_err(), AskError::Refused(Refusal::UnknownKey));
    // The way of a key on USB, or of a customer.
    let unnamed = Endpoint { name: None, ..server.endpoint.clone() };
    *server.forged.lock().unwrap() = Some("HTTP/1.1 200 X\r\ncontent-length: 2\r\n\r\nok");
    assert_eq!(client.ask_one(&unnamed, &ask("{}", Retry::Safe)).await.unwrap().status, 200);
    assert!(!server.heads.lock().unwrap().last().unwrap().contains("oscartoki"));
}

#[tokio::test]
async fn another_number_is_used_at_once_and_the_same_keys_keep_their_session() {
    let old = root(1);
    let new = old.with_next(Secret32::new([9; 32])).unwrap();
    let server = Server::start(&old, Does::Answers).await;
    let (client, keys) = client(&old, &clock());
    client.ask(&alone(&server), &ask("a", Retry::Safe)).await.unwrap();
    keys.replace(file(&old, "ada").caller);
    client.ask(&alone(&server), &ask("b", Retry::Safe)).await.unwrap();
    server.reload(&new);
    keys.replace(file(&new, "ada").caller);
    client.ask(&alone(&server), &ask("c", Retry::Safe)).await.unwrap();
    let numbers: Vec<_> = server.admitted.lock().unwrap().iter().map(|(it, _)| *it).collect();
    assert_eq!(numbers, [1, 1, 2]);
    assert_eq!(server.seen(), 3, "no trip more");
}

#[tokio::test]
async fn a_stream_is_proved_by_its_head_and_read_as_it_comes() {
    let server = Server::start(&root(1), Does::Streams).await;
    let (client, _) = client(&root(1), &clock());
    let deadline = Instant::now() + Duration::from_mins(1);
    let mut opened = client.open(&server.endpoint, "/activity?of=all", deadline).await.unwrap();
    assert_eq!((opened.status, opened.content_type.as_str()), (200, "text/event-stream"));
    let mut text = Vec::new();
    while let Ok(Some(chunk)) = opened.chunk().await {
        text.extend_from_slice(&chunk);
    }
    assert_eq!(text, b"data: 1\n\ndata: 2\n\n");
    assert_eq!(opened.chunk().await.ok().flatten(), None);
    server.set(Does::Answers);
    let mut opened = client.open(&server.endpoint, "/activity", deadline).await.unwrap();
    assert_eq!(opened.chunk().await.unwrap().unwrap(), "done");
    assert_eq!(opened.chunk().await.unwrap(), None);
    server.set(Does::AnswersChanged);
    let opened = client.open(&server.endpoint, "/activity", deadline).await;
    assert_eq!(opened.err(), Some(AskError::Unproven));
    assert!(server.heads.lock().unwrap()[0].starts_with("GET /activity?of=all HTTP/1.1"));
}

#[tokio::test(flavor = "multi_thread")]
async fn sixty_four_at_once_through_lost_answers_and_restarts_pay_one_trip_at_most() {
    let server = Server::start(&root(1), Does::Answers).await;
    let (client, _) = client(&root(1), &clock());
    let client = Arc::new(client);
    let round = async |retry| {
        let before = server.seen();
        let asked: Vec<_> = (0..64)
            .map(|_| {
                let (client, server) = (Arc::clone(&client), Arc::clone(&server));
                tokio::spawn(
                    async move { client.ask_one(&server.endpoint, &ask("{}", retry)).await },
                )
            })
            .collect();
        let mut ended = Vec::new();
        for one in asked {
            ended.push(one.await.unwrap().map(|got| got.status));
        }
        (ended, server.seen() - before)
    };
    let all_well = |ended: &[Result<u16, AskError>]| ended.iter().all(|it| *it == Ok(200));

    let (ended, trips) = round(Retry::Safe).await;
    assert!(all_well(&ended) && trips == 64, "{ended:?} {trips}");
    server.set(Does::Loses);
    let (ended, _) = round(Retry::Safe).await;
    assert!(ended.iter().all(|it| *it == Err(AskError::Lost)), "{ended:?}");
    server.set(Does::Answers);
    let (ended, trips) = round(Retry::Safe).await;
    assert!(all_well(&ended) && trips == 64, "after lost answers: {ended:?} {trips}");
    server.restart(&root(1));
    let (ended, trips) = round(Retry::Safe).await;
    assert!(all_well(&ended) && trips <= 128, "after a restart: {ended:?} {trips}");
}
