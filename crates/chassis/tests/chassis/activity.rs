//! What a service tells of its requests, live.

use std::io::{BufRead, BufReader, Write};
use std::net::TcpStream;
use std::time::Duration;

use chassis::PrincipalList;
use protocol::Principal;

use crate::scene::{Peer, Server, auth, exchange, get, header, post, principals};

/// Nothing in these tests takes so long, unless it never comes.
const LIMIT: Duration = Duration::from_mins(1);

/// One that listens, line by line.
struct Listener(BufReader<TcpStream>);

// === impl Listener ===

impl Listener {
    /// Begins to listen; the head is proved by the seal of an empty body.
    fn open(scene: &Server, peer: &Peer, path: &str) -> Self {
        let (signed, ticket) = peer.sign(&get(path));
        let mut stream = TcpStream::connect(scene.running.addr).unwrap();
        stream.set_read_timeout(Some(LIMIT)).unwrap();
        stream.write_all(&signed).unwrap();
        let mut lines = BufReader::new(stream);
        let mut head = String::new();
        while !head.ends_with("\r\n\r\n") {
            assert!(lines.read_line(&mut head).unwrap() > 0, "{head}");
        }
        assert!(head.starts_with("HTTP/1.1 200 "), "{head}");
        assert_eq!(header(&head, "content-type"), Some("text/event-stream"));
        assert!(peer.proves(&ticket, &head), "{head}");
        Self(lines)
    }

    /// The next event: its name and data. Nothing at the end.
    fn next(&mut self) -> Option<(String, serde_json::Value)> {
        let mut name = None;
        loop {
            let mut line = String::new();
            if self.0.read_line(&mut line).unwrap() == 0 {
                return None;
            }
            if let Some(event) = line.trim_end().strip_prefix("event: ") {
                name = Some(event.to_owned());
            }
            if let Some(data) = line.trim_end().strip_prefix("data: ") {
                return Some((name?, serde_json::from_str(data).unwrap()));
            }
        }
    }

    fn request(&mut self) -> serde_json::Value {
        let (name, data) = self.next().unwrap();
        assert_eq!(name, "request", "{data}");
        data
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_listener_hears_who_asked_for_what_and_how_it_ended() {
    let scene = Server::start("").await;
    let pppx = scene.peer("pppx-1");
    let admin = scene.peer("admin");
    for peer in [&pppx, &admin] {
        let _warm = peer.ask(get("/nowhere")).await;
    }
    let mut listener = Listener::open(&scene, &admin, "/activity");
    let (name, sessions) = listener.next().unwrap();
    assert_eq!(name, "sessions");
    assert_eq!(sessions["server"], "aar-1");
    assert_eq!(sessions["sessions"]["pppx-1"], 1, "{sessions}");
    let _served = pppx.ask(post("/", "text/xml", &auth("b-1"))).await;
    let (signed, _ticket) = pppx.sign(&post("/", "text/xml", &auth("b-1")));
    let changed = String::from_utf8(signed).unwrap().replacen("b-1", "b-2", 1);
    let _refused = exchange(scene.running.addr, changed.into_bytes()).await;
    let mut event = listener.request();
    while event["cmd"] == "activity" {
        event = listener.request();
    }
    assert_eq!(event["from"], "pppx-1");
    assert_eq!(event["to"], "aar-1");
    assert_eq!((&event["cmd"], &event["bridge"]), (&"AUTH*".into(), &"b-1".into()));
    assert_eq!((&event["toki"], &event["result"]), (&"ok".into(), &"OK".into()));
    assert!(event["us"].as_i64().unwrap() > 0 && event["at_us"].as_i64().unwrap() > 0);
    let event = listener.request();
    assert_eq!((&event["toki"], &event["from"]), (&"bad-seal".into(), &"pppx-1".into()));
    assert_eq!(event["result"], "UNAUTHENTICATED");
    scene.running.stop().await;
    // Leaving ends the stream, which would go on for ever.
    while listener.next().is_some() {}
}

#[tokio::test(flavor = "multi_thread")]
async fn filters_and_samples_are_held_and_sampling_is_said() {
    let scene = Server::start("").await;
    let pppx = scene.peer("pppx-1");
    let _warm = pppx.ask(get("/nowhere")).await;
    let path = "/activity?from=pppx-1&to=aar-1&cmd=AUTH*&result=OK&toki=ok&sample=2";
    let mut listener = Listener::open(&scene, &pppx, path);
    assert_eq!(listener.next().unwrap().0, "sessions");
    let (name, sample) = listener.next().unwrap();
    assert_eq!((name.as_str(), &sample["one_in"]), ("sample", &2.into()));
    for number in 0..4 {
        let _other = pppx.ask(get("/nowhere")).await;
        let _heard = pppx.ask(post("/", "text/xml", &auth(&format!("b-{number}")))).await;
    }
    for bridge in ["b-0", "b-2"] {
        assert_eq!(listener.request()["bridge"], bridge);
    }
    scene.running.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn who_may_not_read_does_not_listen_and_a_query_is_held_to_its_form() {
    let scene = Server::start("").await;
    for (peer, path, status) in [
        ("shop", "/activity", 403),
        ("sr-1", "/activity", 403),
        ("thief", "/activity", 403),
        ("admin", "/activity?sample=0", 400),
        ("admin", "/activity?sample=1&sample=2", 400),
        ("admin", "/activity?form=x", 400),
        ("admin", "/activity?from=%0a", 400),
        ("admin", "/activity?of=all", 400),
    ] {
        let answer = scene.peer(peer).ask(get(path)).await;
        assert!(answer.starts_with(&format!("HTTP/1.1 {status} ")), "{peer} {path}: {answer}");
    }
    scene.running.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn thirty_two_may_listen_and_one_who_leaves_makes_room() {
    let scene = Server::start("").await;
    let admin = scene.peer("admin");
    let _warm = admin.ask(get("/nowhere")).await;
    let mut all: Vec<_> = (0..32).map(|_| Listener::open(&scene, &admin, "/activity")).collect();
    let answer = admin.ask(get("/activity")).await;
    assert!(answer.starts_with("HTTP/1.1 429 "), "{answer}");
    all.pop();
    // The service notices a closed connection by itself.
    loop {
        let (signed, _ticket) = admin.sign(&get("/activity"));
        let mut stream = TcpStream::connect(scene.running.addr).unwrap();
        stream.write_all(&signed).unwrap();
        let mut status = String::new();
        BufReader::new(stream).read_line(&mut status).unwrap();
        if status.starts_with("HTTP/1.1 200 ") {
            break;
        }
    }
    scene.running.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_is_revoked_has_no_session_left() {
    let scene = Server::start("").await;
    let (pppx, admin) = (scene.peer("pppx-1"), scene.peer("admin"));
    for peer in [&pppx, &admin] {
        let _warm = peer.ask(get("/nowhere")).await;
    }
    let sessions = || {
        let mut listener = Listener::open(&scene, &pppx, "/activity");
        let (name, told) = listener.next().unwrap();
        assert_eq!(name, "sessions");
        told["sessions"].as_object().unwrap().keys().cloned().collect::<Vec<_>>()
    };
    assert_eq!(sessions(), ["admin", "pppx-1"]);
    let revoked = principals().into_iter().map(|it| {
        let revoked = it.revoked || it.name.as_str() == "admin";
        Principal { revoked, ..it }
    });
    let list = PrincipalList::new(2, scene.clock.now_ms(), revoked);
    scene.running.ctx.principals.put(list);
    let ended = async {
        loop {
            let (signed, _ticket) = admin.sign(&get("/nowhere"));
            let answer = exchange(scene.running.addr, signed).await;
            if let Some(word) = header(&answer, "oscartoki-error") {
                return word.to_owned();
            }
        }
    };
    let word = tokio::time::timeout(LIMIT, ended).await.unwrap();
    assert!(word.starts_with("unknown-session;"), "{word}");
    assert_eq!(sessions(), ["pppx-1"]);
    scene.running.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_is_revoked_hears_no_more() {
    let scene = Server::start("").await;
    let (pppx, admin) = (scene.peer("pppx-1"), scene.peer("admin"));
    for peer in [&pppx, &admin] {
        let _warm = peer.ask(get("/nowhere")).await;
    }
    let mut stays = Listener::open(&scene, &pppx, "/activity");
    let mut goes = Listener::open(&scene, &admin, "/activity");
    let revoked = principals().into_iter().map(|it| {
        let revoked = it.revoked || it.name.as_str() == "admin";
        Principal { revoked, ..it }
    });
    let list = PrincipalList::new(2, scene.clock.now_ms(), revoked);
    scene.running.ctx.principals.put(list);
    while goes.next().is_some() {}
    let _served = pppx.ask(post("/", "text/xml", &auth("b-1"))).await;
    while stays.next().unwrap().1["bridge"] != "b-1" {}
    scene.running.stop().await;
}
