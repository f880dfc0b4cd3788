//! Slow and greedy clients: others are served meanwhile.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::time::Duration;

use chassis::Tasks;
use ngondo::site::Place;
use nix::sys::resource::{Resource, getrlimit, setrlimit};
use protocol::Role;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpSocket, TcpStream};
use tokio::task::JoinHandle;
use tokio::time::{interval, timeout};

use super::load::{Knows, LIMIT, Load};
use super::scene::Scene;
use super::{Broken, Length};
use crate::PACE;

/// Files that this process and a server need beside the connections.
const SPARE: u64 = 1_500;

/// Where slow and greedy clients come from.
const ELSEWHERE: SocketAddr = SocketAddr::new(IpAddr::V4(Ipv4Addr::new(127, 0, 0, 3)), 0);

/// How a slow or greedy client was sent away.
#[derive(Debug, Default)]
struct Ends {
    /// With this status.
    told: std::collections::BTreeMap<u16, u64>,
    /// Without a word.
    closed: u64,
    /// Not at all.
    never: u64,
}

/// R10: thousands that send a byte a second, bodies over the limit, connections that say nothing.
pub(super) async fn clients(length: Length) -> Broken {
    let mut broken = Broken::default();
    let most = raise_limit();
    let (slow, idle) = if length.long { (5_000, 20_000) } else { (200, 400) };
    let mut scene = Scene::start(length, PACE).await;
    let to = scene.programs.site.addr(Role::Pppx, Place::First).to_string();
    let load = scene.load(Knows::One);
    load.more(50).await;
    let tasks = Tasks::default();

    let ends = crowd(&tasks, (&load, slow.min(most)), |_| trickle(to.clone())).await;
    broken.times += slow.min(most);
    broken.note(format_args!("{} sent a byte a second: {ends}", slow.min(most)));
    broken
        .hold(ends.never == 0, format_args!("{} slow clients were kept for a minute", ends.never));

    let greedy = if length.long { 500 } else { 40 };
    let ends = crowd(&tasks, (&load, greedy), |number| pour(to.clone(), number % 2 == 0)).await;
    broken.times += greedy;
    broken.note(format_args!("{greedy} sent bodies over the limit: {ends}"));
    broken.hold(ends.told.contains_key(&413), "no body over the limit was told so");
    broken.hold(
        ends.never == 0,
        format_args!("{} greedy clients were kept for a minute", ends.never),
    );

    let connections = idle.min(most);
    let ends = crowd(&tasks, (&load, connections), |_| say_nothing(to.clone())).await;
    broken.times += connections;
    broken.note(format_args!("{connections} connections of {idle} wanted, {most} by the limit of open files, said nothing: {ends}"));
    broken.hold(
        ends.never == 0,
        format_args!("{} silent connections were kept for a minute", ends.never),
    );

    load.more(100).await;
    let counts = load.stop().await;
    tasks.finish().await;
    scene.end(&counts, &mut broken).await;
    broken.nothing_failed();
    broken
}

/// Lets so many clients begin, waits until others were served beside them, and for their ends.
async fn crowd<F>(tasks: &Tasks, (load, count): (&Load, u64), client: impl Fn(u64) -> F) -> Ends
where
    F: Future<Output = std::io::Result<u16>> + Send + 'static,
{
    let mut begun: Vec<JoinHandle<_>> = Vec::new();
    for number in 0..count {
        begun.push(tasks.spawn(timeout(LIMIT, client(number))));
        if number % 250 == 249 {
            // A backlog of connections is taken in before more come.
            load.more(4).await;
        }
    }
    load.more(50).await;
    let mut ends = Ends::default();
    for client in begun {
        match client.await.expect("a client") {
            Ok(Ok(0) | Err(_)) => ends.closed += 1,
            Ok(Ok(status)) => *ends.told.entry(status).or_default() += 1,
            Err(_) => ends.never += 1,
        }
    }
    ends
}

/// The head of a request, then a byte of the body a second.
async fn trickle(to: String) -> std::io::Result<u16> {
    let mut stream = connect(&to).await?;
    stream.write_all(&head("content-length: 400\r\n")).await?;
    let mut tick = interval(Duration::from_secs(1));
    let mut answer = [0; 16];
    loop {
        tokio::select! {
            read = stream.read(&mut answer) => return Ok(status(&answer[..read?])),
            _ = tick.tick() => stream.write_all(b"<").await?,
        }
    }
}

/// A body without an end; announced, or in pieces.
async fn pour(to: String, announced: bool) -> std::io::Result<u16> {
    let mut stream = connect(&to).await?;
    let more =
        if announced { "content-length: 1073741824\r\n" } else { "transfer-encoding: chunked\r\n" };
    stream.write_all(&head(more)).await?;
    let piece = [b"1000\r\n".as_slice(), &[b'x'; 4096], b"\r\n"].concat();
    let (mut reader, mut writer) = stream.split();
    let mut answer = [0; 16];
    let pours = async {
        for _ in 0..10_000 {
            writer.write_all(&piece).await?;
        }
        Ok::<_, std::io::Error>(())
    };
    tokio::select! {
        biased;
        read = reader.read(&mut answer) => Ok(status(&answer[..read?])),
        poured = pours => poured.map(|()| 0),
    }
}

/// A connection, and no word.
async fn say_nothing(to: String) -> std::io::Result<u16> {
    let mut stream = connect(&to).await?;
    let mut answer = [0; 16];
    let read = stream.read(&mut answer).await?;
    Ok(status(&answer[..read]))
}

/// Comes from another address than good clients: a listener gives no address more than half of its
/// connections.
async fn connect(to: &str) -> std::io::Result<TcpStream> {
    let socket = TcpSocket::new_v4()?;
    socket.bind(ELSEWHERE)?;
    socket.connect(to.parse().expect("an address")).await
}

fn head(more: &str) -> Vec<u8> {
    format!("POST / HTTP/1.1\r\nhost: pppx\r\ncontent-type: application/xml\r\n{more}\r\n")
        .into_bytes()
}

/// The status of an answer; 0 where the connection ended without one.
fn status(answer: &[u8]) -> u16 {
    let text = String::from_utf8_lossy(answer);
    text.split(' ').nth(1).and_then(|it| it.parse().ok()).unwrap_or_default()
}

/// Raises the limit of open files, which the servers inherit, and says how many connections it
/// leaves.
fn raise_limit() -> u64 {
    let (soft, hard) = getrlimit(Resource::RLIMIT_NOFILE).expect("a limit");
    let raised = [40_000.max(hard), hard]
        .into_iter()
        .find(|most| setrlimit(Resource::RLIMIT_NOFILE, *most, *most).is_ok());
    raised.unwrap_or(soft).saturating_sub(SPARE)
}

impl std::fmt::Display for Ends {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        for (status, times) in &self.told {
            write!(f, "{times} told {status}, ")?;
        }
        write!(f, "{} closed, {} still open after {LIMIT:?}", self.closed, self.never)
    }
}
