//! A service, its key file, and somebody who asks it byte by byte.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use chassis::{
    Answered, Call, Clock, Context, ManageCall, Managed, PrincipalList, Running, Service,
    StartError,
};
use crypto::{KeyId, MasterKeys, random, sha256};
use protocol::{AuthAnswer, Kind, Outcome, Principal, Role};
use report::ReportDb;
use serde_json::json;
use tempfile::TempDir;
use toki::{Caller, PrincipalFile, RootFile, Ticket};
use tokio::sync::Semaphore;

/// Answers AUTH with OK, when the test lets it; an AAR, or a PPPX.
pub(crate) struct Toy<const DOOR: bool> {
    pub(crate) gate: Arc<Semaphore>,
    /// How often a box was retired.
    pub(crate) retired: AtomicUsize,
}

impl<const DOOR: bool> Service for Toy<DOOR> {
    const ROLE: Role = if DOOR { Role::Pppx } else { Role::Aar };

    async fn build(_ctx: Arc<Context>) -> Result<Self, StartError> {
        Ok(Self { gate: Arc::new(Semaphore::new(1)), retired: AtomicUsize::new(0) })
    }

    async fn answer(&self, call: Call) -> Answered {
        assert!(call.bridge.as_str() != "b-panic", "as the test asked");
        let _turn = self.gate.acquire().await.unwrap();
        Answered::from(protocol::Answer::Auth(AuthAnswer::new(Outcome::Ok)))
    }

    async fn manage(&self, call: ManageCall) -> Managed {
        let said = |it: Option<String>| it.unwrap_or_default();
        match (call.noun.as_str(), call.verb.as_str()) {
            ("boxes", "show") => Managed::json(
                Outcome::Ok,
                json!({
                    "length": call.body.len(),
                    "principal": said(call.principal.map(|it| it.to_string())),
                    "client": said(call.client.map(|it| it.to_string())),
                }),
            ),
            ("boxes", "retire") => {
                let _turn = self.gate.acquire().await.unwrap();
                self.retired.fetch_add(1, Ordering::AcqRel);
                Managed::json(Outcome::Ok, json!({}))
            }
            _ => Managed::unknown(),
        }
    }
}

/// A service that runs, its reports, and the clock of all.
pub(crate) struct Scene<const DOOR: bool> {
    pub(crate) folder: TempDir,
    pub(crate) running: Running<Toy<DOOR>>,
    pub(crate) reports: [ReportDb; 2],
    pub(crate) clock: Clock,
}

/// An AAR, as PPPX sees it.
pub(crate) type Server = Scene<false>;
/// A PPPX, as the world sees it.
pub(crate) type Door = Scene<true>;

/// Everybody in these scenes.
const PRINCIPALS: [(&str, Kind, &str, u32, bool); 8] = [
    ("aar-1", Kind::Module, "module:AAR", 1, false),
    ("sr-1", Kind::Module, "module:SR", 1, false),
    ("pppx-1", Kind::Module, "module:PPPX", 1, false),
    ("admin", Kind::Operator, "record activate read admin", 1, false),
    ("shop", Kind::Shop, "sell", 1, false),
    ("sms", Kind::App, "read relay", 1, false),
    ("thief", Kind::Operator, "read admin", 1, true),
    ("stale", Kind::Operator, "read admin", 2, false),
];

pub(crate) fn principals() -> Vec<Principal> {
    let one = |(name, kind, rights, number, revoked): (&str, _, &str, _, _)| Principal {
        name: name.parse().unwrap(),
        kind,
        rights: rights.parse().unwrap(),
        number,
        revoked,
    };
    PRINCIPALS.map(one).to_vec()
}

pub(crate) fn root() -> RootFile {
    RootFile::parse(&format!("root 1 {}", "61".repeat(32))).unwrap()
}

pub(crate) fn write_secret(path: &Path, text: &str) {
    use std::os::unix::fs::OpenOptionsExt;
    let mut options = std::fs::OpenOptions::new();
    let mut file = options.create(true).write(true).truncate(true).mode(0o600).open(path).unwrap();
    file.write_all(text.as_bytes()).unwrap();
}

// === impl Scene ===

impl<const DOOR: bool> Scene<DOOR> {
    pub(crate) const NAME: &str = if DOOR { "pppx-1" } else { "aar-1" };

    /// Starts a service that knows everybody.
    pub(crate) async fn start(more: &str) -> Self {
        Self::start_in(tempfile::tempdir().unwrap(), more).await
    }

    /// Starts in a folder where one may have run before.
    pub(crate) async fn start_in(folder: TempDir, more: &str) -> Self {
        let scene = Self::without_list(folder, more).await;
        let list = PrincipalList::new(1, scene.clock.now_ms(), principals());
        scene.running.ctx.principals.put(list);
        scene
    }

    /// Starts before anybody has said who may do what.
    pub(crate) async fn without_list(folder: TempDir, more: &str) -> Self {
        let path = |name: &str| folder.path().join(name);
        let url = |name: &str| format!("sqlite://{}", path(name).display());
        let role = Toy::<DOOR>::ROLE;
        let keys = MasterKeys::generate(KeyId::new([0, 0, 0, 1]), &mut random::system());
        write_secret(&path("my.keys"), &keys.derive(config::purposes(role)).print());
        let callees = ["aar-1", "pppx-1"].map(|it| it.parse().unwrap());
        let file = PrincipalFile::of(&root(), &Self::NAME.parse().unwrap(), &callees);
        write_secret(&path("my.toki"), &file.print());
        let mut reports = Vec::new();
        for name in ["report-1.db", "report-2.db"] {
            let url = url(name).parse().unwrap();
            ReportDb::migrate(&url).await.unwrap();
            reports.push(ReportDb::open(&url).await.unwrap());
        }
        let others = if DOOR { "[lb]\nfirst" } else { "[pppx]\nfirst_name = pppx-1\nfirst" };
        let drain = if more.contains("drain") { "" } else { "drain = 0\n" };
        let databases = if more.contains("[report]") {
            String::new()
        } else {
            format!("[report]\nfirst = {}\nsecond = {}\n", url("report-1.db"), url("report-2.db"))
        };
        let ini = format!(
            "[module]\ninstance = {}\nrole = {role}\nlisten = 127.0.0.1:0\nstate = state\n\
             [admin]\nlisten = 127.0.0.1:0\n[keys]\nfile = my.keys\n[toki]\nfile = my.toki\n\
             {others} = 127.0.0.1:9\n{databases}[limits]\n{drain}{more}\n",
            Self::NAME,
        );
        std::fs::write(path("my.ini"), ini).unwrap();
        let module = config::Module::load(&path("my.ini"), role, config::schema(role)).unwrap();
        let clock = Clock::default();
        let running = chassis::start::<Toy<DOOR>>(module, clock.clone()).await.unwrap();
        Self { folder, running, reports: reports.try_into().ok().unwrap(), clock }
    }

    /// Somebody who asks this service.
    pub(crate) fn peer(&self, name: &str) -> Peer {
        let to = Self::NAME.parse().unwrap();
        let file = root().caller(&name.parse().unwrap(), &[to]);
        let (number, key) = file.callee(&to).unwrap().current();
        let caller = Caller::new(*file.name(), to, number, key.clone());
        Peer { caller: Arc::new(caller), clock: self.clock.clone(), addr: self.running.addr }
    }

    pub(crate) async fn one_in_flight(&self) {
        while self.running.inflight() == 0 {
            tokio::task::yield_now().await;
        }
    }
}

/// Somebody with a key, who signs what is already bytes.
#[derive(Clone)]
pub(crate) struct Peer {
    pub(crate) caller: Arc<Caller>,
    clock: Clock,
    addr: SocketAddr,
}

// === impl Peer ===

impl Peer {
    /// Puts a toki into a request.
    pub(crate) fn sign(&self, request: &[u8]) -> (Vec<u8>, Ticket) {
        let end = head_end(request);
        let (head, body) = request.split_at(end);
        let head = std::str::from_utf8(head).unwrap();
        let mut words = head.split(' ');
        let (method, target) = (words.next().unwrap(), words.next().unwrap());
        let header = |name: &str| header(head, name).unwrap_or_default();
        let cmd = toki::canon::command(target, header("ngondo-principal"), header("ngondo-client"));
        let covered = toki::Request {
            method,
            target,
            authority: header("host"),
            content_type: header("content-type"),
            body: sha256(body),
            cmd: &cmd,
            bridge: header("ngondo-bridge"),
            deadline: header("ngondo-deadline-ms"),
            exporter: None,
        };
        let signed = self.caller.sign(&covered, self.clock.now_ms(), &mut random::system());
        (with_header(request, "oscartoki", signed.header.as_bytes()), signed.ticket)
    }

    /// Asks until it is understood, and proves the answer.
    pub(crate) fn ask(&self, request: Vec<u8>) -> impl Future<Output = String> + use<> {
        let peer = self.clone();
        let asked = tokio::task::spawn_blocking(move || {
            for _ in 0..3 {
                let (signed, ticket) = peer.sign(&request);
                let answer = send(peer.addr, &signed);
                if let Some(error) = header(&answer, "oscartoki-error") {
                    let advice = peer.caller.refused(&ticket, error, peer.clock.now_ms());
                    assert!(matches!(advice, toki::Advice::Resend(_)), "{advice:?} {answer}");
                    continue;
                }
                assert!(peer.proves(&ticket, &answer), "not proved: {answer}");
                return answer;
            }
            panic!("three requests in a row were refused");
        });
        async { asked.await.unwrap() }
    }

    /// Whether an answer is the service's to this request.
    pub(crate) fn proves(&self, ticket: &Ticket, answer: &str) -> bool {
        let body = answer.split_once("\r\n\r\n").unwrap().1;
        let header = |name: &str| header(answer, name).unwrap_or_default();
        let sealed = toki::Answer {
            status: answer[9..12].parse().unwrap(),
            content_type: header("content-type"),
            body: sha256(body.as_bytes()),
        };
        let headers = (header("oscartoki"), header("oscartokikey"));
        self.caller.verify(ticket, headers, &sealed, self.clock.now_ms()).is_ok()
    }
}

/// The end of a request's or answer's head.
fn head_end(message: &[u8]) -> usize {
    message.windows(4).position(|it| it == b"\r\n\r\n").unwrap() + 4
}

/// The first header of a name.
pub(crate) fn header<'a>(message: &'a str, name: &str) -> Option<&'a str> {
    let head = message.split("\r\n\r\n").next()?;
    head.lines().skip(1).find_map(|line| {
        let (key, value) = line.split_once(": ")?;
        key.eq_ignore_ascii_case(name).then_some(value)
    })
}

/// The same request with one header more, as the last.
pub(crate) fn with_header(request: &[u8], name: &str, value: &[u8]) -> Vec<u8> {
    let at = head_end(request) - 2;
    let line = [name.as_bytes(), b": ", value, b"\r\n"].concat();
    [&request[..at], &line, &request[at..]].concat()
}

/// Sends bytes and reads until the server closes.
pub(crate) fn send(addr: SocketAddr, request: &[u8]) -> String {
    let mut stream = TcpStream::connect(addr).unwrap();
    stream.set_read_timeout(Some(Duration::from_mins(1))).unwrap();
    stream.write_all(request).unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    answer
}

/// The same, from a test.
pub(crate) async fn exchange(addr: SocketAddr, request: Vec<u8>) -> String {
    tokio::task::spawn_blocking(move || send(addr, &request)).await.unwrap()
}

pub(crate) fn get(path: &str) -> Vec<u8> {
    format!("GET {path} HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n").into_bytes()
}

pub(crate) fn post(path: &str, media_type: &str, body: &str) -> Vec<u8> {
    format!(
        "POST {path} HTTP/1.1\r\nhost: x\r\nconnection: close\r\ncontent-type: {media_type}\r\n\
         content-length: {}\r\n\r\n{body}",
        body.len()
    )
    .into_bytes()
}

/// A verb that PPPX passes on for somebody.
pub(crate) fn manage_for(principal: &str, path: &str) -> Vec<u8> {
    with_header(&post(path, "application/json", "{}"), "ngondo-principal", principal.as_bytes())
}

pub(crate) fn auth(bridge: &str) -> String {
    command("AUTH*", &format!("<bridge>{bridge}</bridge>"))
}

pub(crate) fn command(cmd: &str, inner: &str) -> String {
    format!(
        "<xml><app>box</app><version>1</version><cmd>{cmd}</cmd><time>1795190400</time>{inner}</xml>"
    )
}
