//! A server that says what the scene wants, on a real socket.

use std::sync::{Arc, OnceLock};

use chassis::Clock;
use crypto::{random, sha256};
use protocol::{PeerAddr, Request};
use toki::{Admitted, Callee, RootFile};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::task::JoinHandle;

/// The fleet's root.
pub(crate) fn root() -> RootFile {
    RootFile::parse(&format!("root 1 {}", "61".repeat(32))).unwrap()
}

/// One request as it came over the wire.
#[derive(Debug, Clone)]
pub(crate) struct Heard {
    /// Request line and headers.
    pub(crate) head: String,
    pub(crate) body: String,
}

/// What the server does with a request.
#[derive(Debug, Clone)]
pub(crate) enum Act {
    /// Answers with a status, further header lines and a body.
    Say(u16, &'static str, String),
    /// Closes the connection without a byte.
    Close,
    /// Never answers.
    Hang,
}

#[derive(Debug)]
pub(crate) struct Server {
    pub(crate) addr: PeerAddr,
    heard: watch::Receiver<Vec<Heard>>,
    serving: JoinHandle<()>,
}

// === impl Heard ===

impl Heard {
    pub(crate) fn request(&self) -> Request {
        Request::parse(self.body.as_bytes()).unwrap()
    }

    pub(crate) fn bridge(&self) -> String {
        self.request().head.bridge.unwrap().to_string()
    }

    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.head.lines().find_map(|line| {
            let (key, value) = line.split_once(": ")?;
            key.eq_ignore_ascii_case(name).then_some(value)
        })
    }
}

impl Heard {
    /// What seals the answer, where the request has a toki: it must be a good one. Whose server
    /// this is says the toki.
    fn proved(&self, callee: &OnceLock<Callee>) -> Option<Admitted> {
        let toki = self.header("oscartoki")?;
        let now_ms = Clock::default().now_ms();
        let callee = callee.get_or_init(|| {
            let name = toki.split(';').find_map(|it| it.strip_prefix("b=")).unwrap();
            let began_ms = now_ms - 1 - toki::BOOT_MS;
            Callee::new(root().callee(&name.parse().unwrap()), began_ms, &mut random::system())
        });
        let header = |name: &str| self.header(name).unwrap_or_default();
        let mut line = self.head.split(' ');
        let (method, target) = (line.next().unwrap(), line.next().unwrap());
        let cmd = toki::canon::command(target, header("ngondo-principal"), header("ngondo-client"));
        let request = toki::Request {
            method,
            target,
            authority: header("host"),
            content_type: header("content-type"),
            body: sha256(self.body.as_bytes()),
            cmd: &cmd,
            bridge: header("ngondo-bridge"),
            deadline: header("ngondo-deadline-ms"),
            exporter: None,
        };
        Some(callee.verify(toki, &request, now_ms, &mut random::system()).unwrap())
    }
}

// === impl Server ===

impl Server {
    pub(crate) async fn start(act: impl Fn(&Heard) -> Act + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let addr = listener.local_addr().unwrap().to_string().parse().unwrap();
        let (all, heard) = watch::channel(Vec::new());
        let (act, all) = (Arc::new(act), Arc::new(all));
        #[expect(clippy::disallowed_methods, reason = "the scene ends it")]
        let serving = tokio::spawn(async move {
            loop {
                let (stream, _) = listener.accept().await.unwrap();
                let (act, all) = (Arc::clone(&act), Arc::clone(&all));
                #[expect(clippy::disallowed_methods, reason = "it ends with its connection")]
                drop(tokio::spawn(async move { serve(stream, &*act, &all).await }));
            }
        });
        Self { addr, heard, serving }
    }

    /// Answers every request with the same.
    pub(crate) async fn always(act: Act) -> Self {
        Self::start(move |_heard| act.clone()).await
    }

    pub(crate) fn heard(&self) -> Vec<Heard> {
        self.heard.borrow().clone()
    }

    /// Waits until it has heard such a request.
    pub(crate) async fn hears(&self, wanted: impl Fn(&Heard) -> bool) -> Heard {
        let mut heard = self.heard.clone();
        let all = heard.wait_for(|all| all.iter().any(&wanted)).await.unwrap();
        all.iter().find(|it| wanted(it)).unwrap().clone()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.serving.abort();
    }
}

/// The seal of an answer, as lines of its head.
fn sealed(asked: &Admitted, status: u16, (headers, body): (&str, &str)) -> String {
    let content_type = headers.strip_prefix("content-type: ").unwrap_or_default().trim_end();
    let answer = toki::Answer { status, content_type, body: sha256(body.as_bytes()) };
    let said = asked.answer(&answer, Clock::default().now_ms());
    format!("oscartoki: {}\r\noscartokikey: {}\r\n", said.toki, said.key)
}

async fn serve(
    mut stream: TcpStream,
    act: &(impl Fn(&Heard) -> Act + ?Sized),
    all: &watch::Sender<Vec<Heard>>,
) {
    let mut unread = Vec::new();
    let callee = OnceLock::new();
    while let Some(heard) = read(&mut stream, &mut unread).await {
        // Who may do what is asked of an AAR all the time, and whoever is idle is probed; these scenes
        // put the one there themselves, and are over before the other matters.
        if heard.head.starts_with("GET /principals") || heard.head.starts_with("GET /probe") {
            return;
        }
        all.send_modify(|all| all.push(heard.clone()));
        let asked = heard.proved(&callee);
        match act(&heard) {
            Act::Say(status, headers, body) => {
                let length = body.len();
                let seal = asked.map(|asked| sealed(&asked, status, (headers, &body)));
                let answer = format!(
                    "HTTP/1.1 {status} x\r\ncontent-length: {length}\r\n{}{headers}\r\n{body}",
                    seal.unwrap_or_default()
                );
                stream.write_all(answer.as_bytes()).await.unwrap();
            }
            Act::Close => return,
            Act::Hang => std::future::pending().await,
        }
    }
}

/// Reads one request whole; nothing where the other end closed.
async fn read(stream: &mut TcpStream, unread: &mut Vec<u8>) -> Option<Heard> {
    loop {
        if let Some(heard) = split(unread) {
            return Some(heard);
        }
        let mut more = [0; 4096];
        match stream.read(&mut more).await {
            Ok(0) | Err(_) => return None,
            Ok(length) => unread.extend_from_slice(&more[..length]),
        }
    }
}

fn split(unread: &mut Vec<u8>) -> Option<Heard> {
    let end = unread.windows(4).position(|it| it == b"\r\n\r\n")? + 4;
    let head = String::from_utf8(unread[..end].to_vec()).unwrap();
    let mut request = Heard { head, body: String::new() };
    let length: usize = request.header("content-length").map_or(0, |it| it.parse().unwrap());
    if unread.len() < end + length {
        return None;
    }
    request.body = String::from_utf8(unread[end..end + length].to_vec()).unwrap();
    unread.drain(..end + length);
    Some(request)
}
