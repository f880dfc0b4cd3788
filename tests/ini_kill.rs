//! Power is cut while a service rewrites its ini, five hundred times.

#![expect(
    clippy::unwrap_used,
    clippy::print_stdout,
    clippy::indexing_slicing,
    clippy::disallowed_methods,
    reason = "a test may panic, print and spawn"
)]

use std::fs;
use std::os::fd::AsFd;
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use config::Module;
use ngondo::site::{Place, Site};
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use nix::sys::inotify::{AddWatchFlags, InitFlags, Inotify};
use protocol::{
    Answer, Bridge, Command as Sent, Epoch, InitAnswer, MapAnswer, PeerAddr, Request, Response,
    Role, Server,
};
use stack::{PACE, binary, lay};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

/// The roles of the map, in its order.
const STAYS: [Role; 4] = [Role::Pppx, Role::Aar, Role::Sr, Role::TopUp];
/// How often the power is cut.
const CUTS: usize = 500;
/// How many of them at least must fall between the opening of the temporary file and the rename.
const IN_THE_WINDOW: usize = 100;

#[tokio::test(flavor = "multi_thread")]
async fn an_ini_survives_being_killed_while_it_is_rewritten() {
    let folder = tempfile::tempdir().unwrap();
    let site = lay(&folder, PACE).await;
    let lb = restless_lb(&site).await;
    let ini = site.ini(Role::Pppx, Place::First);
    point_at(&ini, &lb);
    let before = fs::read_to_string(&ini).unwrap();
    let comments = comments(&before);
    assert!(comments.len() > 10, "the ini has comments to lose");

    let (mut in_the_window, mut rewritten) = (0, 0);
    let mut last = Module::load(&ini, Role::Pppx, config::schema(Role::Pppx)).unwrap().map.epoch;
    for cut in 0..CUTS {
        // Two of three as soon as the temporary file is there, one as soon as it was renamed.
        let at = if cut % 3 < 2 { AddWatchFlags::IN_CREATE } else { AddWatchFlags::IN_MOVED_TO };
        if cut_in_the_middle(&ini, at).await {
            in_the_window += 1;
        }
        let text = fs::read_to_string(&ini).unwrap();
        let read = Module::load(&ini, Role::Pppx, config::schema(Role::Pppx));
        let module = read.unwrap_or_else(|problems| panic!("cut {cut}: {problems}\n{text}"));
        assert!(module.warnings.is_empty(), "cut {cut}: {:?}", module.warnings);
        assert_eq!(self::comments(&text), comments, "cut {cut}");
        assert!(module.map.epoch >= last, "cut {cut}: the epoch fell");
        rewritten += usize::from(module.map.epoch > last);
        last = module.map.epoch;
    }
    println!("{CUTS} cuts, {in_the_window} in the window, {rewritten} after the rename");
    assert!(in_the_window >= IN_THE_WINDOW, "only {in_the_window} fell into the window");
    assert!(rewritten > 0, "no rewriting was ever finished");
}

/// Starts the service, kills it at a step of the rewriting, and says whether the new file was not
/// yet in its place.
async fn cut_in_the_middle(ini: &Path, at: AddWatchFlags) -> bool {
    let folder = ini.parent().unwrap().to_owned();
    let watch = Inotify::init(InitFlags::IN_NONBLOCK | InitFlags::IN_CLOEXEC).unwrap();
    watch.add_watch(&folder, at).unwrap();
    let mut child = Command::new(binary("ngondo-pppx"))
        .arg("--config")
        .arg(ini)
        .stdin(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let mut child = tokio::task::spawn_blocking(move || {
        wait_for(&watch, if at == AddWatchFlags::IN_CREATE { "pppx.ini.new" } else { "pppx.ini" });
        child.kill().unwrap();
        child
    })
    .await
    .unwrap();
    child.wait().unwrap();
    folder.join("pppx.ini.new").exists()
}

/// Blocks until something happens to the file of this name.
fn wait_for(watch: &Inotify, file: &str) {
    loop {
        let mut ready = [PollFd::new(watch.as_fd(), PollFlags::POLLIN)];
        let minute = PollTimeout::from(60_000_u16);
        assert!(poll(&mut ready, minute).unwrap() > 0, "the service never rewrote its ini");
        let events = watch.read_events().unwrap();
        if events.iter().any(|event| event.name.as_ref().is_some_and(|name| name == file)) {
            return;
        }
    }
}

fn comments(ini: &str) -> Vec<String> {
    ini.lines().filter(|it| it.starts_with(['#', ';'])).map(str::to_owned).collect()
}

/// Has the proxy ask this LB alone.
fn point_at(ini: &Path, lb: &PeerAddr) {
    let text = fs::read_to_string(ini).unwrap();
    let mut section = "";
    let lines: Vec<String> = text
        .lines()
        .map(|line| {
            if line.starts_with('[') {
                section = line;
            }
            match (section, line.split('=').next().unwrap_or_default().trim()) {
                ("[lb]", "first") => format!("first = {lb}"),
                ("[lb]", "second") => "second =".to_owned(),
                ("[lb]", "first_name" | "second_name") => String::new(),
                _ => line.to_owned(),
            }
        })
        .collect();
    fs::write(ini, lines.join("\n") + "\n").unwrap();
}

/// An LB that has another map for each who asks: the second of each role is elsewhere each time.
async fn restless_lb(site: &Site) -> PeerAddr {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let addr: PeerAddr = listener.local_addr().unwrap().to_string().parse().unwrap();
    let epoch = Arc::new(AtomicU64::new(1000));
    let stays = STAYS.map(|role| site.addr(role, Place::First));
    let (own, stays) = (addr.clone(), Arc::new(stays));
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            let known = (own.clone(), Arc::clone(&stays));
            tokio::spawn(answer(stream, known, Arc::clone(&epoch)));
        }
    });
    addr
}

async fn answer(
    mut stream: TcpStream,
    (own, stays): (PeerAddr, Arc<[PeerAddr; 4]>),
    epoch: Arc<AtomicU64>,
) {
    let mut buffer = vec![0; 65536];
    let mut text = String::new();
    while let Ok(length) = stream.read(&mut buffer).await {
        if length == 0 {
            return;
        }
        text.push_str(&String::from_utf8_lossy(&buffer[..length]));
        let Some((_, body)) = text.split_once("\r\n\r\n") else { continue };
        let Ok(request) = Request::parse(body.as_bytes()) else { continue };
        let document = another_map(&request, (&own, &stays), epoch.fetch_add(1, Ordering::Relaxed));
        let head = format!(
            "HTTP/1.1 200 OK\r\ncontent-type: application/xml\r\ncontent-length: {}\r\n\r\n",
            document.len()
        );
        stream.write_all((head + &document).as_bytes()).await.unwrap();
        text.clear();
    }
}

fn another_map(request: &Request, (own, stays): (&PeerAddr, &[PeerAddr; 4]), epoch: u64) -> String {
    assert!(matches!(request.command, Sent::Init(_)));
    let bridge: Option<Bridge> = request.head.bridge;
    let mut map = protocol::AddressMap {
        epoch: Epoch::new(epoch),
        ttl_s: Some(1),
        ..protocol::AddressMap::default()
    };
    map.lb.first = Some(Server::at(own.clone()));
    let port = 1024 + epoch % 60_000;
    // A map that has nobody of a role is refused, and one in which nobody is where one was.
    let pairs = [&mut map.pppx, &mut map.aar, &mut map.sr, &mut map.topup];
    for (pair, stays) in pairs.into_iter().zip(stays) {
        pair.first = Some(Server::at(stays.clone()));
        pair.second = Some(Server::at(format!("127.0.0.1:{port}").parse().unwrap()));
    }
    let mut answer = InitAnswer::from(MapAnswer::Full(map));
    answer.bridge = bridge;
    let mut document = String::new();
    Response { head: request.head, answer: Answer::Init(Box::new(answer)) }.print(&mut document);
    document
}
