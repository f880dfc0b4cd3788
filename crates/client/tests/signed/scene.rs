//! Servers that check tokis over real sockets, and do to answers what a test wants.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicI64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use bytes::Bytes;
use client::{Ask, Client, Endpoint, Keys, Method, Retry, Timeouts};
use crypto::Secret32;
use http::HeaderValue;
use protocol::PeerAddr;
use toki::{Admitted, Answer, Callee, PrincipalFile, RootFile, canon};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::time::Instant;

/// When every scene begins, Unix milliseconds.
pub(crate) const START: i64 = 1_795_190_400_000;

/// What becomes of a request that was admitted.
#[derive(Clone, Copy, PartialEq)]
pub(crate) enum Does {
    /// It is answered.
    Answers,
    /// It is answered, and the connection cut before the answer leaves.
    Loses,
    /// It is answered without a seal.
    AnswersUnsealed,
    /// One letter of the body is another when the answer arrives.
    AnswersChanged,
    /// A stream of lines, and no end.
    Streams,
}

/// A server under the name `aar-1`.
pub(crate) struct Server {
    pub(crate) endpoint: Endpoint,
    pub(crate) does: Mutex<Does>,
    /// What it answers instead of looking at a toki.
    pub(crate) forged: Mutex<Option<&'static str>>,
    pub(crate) requests: AtomicUsize,
    pub(crate) admitted: Mutex<Vec<(u32, Bytes)>>,
    pub(crate) heads: Mutex<Vec<String>>,
    callee: Mutex<Arc<Callee>>,
    clock: Arc<AtomicI64>,
}

pub(crate) fn root(byte: u8) -> RootFile {
    RootFile::new(Secret32::new([byte; 32]))
}

pub(crate) fn file(root: &RootFile, name: &str) -> PrincipalFile {
    let callees = ["aar-1".parse().unwrap()];
    PrincipalFile::of(root, &name.parse().unwrap(), &callees)
}

/// A client that signs as `ada`, by a clock that may be moved.
pub(crate) fn client(root: &RootFile, clock: &Arc<AtomicI64>) -> (Client, Keys) {
    let clock = Arc::clone(clock);
    let keys = Keys::new(file(root, "ada").caller, move || clock.load(Ordering::SeqCst));
    let timeouts = Timeouts { one_try: Duration::from_secs(20), ..Timeouts::default() };
    (Client::with_keys(timeouts, keys.clone()), keys)
}

pub(crate) fn clock() -> Arc<AtomicI64> {
    Arc::new(AtomicI64::new(START))
}

pub(crate) fn ask(body: &'static str, retry: Retry) -> Ask {
    Ask {
        method: Method::POST,
        path: "/v1/boxes/list?limit=1".to_owned(),
        content_type: HeaderValue::from_static("application/json"),
        headers: vec![(
            http::HeaderName::from_static("ngondo-bridge"),
            HeaderValue::from_static("bridge-1"),
        )],
        body: Bytes::from_static(body.as_bytes()),
        deadline: Instant::now() + Duration::from_mins(1),
        retry,
        answer_limit: 1024,
    }
}

// === impl Server ===

impl Server {
    pub(crate) async fn start(root: &RootFile, does: Does) -> Arc<Self> {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let addr: PeerAddr = listener.local_addr().unwrap().to_string().parse().unwrap();
        let name = Some("aar-1".parse().unwrap());
        let clock = Arc::new(AtomicI64::new(START));
        let server = Arc::new(Self {
            endpoint: Endpoint { name, ..Endpoint::from(addr) },
            does: Mutex::new(does),
            forged: Mutex::default(),
            requests: AtomicUsize::new(0),
            admitted: Mutex::default(),
            heads: Mutex::default(),
            // It runs for a minute already: its first openings need no nonce.
            callee: Mutex::new(Arc::new(callee(root, START - 60_000))),
            clock,
        });
        let serving = Arc::clone(&server);
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let server = Arc::clone(&serving);
                tokio::spawn(async move { server.serve(stream).await });
            }
        });
        server
    }

    /// Forgets every session, and begins anew.
    pub(crate) fn restart(&self, root: &RootFile) {
        let now_ms = self.clock.load(Ordering::SeqCst);
        *self.callee.lock().unwrap() = Arc::new(callee(root, now_ms));
    }

    /// Takes other keys and keeps its sessions.
    pub(crate) fn reload(&self, root: &RootFile) {
        self.callee.lock().unwrap().reload(file(root, "aar-1").callee.unwrap());
    }

    pub(crate) fn set(&self, does: Does) {
        *self.does.lock().unwrap() = does;
    }

    pub(crate) fn seen(&self) -> usize {
        self.requests.load(Ordering::SeqCst)
    }

    async fn serve(&self, mut stream: TcpStream) -> Option<()> {
        let mut buffer = Vec::new();
        loop {
            let (head, body) = request(&mut stream, &mut buffer).await?;
            self.requests.fetch_add(1, Ordering::SeqCst);
            let (answer, does) = self.answer(&head, &body);
            self.heads.lock().unwrap().push(head);
            if does == Does::Loses {
                return None;
            }
            stream.write_all(answer.as_bytes()).await.ok()?;
            if does == Does::Streams {
                for line in ["data: 1\n\n", "data: 2\n\n"] {
                    let chunk = format!("{:x}\r\n{line}\r\n", line.len());
                    stream.write_all(chunk.as_bytes()).await.ok()?;
                }
                return None;
            }
        }
    }

    fn answer(&self, head: &str, body: &[u8]) -> (String, Does) {
        let mut does = *self.does.lock().unwrap();
        if let Some(forged) = *self.forged.lock().unwrap() {
            return (forged.to_owned(), Does::Answers);
        }
        let now_ms = self.clock.load(Ordering::SeqCst);
        let callee = Arc::clone(&self.callee.lock().unwrap());
        match verify(&callee, head, body, now_ms) {
            Err(error) => {
                does = if does == Does::Loses { Does::Answers } else { does };
                let error = format!("oscartoki-error: {error}\r\n");
                (print(401, "text/plain", &error, "refused"), does)
            }
            Ok(admitted) => {
                let number = admitted.key().get();
                self.admitted.lock().unwrap().push((number, Bytes::copy_from_slice(body)));
                (sealed(&admitted, does, now_ms), does)
            }
        }
    }
}

fn callee(root: &RootFile, now_ms: i64) -> Callee {
    let keys = file(root, "aar-1").callee.unwrap();
    Callee::new(keys, now_ms, &mut crypto::random::system())
}

/// Reads one request: its head, and the body that its length says.
async fn request(stream: &mut TcpStream, buffer: &mut Vec<u8>) -> Option<(String, Vec<u8>)> {
    loop {
        if let Some(end) = buffer.windows(4).position(|it| it == b"\r\n\r\n") {
            let head = String::from_utf8(buffer[..end].to_vec()).unwrap();
            let length = headers(&head).get("content-length").map_or(0, |it| it.parse().unwrap());
            if end + 4 + length <= buffer.len() {
                let body = buffer[end + 4..end + 4 + length].to_vec();
                buffer.drain(..end + 4 + length);
                return Some((head, body));
            }
        }
        if stream.read_buf(buffer).await.ok()? == 0 {
            return None;
        }
    }
}

fn headers(head: &str) -> BTreeMap<String, String> {
    let lines = head.lines().skip(1).filter_map(|it| it.split_once(": "));
    lines.map(|(name, value)| (name.to_lowercase(), value.to_owned())).collect()
}

/// Checks a toki by what arrived: this is the other end, which shares nothing with the client.
fn verify(callee: &Callee, head: &str, body: &[u8], now_ms: i64) -> Result<Admitted, String> {
    let mut words = head.lines().next().unwrap().split(' ');
    let (method, target) = (words.next().unwrap(), words.next().unwrap());
    let headers = headers(head);
    let header = |name: &str| headers.get(name).map(String::as_str).unwrap_or_default();
    let covered = toki::Request {
        method,
        target,
        authority: header("host"),
        content_type: header("content-type"),
        body: crypto::sha256(body),
        cmd: &canon::command(target, "", ""),
        bridge: header("ngondo-bridge"),
        deadline: header("ngondo-deadline-ms"),
        exporter: None,
    };
    let rng = &mut crypto::random::system();
    callee.verify(header("oscartoki"), &covered, now_ms, rng).map_err(|it| it.header)
}

fn sealed(admitted: &Admitted, does: Does, now_ms: i64) -> String {
    let streams = does == Does::Streams;
    let content_type = if streams { "text/event-stream" } else { "text/plain" };
    let body = if streams { "" } else { "done" };
    let answer = Answer { status: 200, content_type, body: crypto::sha256(body.as_bytes()) };
    let headers = admitted.answer(&answer, now_ms);
    let seal = format!("oscartoki: {}\r\noscartokikey: {}\r\n", headers.toki, headers.key);
    match does {
        Does::AnswersUnsealed => print(200, content_type, "", body),
        Does::AnswersChanged => print(200, content_type, &seal, "dome"),
        Does::Streams => format!(
            "HTTP/1.1 200 OK\r\ncontent-type: {content_type}\r\n{seal}transfer-encoding: chunked\r\n\r\n"
        ),
        Does::Answers | Does::Loses => print(200, content_type, &seal, body),
    }
}

fn print(status: u16, content_type: &str, headers: &str, body: &str) -> String {
    format!(
        "HTTP/1.1 {status} X\r\ncontent-type: {content_type}\r\n{headers}content-length: {}\r\n\r\n{body}",
        body.len()
    )
}
