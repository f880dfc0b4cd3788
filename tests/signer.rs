//! Requests as bytes, under a toki: what a test sends is what it wrote, and who sends it is proved.

use chassis::Clock;
use ngondo::principals;
use ngondo::site::{Place, Site, instance_name};
use protocol::{PeerAddr, Role};
use toki::{Advice, Answer, Caller, PrincipalFile, Request, RootFile, Ticket, canon};

use crate::http::{Http, post_raw};

/// One principal towards one server, on a connection a request.
#[derive(Debug)]
pub struct Signer {
    caller: Caller,
    addr: PeerAddr,
    clock: Clock,
}

/// A request that a test wrote.
#[derive(Debug, Clone, Copy)]
pub struct Raw<'a> {
    /// `POST /v1/boxes/list`.
    pub line: &'a str,
    /// Further headers, each with its line's end.
    pub head: &'a str,
    /// The body.
    pub body: &'a [u8],
}

/// A request as it goes over the wire, and what checks its answer.
#[derive(Debug)]
pub struct Sealed {
    /// Its bytes.
    pub bytes: Vec<u8>,
    /// What checks the answer.
    pub ticket: Ticket,
}

/// The roots of a site.
///
/// # Panics
///
/// Where the site has none.
pub fn root_of(site: &Site) -> RootFile {
    let text = std::fs::read_to_string(site.fleet().root).expect("the site's roots");
    RootFile::parse(&text).expect("a file of roots")
}

// === impl Signer ===

impl Signer {
    /// A principal of a site, whether or not it has a file there.
    ///
    /// # Panics
    ///
    /// Where the name is none.
    pub fn new(site: &Site, name: &str, to: (Role, Place), clock: &Clock) -> Self {
        Self::under(&root_of(site), (site, name), to, clock)
    }

    /// The same under other roots.
    ///
    /// # Panics
    ///
    /// Where the name is none.
    pub fn under(
        root: &RootFile,
        (site, name): (&Site, &str),
        (role, place): (Role, Place),
        clock: &Clock,
    ) -> Self {
        let server = instance_name(role, place).expect("an instance");
        let name = name.parse().expect("a name");
        let file = root.caller(&name, &[server]);
        let (number, key) = file.callee(&server).expect("a key").current();
        let caller = Caller::new(name, server, number, key.clone());
        Self { caller, addr: site.addr(role, place), clock: clock.clone() }
    }

    /// Signs a request: its bytes may be sent more than once, which a server should refuse.
    ///
    /// # Panics
    ///
    /// Where the line is not a method and a path.
    pub fn seal(&self, raw: Raw<'_>) -> Sealed {
        let (method, target) = raw.line.split_once(' ').expect("a method and a path");
        let header = |name: &str| {
            let mut lines = raw.head.lines().filter_map(|line| line.split_once(": "));
            let found = lines.find(|(known, _)| known.eq_ignore_ascii_case(name));
            found.map_or("", |(_, value)| value)
        };
        let cmd = canon::command(target, header("ngondo-principal"), header("ngondo-client"));
        let covered = Request {
            method,
            target,
            authority: self.addr.as_str(),
            content_type: header("content-type"),
            body: crypto::sha256(raw.body),
            cmd: &cmd,
            bridge: header("ngondo-bridge"),
            deadline: header("ngondo-deadline-ms"),
            exporter: None,
        };
        let rng = &mut crypto::random::system();
        let signed = self.caller.sign(&covered, self.clock.now_ms(), rng);
        let head = format!("{}oscartoki: {}\r\n", raw.head, signed.header);
        let bytes = bytes(&self.addr, Raw { head: &head, ..raw });
        Sealed { bytes, ticket: signed.ticket }
    }

    /// Sends bytes as they are.
    ///
    /// # Panics
    ///
    /// Where nobody answers.
    pub fn post_bytes(&self, bytes: &[u8]) -> Http {
        post_raw(&self.addr, bytes).expect("an answer")
    }

    /// Sends a request, signed anew where its toki is refused, and holds that the answer is proved.
    ///
    /// # Panics
    ///
    /// Where nobody answers, or somebody who is not the server.
    pub fn send(&self, raw: Raw<'_>) -> Http {
        for _ in 0..3 {
            let sealed = self.seal(raw);
            let http = self.post_bytes(&sealed.bytes);
            match self.advised(&sealed.ticket, &http) {
                Some(Advice::Resend(_)) => {}
                Some(_) => return http,
                None => {
                    assert!(self.proves(&sealed.ticket, &http), "not proved: {http:?}");
                    return http;
                }
            }
        }
        panic!("the toki is refused again and again");
    }

    /// What a refusal means for the next request, where the answer is one.
    pub fn advised(&self, ticket: &Ticket, http: &Http) -> Option<Advice> {
        let error = http.header("oscartoki-error")?;
        Some(self.caller.refused(ticket, error, self.clock.now_ms()))
    }

    /// Sends a document as a command.
    ///
    /// # Panics
    ///
    /// As [`Signer::send`].
    pub fn post(&self, document: &str) -> Http {
        let head = "content-type: application/xml\r\n";
        self.send(Raw { line: "POST /", head, body: document.as_bytes() })
    }

    /// Sends JSON to a verb of the management interface.
    ///
    /// # Panics
    ///
    /// As [`Signer::send`].
    pub fn manage(&self, verb: &str, body: &str) -> Http {
        let line = format!("POST /v1/{verb}");
        let kind = if 1 < body.lines().count() { "x-ndjson" } else { "json" };
        let head = format!("content-type: application/{kind}\r\n");
        self.send(Raw { line: &line, head: &head, body: body.as_bytes() })
    }

    /// Whether an answer is the server's to that request.
    pub fn proves(&self, ticket: &Ticket, http: &Http) -> bool {
        let header = |name: &str| http.header(name).unwrap_or_default();
        let answer = Answer {
            status: http.status,
            content_type: header("content-type"),
            body: crypto::sha256(http.body.as_bytes()),
        };
        let headers = (header("oscartoki"), header("oscartokikey"));
        self.caller.verify(ticket, headers, &answer, self.clock.now_ms()).is_ok()
    }
}

/// The bytes of a request on a connection of its own.
pub fn bytes(to: &PeerAddr, raw: Raw<'_>) -> Vec<u8> {
    let mut bytes = format!(
        "{} HTTP/1.1\r\nhost: {to}\r\nconnection: close\r\n{}content-length: {}\r\n\r\n",
        raw.line,
        raw.head,
        raw.body.len()
    )
    .into_bytes();
    bytes.extend_from_slice(raw.body);
    bytes
}

/// Reads a principal's file of a site.
///
/// # Panics
///
/// Where it has none.
pub fn file_of(site: &Site, name: &str) -> PrincipalFile {
    principals::read(&site.fleet().file(name)).expect("a principal's file")
}
