//! What all servers are asked, now, as one PPPX tells it and the tool shows it.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a test may panic")]

use std::collections::BTreeSet;
use std::process::Stdio;
use std::time::Duration;

use chassis::Clock;
use client::Opened;
use ngondo::door::Door;
use ngondo::site::{self, Place, instance_name, seats};
use protocol::Role;
use serde_json::Value;
use stack::{Programs, Signer, Stack, binary};
use tokio::io::{AsyncBufReadExt, BufReader, Lines};
use tokio::process::{Child, ChildStdout, Command};

/// No event in a test takes so long, unless it never comes.
const LIMIT: Duration = Duration::from_mins(1);

/// The merged events of a PPPX, and all that was read of them.
struct Feed {
    opened: Opened,
    unread: String,
    heard: String,
}

// === impl Feed ===

impl Feed {
    async fn open(door: &Door, target: &str) -> Self {
        let opened = door.open(target).await.unwrap();
        Self { opened, unread: String::new(), heard: String::new() }
    }

    /// The next event: its name and data.
    async fn next(&mut self) -> (String, Value) {
        loop {
            if let Some((event, _rest)) = self.unread.split_once("\n\n") {
                let lines = event.split_once('\n').map(|(name, data)| {
                    let name = name.strip_prefix("event: ").unwrap().to_owned();
                    (name, serde_json::from_str(data.strip_prefix("data: ").unwrap()).unwrap())
                });
                let read = event.len() + 2;
                self.unread.drain(..read);
                // A comment, which keeps the connection alive, is one line.
                let Some((name, data)): Option<(String, Value)> = lines else { continue };
                let heartbeat = text(&data, "cmd") == "principals" && text(&data, "toki") == "ok";
                assert!(!heartbeat, "a heartbeat is no news: {data}");
                return (name, data);
            }
            let chunk = tokio::time::timeout(LIMIT, self.opened.chunk()).await;
            let chunk = chunk.unwrap_or_else(|_| panic!("nothing more after:\n{}", self.heard));
            let chunk = String::from_utf8(chunk.unwrap().unwrap().to_vec()).unwrap();
            self.heard.push_str(&chunk);
            self.unread.push_str(&chunk);
        }
    }

    /// Reads on to an event of this kind about this server.
    async fn told(&mut self, kind: &str, server: &str) -> Value {
        loop {
            let (name, data) = self.next().await;
            if name == kind && text(&data, "server") == server {
                return data;
            }
        }
    }

    /// Reads on to a request for a command at a server of a role.
    async fn asked(&mut self, cmd: &str, role: Role) -> Value {
        loop {
            let (name, data) = self.next().await;
            let of_role = text(&data, "to").starts_with(role.lower());
            if name == "request" && text(&data, "cmd") == cmd && of_role {
                return data;
            }
        }
    }
}

fn text<'a>(value: &'a Value, name: &str) -> &'a str {
    value.get(name).and_then(Value::as_str).unwrap_or_default()
}

/// Looks at the boxes through one PPPX.
async fn look(site: &site::Site, place: Place) {
    let signer = Signer::new(site, site::ADMIN, (Role::Pppx, place), &Clock::default());
    let got = tokio::task::spawn_blocking(move || signer.manage("boxes/list", "{}")).await;
    assert_eq!(got.unwrap().status, 200);
}

#[tokio::test(flavor = "multi_thread")]
async fn one_pppx_tells_what_all_are_asked_and_who_is_gone_and_back() {
    let mut programs = Programs::start().await;
    let mut feed = Feed::open(&programs.door, "/activity?of=all").await;
    let names = seats().map(|(role, place)| instance_name(role, place).unwrap().to_string());
    let mut missing: BTreeSet<_> = names.collect();
    while !missing.is_empty() {
        let (kind, data) = feed.next().await;
        assert_ne!(kind, "gone", "{data}");
        if kind == "sessions" {
            assert!(data.get("sessions").unwrap().is_object(), "{data}");
            assert!(missing.remove(text(&data, "server")), "twice: {data}");
        }
    }

    // One request, at the door and at the server behind it.
    let sold = stack::sell(&programs.door, 1).await;
    let mut hops = [Value::Null, Value::Null];
    while hops.iter().any(Value::is_null) {
        let (kind, data) = feed.next().await;
        if kind == "request" && text(&data, "cmd") == "vouchers/sell" {
            let [front, back] = &mut hops;
            let hop = if text(&data, "to").starts_with("pppx") { front } else { back };
            *hop = data;
        }
    }
    let [front, back] = hops;
    let of = |it: &Value| ["from", "to", "toki", "result"].map(|name| text(it, name).to_owned());
    // Either of two may have been asked.
    let [_, door, ..] = of(&front);
    assert_eq!(of(&front), [site::ADMIN, &door, "ok", "OK"]);
    let [_, server, ..] = of(&back);
    assert_eq!(of(&back), [&door, &server, "ok", "OK"]);
    assert!(server.starts_with("topup-"), "{server}");
    assert_eq!(text(&front, "bridge"), text(&back, "bridge"));
    assert!(back.get("us").unwrap().as_i64() <= front.get("us").unwrap().as_i64());

    // What the other PPPX is asked.
    look(&programs.site, Place::Second).await;
    assert_eq!(text(&feed.asked("boxes/list", Role::Pppx).await, "to"), "pppx-2");

    programs.kill(Role::TopUp, Place::Second);
    assert!(!text(&feed.told("gone", "topup-2").await, "reason").is_empty());
    look(&programs.site, Place::First).await;
    assert_eq!(text(&feed.asked("boxes/list", Role::Aar).await, "result"), "OK");
    programs.spawn(Role::TopUp, Place::Second);
    feed.told("back", "topup-2").await;
    feed.told("sessions", "topup-2").await;

    for code in &sold {
        assert!(!feed.heard.contains(code.digits()), "a code stands in the feed");
    }
    programs.ready(Role::TopUp, Place::Second).await;
    drop(feed);
    programs.stop().await.rows_of_equals().await;
}

/// Starts `ngondo activity --json` with more words.
fn verb(stack: &Stack, more: &[&str]) -> (Child, Lines<BufReader<ChildStdout>>) {
    let mut child = Command::new(binary("ngondo"))
        .arg("--config")
        .arg(stack.site.tool_ini())
        .args(["activity", "--json"])
        .args(more)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .kill_on_drop(true)
        .spawn()
        .unwrap();
    let lines = BufReader::new(child.stdout.take().unwrap()).lines();
    (child, lines)
}

#[tokio::test(flavor = "multi_thread")]
async fn the_tool_shows_the_requests_that_were_asked_for_and_ends() {
    let stack = Box::pin(Stack::start()).await;
    // Whoever asks for the first time after a start is told to open his session anew: no `ok`.
    let one = ["--from", site::ADMIN, "--to", "pppx-1", "--cmd", "boxes/list", "--toki", "ok"];
    let (mut child, mut lines) = verb(&stack, &[&one[..], &["--count", "3"]].concat());
    let mut next = async || {
        let line = tokio::time::timeout(LIMIT, lines.next_line()).await.unwrap().unwrap();
        line.map(|line| serde_json::from_str::<Value>(&line).unwrap())
    };
    // It listens to the door once this is said.
    let first = next().await.unwrap();
    assert_eq!((text(&first, "event"), text(&first, "server")), ("sessions", "pppx-1"));
    for _ in 0..3 {
        stack.door.lines("/v1/servers/list", "{}".to_owned()).await.unwrap();
        look(&stack.site, Place::First).await;
        look(&stack.site, Place::Second).await;
    }
    let mut requests = Vec::new();
    while let Some(line) = next().await {
        match text(&line, "event") {
            "request" => requests.push(line),
            kind => assert_eq!(kind, "sessions", "{line}"),
        }
    }
    assert_eq!(child.wait().await.unwrap().code(), Some(0));
    assert_eq!(requests.len(), 3, "{requests:?}");
    for line in &requests {
        let told = ["from", "to", "cmd", "toki", "result"].map(|name| text(line, name));
        assert_eq!(told, [site::ADMIN, "pppx-1", "boxes/list", "ok", "OK"], "{line}");
    }
    Box::pin(stack.stop()).await;
}
