//! A PPPX of our own between a client and scripted servers.

use std::fmt::Write as _;
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;
use std::time::Duration;

use bytes::Bytes;
use chassis::{Clock, PrincipalList, Running};
use client::{Ask, Client, Endpoint, Got, Keys, Retry, Timeouts};
use config::Module;
use http::{HeaderName, HeaderValue};
use pppx::Pppx;
use protocol::{Kind, PeerAddr, Principal, Right, Rights, Role};
use toki::PrincipalFile;
use tokio::time::Instant;

use crate::server::{Act, Heard, Server, root};

/// More than any deadline of the protocol: a scene that lasts so long has failed.
const PATIENCE: Duration = Duration::from_secs(30);

/// A port that nobody listens on.
const NOBODY: &str = "127.0.0.1:1";

#[derive(Debug)]
pub(crate) struct Scene {
    pub(crate) running: Running<Pppx>,
    _folder: tempfile::TempDir,
}

// === impl Scene ===

impl Scene {
    /// Starts a PPPX with these servers, named by section: first, then second.
    pub(crate) async fn open(servers: &[(&str, &[&Server])]) -> Self {
        Self::with_report(servers, "").await
    }

    /// The same, with a `[report]` section.
    pub(crate) async fn with_report(servers: &[(&str, &[&Server])], report: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let ini = folder.path().join("pppx.ini");
        std::fs::write(&ini, ini_text(servers, report)).unwrap();
        write_keys(folder.path());
        let module = Module::load(&ini, Role::Pppx, &[]).unwrap();
        let running = chassis::start::<Pppx>(module, Clock::default()).await.unwrap();
        let known = [
            ("aar-1", Kind::Module, Rights::of(&[Right::Module(Role::Aar)])),
            (
                "admin",
                Kind::Operator,
                Rights::of(&[Right::Admin, Right::Read, Right::Sell, Right::Record]),
            ),
        ];
        let principal = |(name, kind, rights): (&str, _, _)| Principal {
            name: name.parse().unwrap(),
            kind,
            rights,
            number: 1,
            revoked: false,
        };
        let now_ms = running.ctx.clock.now_ms();
        running.ctx.principals.put(PrincipalList::new(1, now_ms, known.map(principal)));
        Self { running, _folder: folder }
    }

    /// Sends a document, as a box or a customer does.
    pub(crate) async fn send(&self, document: &str) -> Got {
        self.post("/", document, &[]).await
    }

    pub(crate) async fn post(&self, path: &str, body: &str, headers: &[Header]) -> Got {
        let addr: PeerAddr = self.running.addr.to_string().parse().unwrap();
        let client = Client::new(Timeouts::default());
        client.ask_one(&addr.into(), &ask(path, body, headers)).await.unwrap()
    }

    /// Sends a document under a toki.
    pub(crate) async fn send_as(&self, name: &str, document: &str) -> Got {
        self.post_as(name, "/", document, &[]).await
    }

    pub(crate) async fn post_as(
        &self,
        name: &str,
        path: &str,
        body: &str,
        headers: &[Header],
    ) -> Got {
        let pppx = "pppx-1".parse().unwrap();
        let file = root().caller(&name.parse().unwrap(), &[pppx]);
        let clock = Clock::default();
        let keys = Keys::new(file, move || clock.now_ms());
        let addr: PeerAddr = self.running.addr.to_string().parse().unwrap();
        let endpoint = Endpoint { name: Some(pppx), ..addr.into() };
        let client = Client::with_keys(Timeouts::default(), keys);
        client.ask_one(&endpoint, &ask(path, body, headers)).await.unwrap()
    }
}

/// A header's name and value.
pub(crate) type Header = (&'static str, &'static str);

fn ask(path: &str, body: &str, headers: &[Header]) -> Ask {
    let header =
        |&(name, value): &Header| (HeaderName::from_static(name), HeaderValue::from_static(value));
    Ask {
        method: client::Method::POST,
        path: path.to_owned(),
        content_type: HeaderValue::from_static("application/xml"),
        headers: headers.iter().map(header).collect(),
        body: Bytes::from(body.to_owned()),
        deadline: Instant::now() + PATIENCE,
        retry: Retry::Safe,
        answer_limit: 1024 * 1024,
    }
}

fn ini_text(servers: &[(&str, &[&Server])], report: &str) -> String {
    let mut text =
        "[module]\nrole = PPPX\ninstance = pppx-1\nlisten = 127.0.0.1:0\nstate = state\n\
        [keys]\nfile = keys\n[limits]\ndrain = 0\n"
            .to_owned();
    if servers.iter().all(|(section, _)| *section != "lb") {
        writeln!(text, "[lb]\nfirst = {NOBODY}").unwrap();
    }
    for (section, servers) in servers {
        writeln!(text, "[{section}]").unwrap();
        for (place, server) in ["first", "second"].iter().zip(*servers) {
            writeln!(text, "{place} = {}\n{place}_name = {section}-{place}", server.addr).unwrap();
        }
    }
    text.push_str(report);
    text
}

fn write_keys(folder: &Path) {
    use std::io::Write as _;
    let write = |name: &str, text: &str| {
        let path = folder.join(name);
        let mut options = std::fs::OpenOptions::new();
        let mut file = options.write(true).create_new(true).mode(0o600).open(path).unwrap();
        file.write_all(text.as_bytes()).unwrap();
    };
    write("keys", &format!("client 00000001 {} current\n", "7".repeat(64)));
    let sections = ["aar", "sr", "topup", "lb"].into_iter();
    let servers = sections.flat_map(|it| [format!("{it}-first"), format!("{it}-second")]);
    let callees: Vec<_> =
        servers.chain(["pppx-1".to_owned()]).map(|it| it.parse().unwrap()).collect();
    let file = PrincipalFile::of(&root(), &"pppx-1".parse().unwrap(), &callees);
    write("pppx-1.toki", &file.print());
}

/// A client's document.
pub(crate) fn document(cmd: &str, inner: &str) -> String {
    format!(
        "<xml><app>shop</app><version>2.1</version><cmd>{cmd}</cmd>\
         <time>2026-11-20T08:00:00.000Z</time>{inner}</xml>"
    )
}

/// What a server says to a request: `R-X*` under its bridge.
pub(crate) fn answer(heard: &Heard, inner: &str) -> String {
    answer_under(&heard.bridge(), heard, inner)
}

/// The same under another bridge.
pub(crate) fn answer_under(bridge: &str, heard: &Heard, inner: &str) -> String {
    let cmd = heard.request().verb().name();
    format!(
        "<xml><app>ngondo</app><version>1</version><cmd>R-{cmd}*</cmd>\
         <time>2026-11-20T08:00:00.100Z</time><bridge>{bridge}</bridge>{inner}</xml>"
    )
}

/// A server that answers `result`, with the status given.
pub(crate) async fn answering(status: u16, inner: &'static str) -> Server {
    Server::start(move |heard| Act::Say(status, "", answer(heard, inner))).await
}

/// The text of an element of an answer.
pub(crate) fn element(got: &Got, name: &str) -> Option<String> {
    let text = std::str::from_utf8(&got.body).unwrap();
    let (_, rest) = text.split_once(&format!("<{name}>"))?;
    Some(rest.split_once(&format!("</{name}>"))?.0.to_owned())
}
