//! LBs on real sockets, each with its folder: ini, inventory, key, state.

use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::time::Duration;

use bytes::Bytes;
use chassis::{Clock, Running};
use client::{Ask, Client, Got, Retry, Timeouts};
use config::Module;
use http::HeaderValue;
use lb::Lb;
use protocol::{AddressMap, Answer, Epoch, MapAnswer, PeerAddr, Response, Role};
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
        write_keys(&folder.path().join("keys"));
        let mut balancer = Self { folder, running: None };
        balancer.edit(inventory);
        balancer.up().await;
        balancer
    }

    /// Starts it again in its folder.
    pub(crate) async fn up(&mut self) {
        let ini = self.folder.path().join("lb.ini");
        let module = Module::load(&ini, Role::Lb, config::schema(Role::Lb)).unwrap();
        self.running = Some(chassis::start::<Lb>(module, Clock::default()).await.unwrap());
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

    pub(crate) async fn post(&self, path: &str, body: &str) -> Got {
        let ask = Ask {
            method: client::Method::POST,
            path: path.to_owned(),
            content_type: HeaderValue::from_static("application/xml"),
            headers: Vec::new(),
            body: Bytes::from(body.to_owned()),
            deadline: Instant::now() + PATIENCE,
            retry: Retry::Safe,
            answer_limit: 1024 * 1024,
        };
        Client::new(Timeouts::default()).ask_one(&self.addr().into(), &ask).await.unwrap()
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

/// INIT* of one that says this of itself.
pub(crate) fn init(inner: &str) -> String {
    format!(
        "<xml><app>pppx</app><version>1</version><cmd>INIT*</cmd>\
         <time>2026-11-20T08:00:00Z</time><bridge>b</bridge>{inner}</xml>"
    )
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

fn write_keys(path: &Path) {
    use std::io::Write as _;
    let mut file =
        std::fs::OpenOptions::new().write(true).create_new(true).mode(0o600).open(path).unwrap();
    writeln!(file, "client 00000001 {} current", "7".repeat(64)).unwrap();
}
