//! A small callee over HTTP, for the clients of other languages: honest, forgetful, hurried or a liar.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, AtomicI64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;

use chassis::Clock;
use crypto::{random, sha256};
use toki::{Answer, AnswerHeaders, BOOT_MS, Callee, Request, RootFile};

/// What every answer holds.
pub(crate) const BODY: &str = r#"{"boxes":[],"more":false}"#;
const JSON: &str = "application/json";
const NAME: &str = "pppx-1";
const CALLER: &str = "shop-1";

/// How a callee behaves.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Manner {
    Honest,
    /// Just started, and loses all sessions after each answer.
    Forgetful,
    /// Its clock jumps by a minute after the first answer, so that a generation is over.
    Hurried,
    Liar(Lie),
}

/// How a callee lies.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Lie {
    NoHeaders,
    Seal,
    Proof,
    Body,
    Status,
    ContentType,
    /// The headers of the answer before.
    OldAnswer,
    /// A refusal by word alone.
    BareRefusal,
    /// A refusal sealed by whoever has another root.
    ForeignRefusal,
}

impl Lie {
    pub(crate) const ALL: [Self; 9] = [
        Self::NoHeaders,
        Self::Seal,
        Self::Proof,
        Self::Body,
        Self::Status,
        Self::ContentType,
        Self::OldAnswer,
        Self::BareRefusal,
        Self::ForeignRefusal,
    ];

    /// How the requests before the lie go.
    pub(crate) fn honest_before(self) -> &'static [&'static str] {
        if self == Self::OldAnswer { &["opening"] } else { &[] }
    }
}

/// What its connections share.
struct Shared {
    manner: Manner,
    callee: Callee,
    /// One of the same name under another root.
    foreign: Callee,
    ahead_ms: AtomicI64,
    refused: Mutex<Vec<String>>,
    last: Mutex<Option<AnswerHeaders>>,
    asked: AtomicUsize,
    over: AtomicBool,
}

/// A callee that listens.
pub(crate) struct Service {
    addr: String,
    shared: Arc<Shared>,
    listening: JoinHandle<()>,
}

fn root(digits: &str) -> RootFile {
    RootFile::parse(&format!("root 7 {}", digits.repeat(32))).unwrap()
}

fn clock_ms() -> i64 {
    Clock::default().now_ms()
}

// === impl Service ===

impl Service {
    pub(crate) fn start(manner: Manner) -> Self {
        let early_ms = if manner == Manner::Forgetful { 0 } else { 2 * BOOT_MS };
        let callee = |digits: &str| {
            let keys = root(digits).callee(&NAME.parse().unwrap());
            Callee::new(keys, clock_ms() - early_ms, &mut random::system())
        };
        let shared = Arc::new(Shared {
            manner,
            callee: callee("5a"),
            foreign: callee("5b"),
            ahead_ms: AtomicI64::new(0),
            refused: Mutex::default(),
            last: Mutex::default(),
            asked: AtomicUsize::new(0),
            over: AtomicBool::new(false),
        });
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let addr = listener.local_addr().unwrap().to_string();
        let served = Arc::clone(&shared);
        let listening = std::thread::spawn(move || {
            for stream in listener.incoming() {
                if served.over.load(Ordering::SeqCst) {
                    break;
                }
                let served = Arc::clone(&served);
                drop(std::thread::spawn(move || served.serve(&stream.unwrap())));
            }
        });
        Self { addr, shared, listening }
    }

    /// The file of its one caller.
    pub(crate) fn file() -> String {
        root("5a").caller(&CALLER.parse().unwrap(), &[NAME.parse().unwrap()]).print()
    }

    pub(crate) fn to(&self) -> String {
        format!("{NAME}@{}", self.addr)
    }

    /// The words of its refusals.
    pub(crate) fn refused(&self) -> Vec<String> {
        self.shared.refused.lock().unwrap().clone()
    }

    /// How many requests came.
    pub(crate) fn asked(&self) -> usize {
        self.shared.asked.load(Ordering::SeqCst)
    }

    /// Listens no more.
    pub(crate) fn stop(self) {
        self.shared.over.store(true, Ordering::SeqCst);
        drop(TcpStream::connect(&self.addr).unwrap());
        self.listening.join().unwrap();
    }
}

/// One request as it came.
struct Came {
    method: String,
    target: String,
    headers: Vec<(String, String)>,
    body: Vec<u8>,
}

// === impl Came ===

impl Came {
    /// Reads one from a connection; none where that ends.
    fn read(from: &mut BufReader<&TcpStream>) -> Option<Self> {
        let mut line = String::new();
        if from.read_line(&mut line).ok()? == 0 {
            return None;
        }
        let mut words = line.split(' ').map(str::to_owned);
        let (method, target) = (words.next()?, words.next()?);
        let mut headers = Vec::new();
        loop {
            let mut line = String::new();
            from.read_line(&mut line).ok()?;
            let Some((name, value)) = line.trim_end().split_once(':') else { break };
            headers.push((name.to_ascii_lowercase(), value.trim().to_owned()));
        }
        let mut came = Self { method, target, headers, body: Vec::new() };
        let length = came.header("content-length").parse().unwrap_or_default();
        came.body = vec![0; length];
        from.read_exact(&mut came.body).ok()?;
        Some(came)
    }

    fn header(&self, name: &str) -> &str {
        self.headers
            .iter()
            .find(|(it, _)| it == name)
            .map(|(_, it)| it.as_str())
            .unwrap_or_default()
    }

    fn covered(&self) -> Request<'_> {
        Request {
            method: &self.method,
            target: &self.target,
            authority: self.header("host"),
            content_type: self.header("content-type"),
            body: sha256(&self.body),
            cmd: self.target.strip_prefix("/v1/").unwrap_or_default(),
            bridge: self.header("ngondo-bridge"),
            deadline: self.header("ngondo-deadline-ms"),
            exporter: None,
        }
    }
}

/// An answer, ready to be written.
struct Said {
    status: u16,
    content_type: &'static str,
    body: &'static str,
    headers: Vec<(&'static str, String)>,
}

// === impl Said ===

impl Said {
    fn print(&self) -> String {
        let headers = self.headers.iter().map(|(name, value)| format!("{name}: {value}\r\n"));
        format!(
            "HTTP/1.1 {} said\r\n{}content-type: {}\r\ncontent-length: {}\r\n\r\n{}",
            self.status,
            headers.collect::<Vec<_>>().concat(),
            self.content_type,
            self.body.len(),
            self.body
        )
    }
}

// === impl Shared ===

impl Shared {
    fn serve(&self, stream: &TcpStream) {
        let mut reader = BufReader::new(stream);
        while let Some(came) = Came::read(&mut reader) {
            self.asked.fetch_add(1, Ordering::SeqCst);
            let said = self.answer(&came);
            let mut stream: &TcpStream = stream;
            if stream.write_all(said.print().as_bytes()).is_err() {
                break;
            }
        }
    }

    fn answer(&self, came: &Came) -> Said {
        let now_ms = clock_ms() + self.ahead_ms.load(Ordering::SeqCst);
        let lie = if let Manner::Liar(lie) = self.manner { Some(lie) } else { None };
        if lie == Some(Lie::BareRefusal) {
            return refusal("unknown-session".to_owned());
        }
        let callee = if lie == Some(Lie::ForeignRefusal) { &self.foreign } else { &self.callee };
        let verdict =
            callee.verify(came.header("oscartoki"), &came.covered(), now_ms, &mut random::system());
        let admitted = match verdict {
            Ok(admitted) => admitted,
            Err(refused) => {
                self.refused.lock().unwrap().push(refused.refusal.to_string());
                return refusal(refused.header);
            }
        };
        assert_eq!(admitted.from().as_str(), CALLER);
        let honest = Answer { status: 200, content_type: JSON, body: sha256(BODY.as_bytes()) };
        let sealed = admitted.answer(&honest, now_ms);
        match self.manner {
            Manner::Forgetful => self.callee.forget(admitted.from()),
            Manner::Hurried => self.ahead_ms.store(61_000, Ordering::SeqCst),
            Manner::Honest | Manner::Liar(_) => {}
        }
        let before = self.last.lock().unwrap().replace(sealed.clone());
        lied(lie, sealed, before)
    }
}

/// The honest answer with one lie in it.
fn lied(lie: Option<Lie>, sealed: AnswerHeaders, before: Option<AnswerHeaders>) -> Said {
    let mut said = Said { status: 200, content_type: JSON, body: BODY, headers: Vec::new() };
    let AnswerHeaders { toki, key } = match (lie, before) {
        (Some(Lie::OldAnswer), Some(before)) => before,
        _ => sealed,
    };
    let (mut toki, mut key) = (toki, key);
    match lie {
        Some(Lie::NoHeaders) => return said,
        Some(Lie::Seal) => toki = swapped(&toki, toki.len() - 5),
        Some(Lie::Proof) => key = swapped(&key, 3),
        Some(Lie::Body) => said.body = r#"{"boxes":[],"more":true }"#,
        Some(Lie::Status) => said.status = 201,
        Some(Lie::ContentType) => said.content_type = "text/html",
        Some(Lie::OldAnswer | Lie::BareRefusal | Lie::ForeignRefusal) | None => {}
    }
    said.headers = vec![("oscartoki", toki), ("oscartokikey", key)];
    said
}

fn refusal(header: String) -> Said {
    let headers = vec![("oscartoki-error", header)];
    Said { status: 401, content_type: JSON, body: r#"{"result":"UNAUTHENTICATED"}"#, headers }
}

/// The text with another character there.
fn swapped(text: &str, at: usize) -> String {
    let other = if text[at..].starts_with('A') { "B" } else { "A" };
    [&text[..at], other, &text[at + 1..]].concat()
}
