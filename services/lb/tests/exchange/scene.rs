//! LBs on real sockets, each with its folder: ini, inventory, key, state.

use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::time::Duration;

use bytes::Bytes;
use chassis::{Clock, PrincipalList, Running};
use client::{Ask, Client, Endpoint, Got, Keys, Retry, Timeouts};
use config::Module;
use http::{HeaderName, HeaderValue};
use lb::Lb;
use protocol::{
    AddressMap, Answer, Epoch, Kind, MapAnswer, PeerAddr, Principal, Response, Right, Rights, Role,
};
use toki::{PrincipalFile, RootFile};
use tokio::time::Instant;

/// A scene that waits so long has failed.
const PATIENCE: Duration = Duration::from_secs(30);

/// One LB and its folder.
#[derive(Debug)]
pub(crate) struct Balancer {
    folder: tempfile::TempDir,
    running: Option<Running<Lb>>,
}

// === impl Balancer ===

impl Balancer {
    /// Starts an LB with this inventory.
    pub(crate) async fn start(instance: &str, inventory: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let ini = format!(
            "[module]\nrole = LB\ninstance = {instance}\nlisten = 127.0.0.1:0\nstate = state\n\
             [keys]\nfile = keys\n[limits]\ndrain = 0\n"
        );
        std::fs::write(folder.path().join("lb.ini"), ini).unwrap();
        write_secret(
            &folder.path().join("keys"),
            &format!("client 00000001 {} current\n", "7".repeat(64)),
        );
        let callees = ["lb-1", "lb-2"].map(|it| it.parse().unwrap());
        let file = PrincipalFile::of(&root(), &instance.parse().unwrap(), &callees);
        write_secret(&folder.path().join(format!("{instance}.toki")), &file.print());
        let mut balancer = Self { folder, running: None };
        balancer.edit(inventory);
        balancer.up().await;
        balancer
    }

    /// Starts it again in its folder.
    pub(crate) async fn up(&mut self) {
        let ini = self.folder.path().join("lb.ini");
        let module = Module::load(&ini, Role::Lb, config::schema(Role::Lb)).unwrap();
        let running = chassis::start::<Lb>(module, Clock::default()).await.unwrap();
        let now_ms = running.ctx.clock.now_ms();
        running.ctx.principals.put(PrincipalList::new(1, now_ms, principals()));
        self.running = Some(running);
    }

    pub(crate) async fn down(&mut self) {
        self.running.take().unwrap().stop().await;
    }

    fn running(&self) -> &Running<Lb> {
        self.running.as_ref().unwrap()
    }

    pub(crate) fn addr(&self) -> PeerAddr {
        self.running().addr.to_string().parse().unwrap()
    }

    pub(crate) fn epoch(&self) -> u64 {
        self.running().service.epoch().get()
    }

    pub(crate) fn inventory(&self) -> String {
        std::fs::read_to_string(self.inventory_path()).unwrap()
    }

    /// Writes the inventory, as an editor does.
    pub(crate) fn edit(&self, inventory: &str) {
        std::fs::write(self.inventory_path(), inventory).unwrap();
    }

    fn inventory_path(&self) -> PathBuf {
        self.folder.path().join("inventory.ini")
    }

    /// Waits until it publishes this epoch or a higher one.
    pub(crate) async fn reaches(&self, epoch: u64) {
        let mut map = self.running().ctx.map.watch();
        let reached = map.wait_for(|known| Epoch::new(epoch) <= known.map.epoch);
        let _known = tokio::time::timeout(PATIENCE, reached).await.unwrap().unwrap();
    }

    /// Waits until it has seen that its inventory has errors, and says which.
    pub(crate) async fn problem(&self) -> String {
        let mut problems = self.running().service.problems();
        let seen = tokio::time::timeout(PATIENCE, problems.wait_for(Option::is_some)).await;
        seen.unwrap().unwrap().clone().unwrap()
    }

    /// Asks as a PPPX does, and for the administrator where it is a verb.
    pub(crate) async fn post(&self, path: &str, body: &str) -> Got {
        let of_admin =
            (HeaderName::from_static("ngondo-principal"), HeaderValue::from_static("admin"));
        let ask = Ask {
            method: client::Method::POST,
            path: path.to_owned(),
            content_type: HeaderValue::from_static("application/xml"),
            headers: if path == "/" { Vec::new() } else { vec![of_admin] },
            body: Bytes::from(body.to_owned()),
            deadline: Instant::now() + PATIENCE,
            retry: Retry::Safe,
            answer_limit: 1024 * 1024,
        };
        let name = self.running().ctx.config.instance;
        let file = root().caller(&"pppx-1".parse().unwrap(), &[name]);
        let clock = Clock::default();
        let client =
            Client::with_keys(Timeouts::default(), Keys::new(file, move || clock.now_ms()));
        let endpoint = Endpoint { name: Some(name), ..self.addr().into() };
        client.ask_one(&endpoint, &ask).await.unwrap()
    }

    /// The map that it gives to one that says this of itself.
    pub(crate) async fn map(&self, inner: &str) -> AddressMap {
        let got = self.post("/", &init(inner)).await;
        match Response::parse(&got.body).unwrap().answer {
            Answer::Init(answer) => match answer.map {
                MapAnswer::Full(map) => map,
                MapAnswer::Unchanged { .. } => panic!("a brief answer"),
            },
            answer => panic!("{answer:?}"),
        }
    }
}

/// INIT* of one that says this of itself, which its toki proved to PPPX.
pub(crate) fn init(inner: &str) -> String {
    let said = |name: &str| {
        let rest = inner.split_once(&format!("<{name}>"))?.1;
        Some(rest.split_once("</")?.0.to_lowercase())
    };
    let of_role = || said("role").map(|role| format!("{role}-1"));
    let principal = said("instance").or_else(of_role).unwrap_or_else(|| "pppx-1".to_owned());
    format!(
        "<xml><app>pppx</app><version>1</version><cmd>INIT*</cmd>\
         <time>2026-11-20T08:00:00Z</time><bridge>b</bridge>\
         <principal>{principal}</principal>{inner}</xml>"
    )
}

fn root() -> RootFile {
    RootFile::parse(&format!("root 1 {}", "61".repeat(32))).unwrap()
}

/// Both LBs, one server of each other role, and an administrator.
fn principals() -> Vec<Principal> {
    let module = |name: &str, role| (name.to_owned(), Kind::Module, Right::Module(role));
    let all = [
        module("lb-1", Role::Lb),
        module("lb-2", Role::Lb),
        module("pppx-1", Role::Pppx),
        module("aar-1", Role::Aar),
        module("topup-1", Role::TopUp),
        ("admin".to_owned(), Kind::Operator, Right::Read),
    ];
    let one = |(name, kind, right): (String, _, _)| Principal {
        name: name.parse().unwrap(),
        kind,
        rights: if name == "admin" { Rights::PERSON } else { Rights::of(&[right]) },
        number: 1,
        revoked: false,
    };
    all.map(one).to_vec()
}

/// An inventory with these two LBs and a TOPUP at a port.
pub(crate) fn inventory(first: &str, second: &str, topup_port: u16) -> String {
    format!(
        "; the servers of Douala\n\
         [lb-1]\nrole = LB\naddr = {first}\nplace = first\n\n\
         [lb-2]\nrole = LB\naddr = {second}\nplace = second\n\n\
         [topup-1]\nrole = TOPUP\n; moved in May\naddr = 127.0.0.1:{topup_port}\nplace = first\n\n\
         [crypto]\nfirst = sqlite:///var/lib/ngondo/crypto.db\n"
    )
}

fn write_secret(path: &Path, text: &str) {
    use std::io::Write as _;
    let mut file =
        std::fs::OpenOptions::new().write(true).create_new(true).mode(0o600).open(path).unwrap();
    file.write_all(text.as_bytes()).unwrap();
}
