//! The servers of a site as processes of their own.

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use protocol::{PeerAddr, Role};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::process::{Child, Command};
use tokio::time::{Instant, sleep, timeout};

use crate::error::{Failure, failed};
use crate::said;
use crate::site::{Place, Site, seats};
use crate::text::cause;

/// How long a server may take until it is ready; a busy machine needs a few seconds.
const READY: Duration = Duration::from_mins(1);
/// How long a server may take to leave before it is killed.
const LEAVE: Duration = Duration::from_secs(35);
/// How often it is asked whether it is ready.
const PAUSE: Duration = Duration::from_millis(20);

/// Servers that this process started. Those still running are killed when this is dropped.
pub(super) struct Servers {
    children: Vec<Server>,
}

struct Server {
    role: Role,
    place: Place,
    log: PathBuf,
    child: Child,
}

// === impl Servers ===

impl Servers {
    /// Starts both twins of every server from the binaries beside this one.
    pub(super) fn start(site: &Site) -> Result<Self, Failure> {
        let beside = std::env::current_exe()
            .map_err(|error| failed!("no-binary", file = "ngondo", cause = cause::any(&error)))?;
        let folder = beside.parent().unwrap_or(Path::new("."));
        let mut children = Vec::new();
        for (role, place) in seats() {
            children.push(Server::start(folder, site, role, place)?);
        }
        Ok(Self { children })
    }

    /// How many there are.
    pub(super) fn count(&self) -> usize {
        self.children.len()
    }

    /// Waits until every server says that it is ready.
    pub(super) async fn ready(&mut self, site: &Site) -> Result<(), Failure> {
        let until = Instant::now() + READY;
        for server in &mut self.children {
            let admin = site.admin(server.role, server.place);
            // An AAR reads the principals of CRYPTO; the others keep the list that it gave them.
            let list = site.folder(server.role, server.place).join("state/principals.json");
            let knows = || server.role == Role::Aar || list.exists();
            while !(is_ready(&admin).await && knows()) {
                let gone = server.child.try_wait().ok().flatten().is_some();
                if gone || until < Instant::now() {
                    return Err(server.failure());
                }
                sleep(PAUSE).await;
            }
        }
        Ok(())
    }

    /// Asks all to leave and waits until they have; who does not is killed.
    pub(super) async fn stop(mut self) {
        for server in &self.children {
            server.ask_to_leave();
        }
        for server in &mut self.children {
            if timeout(LEAVE, server.child.wait()).await.is_err() {
                // It did not leave in time; there is nobody left to tell.
                drop(server.child.kill().await);
            }
        }
    }
}

// === impl Server ===

impl Server {
    fn start(folder: &Path, site: &Site, role: Role, place: Place) -> Result<Self, Failure> {
        let binary = folder.join(format!("ngondo-{}", role.lower()));
        let log = site.folder(role, place).join("log");
        let no_binary = |error: &std::io::Error| {
            failed!("no-binary", file = binary.display().to_string(), cause = cause::any(error))
        };
        let file = File::create(&log).map_err(|error| no_binary(&error))?;
        let copy = file.try_clone().map_err(|error| no_binary(&error))?;
        let child = Command::new(&binary)
            .arg("--config")
            .arg(site.ini(role, place))
            .stdin(Stdio::null())
            .stdout(file)
            .stderr(copy)
            .kill_on_drop(true)
            .spawn()
            .map_err(|error| no_binary(&error))?;
        Ok(Self { role, place, log, child })
    }

    fn ask_to_leave(&self) {
        let id = self.child.id().and_then(|id| i32::try_from(id).ok());
        if let Some(id) = id {
            // A process that has left already needs no signal.
            let _unused = kill(Pid::from_raw(id), Signal::SIGTERM);
        }
    }

    /// Why it did not come up, as its log says.
    fn failure(&self) -> Failure {
        let log = fs::read_to_string(&self.log).unwrap_or_default();
        let cause = said!("start-log", line = log.lines().last().unwrap_or("-"));
        let instance = format!("{}-{}", self.role.lower(), self.place.number());
        failed!("server-not-started", instance = instance, cause = cause)
    }
}

/// Whether a server's health says ready.
async fn is_ready(admin: &PeerAddr) -> bool {
    let ask = async {
        let mut stream = TcpStream::connect((admin.host(), admin.port())).await.ok()?;
        stream.write_all(b"GET /readyz HTTP/1.0\r\nhost: admin\r\n\r\n").await.ok()?;
        let mut head = [0; 12];
        stream.read_exact(&mut head).await.ok()?;
        head.ends_with(b" 200").then_some(())
    };
    timeout(Duration::from_secs(1), ask).await.ok().flatten().is_some()
}
