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
use crate::text::cause;

use super::{Place, Site, seats};

/// How long a server may take until it is ready; a busy machine needs a few seconds.
const READY: Duration = Duration::from_mins(1);
/// How long a server may take to leave before it is killed.
const LEAVE: Duration = Duration::from_secs(35);
/// How often it is asked whether it is ready.
const PAUSE: Duration = Duration::from_millis(20);

/// Servers that this process started. Those still running are killed when this is dropped.
pub struct Servers {
    folder: PathBuf,
    site: Site,
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
    ///
    /// # Errors
    ///
    /// A binary is missing; what was started is killed.
    pub fn start(site: &Site) -> Result<Self, Failure> {
        let beside = std::env::current_exe()
            .map_err(|error| failed!("no-binary", file = "ngondo", cause = cause::any(&error)))?;
        let folder = beside.parent().unwrap_or(Path::new("."));
        let (folder, site) = (folder.to_owned(), site.clone());
        let mut servers = Self { folder, site, children: Vec::new() };
        for (role, place) in seats() {
            servers.start_one(role, place)?;
        }
        Ok(servers)
    }

    /// Starts one more.
    ///
    /// # Errors
    ///
    /// Its binary is missing.
    pub fn start_one(&mut self, role: Role, place: Place) -> Result<(), Failure> {
        self.children.push(Server::start(&self.folder, &self.site, role, place)?);
        Ok(())
    }

    /// Ends one at once, as a power cut does.
    pub fn kill(&mut self, role: Role, place: Place) {
        let is_it = |server: &Server| server.role == role && server.place == place;
        if let Some(at) = self.children.iter().position(is_it) {
            // The signal is sent when it is dropped.
            drop(self.children.swap_remove(at));
        }
    }

    /// How many there are.
    pub fn count(&self) -> usize {
        self.children.len()
    }

    /// Waits until every server says that it is ready.
    ///
    /// # Errors
    ///
    /// One ended instead, or took too long.
    pub async fn ready(&mut self) -> Result<(), Failure> {
        let site = &self.site;
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

    /// Waits until no server has rows in its spool that a database lacks; says whether that came.
    pub async fn shipped(&self, within: Duration) -> bool {
        let until = Instant::now() + within;
        for server in &self.children {
            let admin = self.site.admin(server.role, server.place);
            while !has_shipped(&admin).await {
                if until < Instant::now() {
                    return false;
                }
                sleep(PAUSE).await;
            }
        }
        true
    }

    /// Asks all to leave and waits until they have; who does not is killed.
    pub async fn stop(mut self) {
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
    look(admin, "/readyz").await.is_some_and(|answer| answer.contains(" 200 "))
}

/// Whether a server's numbers say that both databases have all its rows.
async fn has_shipped(admin: &PeerAddr) -> bool {
    let Some(numbers) = look(admin, "/metrics").await else { return false };
    let mut waiting = numbers.lines().filter(|line| line.starts_with("ngondo_spool_rows{"));
    waiting.all(|line| line.ends_with(" 0"))
}

/// What stands on a page of the health listener.
async fn look(admin: &PeerAddr, page: &str) -> Option<String> {
    let ask = async {
        let mut stream = TcpStream::connect((admin.host(), admin.port())).await.ok()?;
        let question = format!("GET {page} HTTP/1.0\r\nhost: admin\r\n\r\n");
        stream.write_all(question.as_bytes()).await.ok()?;
        let mut answer = String::new();
        stream.read_to_string(&mut answer).await.ok()?;
        Some(answer)
    };
    timeout(Duration::from_secs(1), ask).await.ok().flatten()
}
