//! The better of two, then its twin: against servers that answer, hang, shed, die and vanish.

#![expect(clippy::unwrap_used, clippy::disallowed_methods, reason = "a test may panic, and spawn")]

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use client::{Ask, AskError, Client, Endpoint, Retry, Timeouts};
use http::HeaderValue;
use protocol::{Pair, PeerAddr};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;
use tokio::sync::mpsc;
use tokio::time::Instant;

/// What a scripted server does with a request.
#[derive(Clone, Copy)]
enum Does {
    Answers(&'static str),
    Hangs,
    ClosesUnanswered,
    AnswersHalf,
    /// Fails every request, and answers probes.
    FailsUnlessProbed,
}

const OK: Does = Does::Answers("HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok");
const SHED: Does = Does::Answers(
    "HTTP/1.1 503 Service Unavailable\r\nngondo-shed: 1\r\nretry-after: 3\r\ncontent-length: 4\r\n\r\nbusy",
);
const LEAVING: Does =
    Does::Answers("HTTP/1.1 200 OK\r\nngondo-state: drain\r\ncontent-length: 2\r\n\r\nok");
const FAILED: Does =
    Does::Answers("HTTP/1.1 500 Internal Server Error\r\ncontent-length: 6\r\n\r\nfailed");

/// A server on a port of its own, and word of each request that reached it.
async fn server(does: Does) -> (Option<Endpoint>, mpsc::UnboundedReceiver<()>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let addr: PeerAddr = listener.local_addr().unwrap().to_string().parse().unwrap();
    let (seen, requests) = mpsc::unbounded_channel();
    tokio::spawn(async move {
        while let Ok((mut stream, _peer)) = listener.accept().await {
            let seen = seen.clone();
            tokio::spawn(async move {
                let mut buffer = [0; 4096];
                while stream.read(&mut buffer).await.is_ok_and(|it| it > 0) {
                    let _closed = seen.send(());
                    match does {
                        Does::Answers(text) => stream.write_all(text.as_bytes()).await.unwrap(),
                        Does::FailsUnlessProbed => {
                            let probed = buffer.starts_with(b"GET /probe ");
                            let Does::Answers(text) = (if probed { OK } else { FAILED }) else {
                                unreachable!("both are answers")
                            };
                            stream.write_all(text.as_bytes()).await.unwrap();
                        }
                        Does::Hangs => std::future::pending().await,
                        Does::ClosesUnanswered => return,
                        Does::AnswersHalf => {
                            let half = b"HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\nhalf";
                            stream.write_all(half).await.unwrap();
                            return;
                        }
                    }
                }
            });
        }
    });
    (Some(Endpoint::from(addr)), requests)
}

/// A port that nobody listens on.
async fn nobody() -> Option<Endpoint> {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let addr: PeerAddr = listener.local_addr().unwrap().to_string().parse().unwrap();
    Some(Endpoint::from(addr))
}

fn ask(retry: Retry) -> Ask {
    Ask {
        method: client::Method::POST,
        path: "/".to_owned(),
        content_type: HeaderValue::from_static("application/xml"),
        headers: Vec::new(),
        body: Bytes::from_static(b"<xml/>"),
        deadline: Instant::now() + Duration::from_mins(1),
        retry,
        answer_limit: 1024,
    }
}

fn client() -> Client {
    let one_try = Duration::from_millis(50);
    Client::new(Timeouts { one_try, ..Timeouts::default() })
}

fn pair(first: Option<Endpoint>, second: Option<Endpoint>) -> Pair<Option<Endpoint>> {
    Pair { first, second }
}

#[tokio::test]
async fn the_first_answers_and_the_second_is_not_asked() {
    let (first, _) = server(OK).await;
    let (second, mut asked) = server(OK).await;
    let got = client().ask(&pair(first, second), &ask(Retry::Safe)).await.unwrap();
    assert_eq!((got.status, got.attempts, &got.body[..]), (200, 1, &b"ok"[..]));
    assert!(asked.try_recv().is_err());
}

#[tokio::test]
async fn a_dead_first_costs_one_try_and_the_twin_is_asked_afterwards() {
    let (second, _) = server(OK).await;
    let pair = pair(nobody().await, second);
    let client = client();
    assert_eq!(client.ask(&pair, &ask(Retry::IfNotSent)).await.unwrap().attempts, 2);
    assert_eq!(client.ask(&pair, &ask(Retry::IfNotSent)).await.unwrap().attempts, 1);
}

#[tokio::test]
async fn whoever_has_less_to_do_is_asked() {
    let (first, mut at_first) = server(Does::Hangs).await;
    let (second, _) = server(OK).await;
    let (pair, client) = (pair(first, second), Arc::new(client()));
    let waits = {
        let (pair, client) = (pair.clone(), Arc::clone(&client));
        tokio::spawn(async move { client.ask(&pair, &ask(Retry::IfNotSent)).await })
    };
    at_first.recv().await.unwrap();
    assert_eq!(client.ask(&pair, &ask(Retry::Safe)).await.unwrap().attempts, 1);
    let inflight = |client: &Client| {
        let picks = client.explain();
        let weighed = picks.into_iter().next_back().unwrap().weighed;
        weighed.iter().map(|it| it.inflight).collect::<Vec<_>>()
    };
    assert_eq!(inflight(&client), [0, 1], "the chosen one stands first");
    waits.abort();
    assert!(waits.await.unwrap_err().is_cancelled());
    client.ask(&pair, &ask(Retry::Safe)).await.unwrap();
    assert_eq!(inflight(&client), [0, 0], "what was given up is not under way");
}

#[tokio::test]
async fn one_that_fails_is_left_alone_until_probes_find_it_well() {
    let (first, _) = server(Does::FailsUnlessProbed).await;
    let (second, _) = server(OK).await;
    let failing = first.clone().unwrap();
    let alone = pair(first.clone(), None);
    let pair = pair(first, second);
    let client = client();
    client.recover_by_probes();
    for _ in 0..5 {
        assert_eq!(client.ask(&alone, &ask(Retry::Safe)).await.unwrap().status, 500);
    }
    assert_eq!(client.resting().len(), 1);
    for _ in 0..20 {
        let got = client.ask(&pair, &ask(Retry::Safe)).await.unwrap();
        assert_eq!((got.status, got.attempts), (200, 1), "no request tries it");
    }
    assert!(client.probes_due().iter().any(|it| it.addr == failing.addr));
    client.probe(&failing).await;
    assert_eq!(client.resting().len(), 1, "one good probe may be luck");
    client.probe(&failing).await;
    assert!(client.resting().is_empty());
}

#[tokio::test]
async fn one_that_is_leaving_is_asked_no_more() {
    let (first, _) = server(LEAVING).await;
    let (second, mut at_second) = server(OK).await;
    let (pair, client) = (pair(first, second), client());
    client.ask(&pair, &ask(Retry::Safe)).await.unwrap();
    for _ in 0..5 {
        client.ask(&pair, &ask(Retry::Safe)).await.unwrap();
        at_second.recv().await.unwrap();
    }
}

#[tokio::test]
async fn a_first_that_hangs_closes_or_answers_half_gives_way_to_its_twin() {
    for does in [Does::Hangs, Does::ClosesUnanswered, Does::AnswersHalf] {
        let (first, _) = server(does).await;
        let (second, _) = server(OK).await;
        let got = client().ask(&pair(first, second), &ask(Retry::Safe)).await.unwrap();
        assert_eq!((got.status, got.attempts), (200, 2));
    }
}

#[tokio::test]
async fn what_may_have_been_done_is_not_sent_twice_unless_that_is_safe() {
    let (first, _) = server(Does::ClosesUnanswered).await;
    let (second, mut asked) = server(OK).await;
    let error = client().ask(&pair(first, second), &ask(Retry::IfNotSent)).await.unwrap_err();
    assert_eq!(error, AskError::Lost);
    assert!(asked.try_recv().is_err(), "the twin was asked");
}

#[tokio::test]
async fn a_shed_or_failed_request_goes_to_the_twin_once() {
    for does in [SHED, FAILED] {
        let (first, _) = server(does).await;
        let (second, _) = server(OK).await;
        let got = client().ask(&pair(first, second), &ask(Retry::Safe)).await.unwrap();
        assert_eq!((got.status, got.attempts), (200, 2));
    }
}

#[tokio::test]
async fn an_answer_is_an_answer_where_twice_is_not_safe() {
    // Nothing seals the word that nothing was done, and a fault may come after the deed.
    for does in [SHED, FAILED] {
        let (first, _) = server(does).await;
        let (second, mut asked) = server(OK).await;
        let got = client().ask(&pair(first, second), &ask(Retry::IfNotSent)).await.unwrap();
        assert_ne!(got.status, 200);
        assert!(asked.try_recv().is_err(), "the twin was asked");
    }
}

#[tokio::test]
async fn an_answer_stands_where_the_twin_has_nothing_better() {
    let (first, _) = server(FAILED).await;
    let got = client().ask(&pair(first, nobody().await), &ask(Retry::Safe)).await.unwrap();
    assert_eq!(got.status, 500);

    let (first, _) = server(SHED).await;
    let (second, _) = server(SHED).await;
    let got = client().ask(&pair(first, second), &ask(Retry::Safe)).await.unwrap();
    assert_eq!((got.status, got.retry_after_s, got.attempts), (503, Some(3), 2));
}

#[tokio::test]
async fn says_why_nobody_answered() {
    let nothing = client().ask(&pair(None, None), &ask(Retry::Safe)).await.unwrap_err();
    assert_eq!(nothing, AskError::NoServer);

    let dead = pair(nobody().await, nobody().await);
    let error = client().ask(&dead, &ask(Retry::Safe)).await.unwrap_err();
    assert_eq!(error, AskError::Unreachable);

    let (hangs, _) = server(Does::Hangs).await;
    let mut soon = ask(Retry::Safe);
    soon.deadline = Instant::now() + Duration::from_millis(50);
    let error = client().ask(&pair(hangs, None), &soon).await.unwrap_err();
    assert_eq!(error, AskError::Timeout);
}

#[tokio::test]
async fn reads_no_more_than_it_was_told_to() {
    let (first, _) = server(OK).await;
    let mut short = ask(Retry::Safe);
    short.answer_limit = 1;
    let error = client().ask(&pair(first, None), &short).await.unwrap_err();
    assert_eq!(error, AskError::Lost);
}

#[tokio::test]
async fn a_server_is_not_blamed_for_a_client_in_a_hurry() {
    let (hangs, _) = server(Does::Hangs).await;
    let (twin, _) = server(Does::Hangs).await;
    let pair = pair(hangs, twin);
    let client = client();
    let hurried = Ask { deadline: Instant::now() + Duration::from_millis(10), ..ask(Retry::Safe) };
    assert!(matches!(client.ask(&pair, &hurried).await, Err(AskError::Timeout)));
    assert!(client.resting().is_empty(), "{:?}", client.resting());
}
