//! An operator moves a server: he edits one file, and every module follows.

#![expect(clippy::unwrap_used, clippy::print_stdout, reason = "a test may panic, print and spawn")]

use std::collections::BTreeMap;
use std::fs;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use ngondo::site::{Pace, Place, seats};
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use protocol::{Outcome, PeerAddr, RequestId, Role, TopUp};
use stack::{Programs, binary, command, numbers, post_raw, sell};
use tokio::time::Instant;
use uuid::Uuid;

/// Seconds between two INIT: the `ttl` within which all must follow.
const TTL_S: u32 = 8;

#[tokio::test(flavor = "multi_thread")]
async fn all_modules_follow_a_server_to_another_port_within_one_ttl() {
    let mut programs = Programs::start_at(Pace { init_s: TTL_S, drain_s: 0 }).await;
    let mut codes = sell(&programs.door, 400).await.into_iter();
    let old = programs.site.addr(Role::TopUp, Place::First);
    let (mut moved, new) = start_elsewhere(&programs).await;
    let before = inis(&programs);
    let epochs: BTreeMap<_, _> = before.iter().map(|(path, ini)| (path, epoch(ini))).collect();

    let mut watched = programs.door.open("/activity?of=all&cmd=none").await.unwrap();
    let inventory = programs.site.inventory(Place::First);
    let text = fs::read_to_string(&inventory).unwrap();
    assert!(text.contains(old.as_str()), "{text}");
    fs::write(&inventory, text.replace(old.as_str(), new.as_str())).unwrap();
    let edited = Instant::now();

    let mut served = 0;
    let mut tick = tokio::time::interval(Duration::from_millis(25));
    loop {
        tick.tick().await;
        if let Some(code) = codes.next() {
            top_up(&programs, code).await;
            served += 1;
        }
        if inis(&programs).values().all(|ini| ini.contains(new.as_str())) {
            break;
        }
        let waited = edited.elapsed();
        assert!(
            waited < Duration::from_secs(u64::from(TTL_S)),
            "not all within one ttl: {:?}",
            inis(&programs)
                .iter()
                .filter(|(_, ini)| !ini.contains(new.as_str()))
                .map(|it| it.0)
                .collect::<Vec<_>>()
        );
    }
    programs.terminate(Role::TopUp, Place::First).await;
    // Whoever watches all servers is led to its new place too.
    let mut seen = String::new();
    while !seen.contains("event: back\ndata: {\"server\":\"topup-1\"}") {
        seen.push_str(&String::from_utf8_lossy(&watched.chunk().await.unwrap().unwrap()));
    }
    drop(watched);
    for code in codes.by_ref().take(20) {
        top_up(&programs, code).await;
        served += 1;
    }

    for (path, after) in inis(&programs) {
        let ini = &before[&path];
        assert!(epoch(&after) > epochs[&path], "{}: the epoch did not rise", path.display());
        assert_eq!(unmanaged(ini), unmanaged(&after), "{}", path.display());
        assert!(ini.contains('#') || ini.contains(';'), "{} has comments to keep", path.display());
    }
    let twin = fs::read_to_string(programs.site.inventory(Place::Second)).unwrap();
    assert!(twin.contains(new.as_str()), "the other LB's inventory follows: {twin}");
    println!("{served} top-ups meanwhile, none failed; {:?}", edited.elapsed());
    kill(Pid::from_raw(i32::try_from(moved.id()).unwrap()), Signal::SIGTERM).unwrap();
    assert!(moved.wait().unwrap().success());
    programs.stop().await.rows_of_equals().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_role_that_moved_whole_is_followed_once_somebody_answers_there() {
    let programs = Programs::start_at(Pace { init_s: 1, drain_s: 0 }).await;
    let mut codes = sell(&programs.door, 40).await.into_iter();
    let [first, second] =
        [Place::First, Place::Second].map(|place| programs.site.addr(Role::TopUp, place));
    let nobody: [PeerAddr; 2] = ["127.0.0.1:9".parse().unwrap(), "127.0.0.1:10".parse().unwrap()];
    let inventory = programs.site.inventory(Place::First);
    let before = fs::read_to_string(&inventory).unwrap();
    let moved = before
        .replace(first.as_str(), nobody[0].as_str())
        .replace(second.as_str(), nobody[1].as_str());
    fs::write(&inventory, moved).unwrap();

    let pppx = [Place::First, Place::Second].map(|place| (Role::Pppx, place));
    for seat in pppx {
        until("the PPPX counts the map that it did not take", || {
            numbers(&programs.site.admin(seat.0, seat.1))
                .contains("ngondo_map_refused_total{why=\"moved\"}")
        })
        .await;
        let ini = fs::read_to_string(programs.site.ini(seat.0, seat.1)).unwrap();
        assert!(ini.contains(first.as_str()) && !ini.contains(nobody[0].as_str()), "{ini}");
    }
    for code in codes.by_ref().take(20) {
        top_up(&programs, code).await;
    }

    let (mut moved, new) = start_elsewhere(&programs).await;
    let text = fs::read_to_string(&inventory).unwrap();
    fs::write(&inventory, text.replace(nobody[0].as_str(), new.as_str())).unwrap();
    for (role, place) in pppx {
        until("one of the two answers, so the PPPX follows", || {
            let ini = fs::read_to_string(programs.site.ini(role, place)).unwrap();
            ini.contains(new.as_str()) && ini.contains(nobody[1].as_str())
        })
        .await;
    }
    for code in codes {
        top_up(&programs, code).await;
    }
    kill(Pid::from_raw(i32::try_from(moved.id()).unwrap()), Signal::SIGTERM).unwrap();
    assert!(moved.wait().unwrap().success());
    programs.stop().await.rows_of_equals().await;
}

async fn until(what: &str, is_so: impl Fn() -> bool) {
    let mut tick = tokio::time::interval(Duration::from_millis(25));
    let seen = async {
        while !is_so() {
            tick.tick().await;
        }
    };
    assert!(tokio::time::timeout(Duration::from_mins(1), seen).await.is_ok(), "{what}");
}

/// Starts TOPUP 1 a second time, with an ini and a folder of its own, on another port.
async fn start_elsewhere(programs: &Programs) -> (Child, PeerAddr) {
    let from = programs.site.folder(Role::TopUp, Place::First);
    let folder = programs.site.dir().join("topup-1-moved");
    fs::create_dir(&folder).unwrap();
    fs::copy(from.join("topup.keys"), folder.join("topup.keys")).unwrap();
    let free = ngondo::site::Ports::free().unwrap().seat(Role::TopUp, Place::First);
    let old = |role_addr: PeerAddr| role_addr.to_string();
    let ini = fs::read_to_string(from.join("topup.ini"))
        .unwrap()
        .replace(
            &old(programs.site.addr(Role::TopUp, Place::First)),
            &format!("127.0.0.1:{}", free.listen),
        )
        .replace(
            &old(programs.site.admin(Role::TopUp, Place::First)),
            &format!("127.0.0.1:{}", free.admin),
        );
    fs::write(folder.join("topup.ini"), ini).unwrap();
    let child = Command::new(binary("ngondo-topup"))
        .arg("--config")
        .arg(folder.join("topup.ini"))
        .stdin(Stdio::null())
        .stderr(fs::File::create(folder.join("log")).unwrap())
        .spawn()
        .unwrap();
    let admin: PeerAddr = format!("127.0.0.1:{}", free.admin).parse().unwrap();
    let mut tick = tokio::time::interval(Duration::from_millis(5));
    let ready = async {
        loop {
            tick.tick().await;
            let question = b"GET /readyz HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n";
            if post_raw(&admin, question).is_ok_and(|it| it.status == 200) {
                return;
            }
        }
    };
    tokio::time::timeout(Duration::from_mins(1), ready).await.unwrap();
    (child, format!("127.0.0.1:{}", free.listen).parse().unwrap())
}

async fn top_up(programs: &Programs, code: protocol::PurchaseCode) {
    let request = Some(RequestId::from_uuid(Uuid::new_v4()));
    let topup = TopUp { request, ..TopUp::new(code) };
    let answer = command(&programs.anyone, protocol::Command::TopUp(topup)).await;
    assert_eq!(answer.outcome(), Outcome::Ok, "{answer:?}");
}

/// The ini of each running module; the copy on the other port is not one of the site's.
fn inis(programs: &Programs) -> BTreeMap<PathBuf, String> {
    seats()
        .map(|(role, place)| programs.site.ini(role, place))
        .map(|path| (path.clone(), fs::read_to_string(&path).unwrap()))
        .collect()
}

fn epoch(ini: &str) -> u64 {
    let line = ini.lines().find(|it| it.starts_with("epoch")).unwrap();
    line.split_once('=').unwrap().1.trim().parse().unwrap_or_default()
}

/// An ini's lines without those that INIT manages.
fn unmanaged(ini: &str) -> Vec<&str> {
    let managed = ["first", "second", "epoch", "received", "from", "digest"];
    ini.lines()
        .filter(|line| {
            let key = line.split('=').next().unwrap_or_default().trim();
            !line.contains('=')
                || line.starts_with(['#', ';'])
                || !managed.iter().any(|it| key.starts_with(it))
        })
        .collect()
}

/// Waits until each of these inis is as wanted.
async fn follow(programs: &Programs, but: &PathBuf, wanted: impl Fn(&str) -> bool) {
    let mut tick = tokio::time::interval(Duration::from_millis(50));
    let deadline = Instant::now() + Duration::from_mins(1);
    loop {
        tick.tick().await;
        let late: Vec<PathBuf> = inis(programs)
            .into_iter()
            .filter(|(path, ini)| path != but && !wanted(ini))
            .map(|it| it.0)
            .collect();
        if late.is_empty() {
            return;
        }
        assert!(Instant::now() < deadline, "they do not follow: {late:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_lb_that_ran_far_ahead_and_was_killed_for_good_does_not_block_the_other() {
    const FAR: u64 = 900_000;
    let mut programs = Programs::start_at(Pace { init_s: 2, drain_s: 0 }).await;
    let of = |place| programs.site.ini(Role::Lb, place);
    let (first, second) = (of(Place::First), of(Place::Second));
    let elsewhere = || {
        let free = ngondo::site::Ports::free().unwrap().seat(Role::Sr, Place::Second);
        format!("127.0.0.1:{}", free.listen)
    };
    let inventories = [Place::First, Place::Second].map(|place| programs.site.inventory(place));
    let edit = |inventory: &PathBuf, old: &str, new: &str| {
        let text = fs::read_to_string(inventory).unwrap();
        assert!(text.contains(old), "{text}");
        fs::write(inventory, text.replace(old, new)).unwrap();
    };
    // Until a first edit there is no number to run ahead of.
    let old = programs.site.addr(Role::Sr, Place::Second).to_string();
    let moved = elsewhere();
    edit(&inventories[0], &old, &moved);
    let nobody = PathBuf::new();
    follow(&programs, &nobody, |ini| ini.contains(&moved)).await;
    // Its twin is away while it runs ahead, and it is gone before its twin is back.
    programs.kill(Role::Lb, Place::Second);
    programs.terminate(Role::Lb, Place::First).await;
    let state = programs.site.folder(Role::Lb, Place::First).join("state/lb.epoch");
    let text = fs::read_to_string(&state).unwrap();
    let (_, digest) = text.split_once('\n').unwrap();
    fs::write(&state, format!("epoch = {FAR}\n{digest}")).unwrap();
    programs.spawn(Role::Lb, Place::First);
    programs.ready(Role::Lb, Place::First).await;
    follow(&programs, &second, |ini| epoch(ini) >= FAR).await;
    programs.kill(Role::Lb, Place::First);

    programs.spawn(Role::Lb, Place::Second);
    programs.ready(Role::Lb, Place::Second).await;
    let new = elsewhere();
    edit(&inventories[1], &moved, &new);
    follow(&programs, &first, |ini| ini.contains(&new) && epoch(ini) > FAR).await;
    programs.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_lb_finds_the_rows_of_each_server_in_both_databases() {
    let stack = Box::pin(stack::Stack::start()).await;
    let mut tick = tokio::time::interval(Duration::from_millis(100));
    let deadline = Instant::now() + Duration::from_mins(1);
    loop {
        tick.tick().await;
        let ask = serde_json::json!({ "instance": "pppx-1" });
        let why = stack.door.manage("/v1/servers/why", &ask).await.unwrap();
        let behind = &why["servers"][0]["behind_s"];
        if behind["first"].is_u64() && behind["second"].is_u64() {
            assert!(why["databases"][0]["problem"].is_null(), "{why}");
            assert_eq!(why["databases"][1]["unlisted"], serde_json::json!([]), "{why}");
            break;
        }
        assert!(Instant::now() < deadline, "{why}");
    }
    Box::pin(stack.stop()).await;
}
