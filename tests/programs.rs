//! The binaries themselves, as processes that can be killed.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::time::Duration;

use chassis::Clock;
use ngondo::door::Door;
use ngondo::site::{Pace, Place, Site, seats};
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use protocol::Role;
use tempfile::TempDir;

use crate::{PACE, Reports, lay, post_raw};

/// A back office of processes; whatever still runs is killed when it is dropped.
#[derive(Debug)]
pub struct Programs {
    /// Its folder and addresses.
    pub site: Site,
    /// The way in, through both PPPX.
    pub door: Arc<Door>,
    /// The way in of a box or a customer.
    pub anyone: Arc<Door>,
    running: BTreeMap<(Role, Place), Child>,
    folder: TempDir,
}

/// A program of this workspace, built beside the tests and this one.
///
/// # Panics
///
/// Where it was not built: `cargo build --workspace --bins` does.
pub fn binary(name: &str) -> PathBuf {
    let own = std::env::current_exe().expect("the test's own path");
    let folder = own.parent().expect("target/debug");
    // A test is one folder below.
    let folder = if folder.ends_with("deps") { folder.parent() } else { Some(folder) };
    let path = folder.expect("target/debug").join(name);
    assert!(path.exists(), "{} is missing: `make build` makes it", path.display());
    path
}

// === impl Programs ===

impl Programs {
    /// Starts both twins of every server as processes; all are ready when this returns.
    ///
    /// # Panics
    ///
    /// Where one does not start.
    pub async fn start() -> Self {
        Self::start_at(PACE).await
    }

    /// The same at another pace.
    ///
    /// # Panics
    ///
    /// Where one does not start.
    pub async fn start_at(pace: Pace) -> Self {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let site = lay(&folder, pace).await;
        Self::start_in(site, folder).await
    }

    /// The same on a site that was laid before, whatever was changed of it since.
    ///
    /// # Panics
    ///
    /// Where one does not start.
    pub async fn start_in(site: Site, folder: TempDir) -> Self {
        let door = Arc::new(crate::operator(&site, &Clock::default()));
        let anyone = Arc::new(door.unsigned());
        let mut programs = Self { site, door, anyone, running: BTreeMap::new(), folder };
        for (role, place) in seats() {
            programs.spawn(role, place);
        }
        for (role, place) in seats() {
            programs.ready(role, place).await;
        }
        programs.know_principals().await;
        programs
    }

    /// Waits until each server has its first list of principals, of which it keeps a copy; an AAR
    /// has it of CRYPTO.
    async fn know_principals(&self) {
        let mut tick = tokio::time::interval(Duration::from_millis(5));
        for (role, place) in seats().filter(|(role, _)| *role != Role::Aar) {
            let copy = self.site.folder(role, place).join("state/principals.json");
            while !copy.exists() {
                tick.tick().await;
            }
        }
    }

    /// Starts one server.
    ///
    /// # Panics
    ///
    /// Where its program is missing.
    pub fn spawn(&mut self, role: Role, place: Place) {
        let child = Command::new(binary(&format!("ngondo-{}", role.lower())))
            .arg("--config")
            .arg(self.site.ini(role, place))
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(log(&self.site, role, place))
            .spawn()
            .expect("a process");
        self.running.insert((role, place), child);
    }

    /// Waits until a server says that it is ready.
    ///
    /// # Panics
    ///
    /// Where it ends instead.
    pub async fn ready(&mut self, role: Role, place: Place) {
        let admin = self.site.admin(role, place);
        let mut tick = tokio::time::interval(Duration::from_millis(5));
        loop {
            tick.tick().await;
            let question = b"GET /readyz HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n";
            if post_raw(&admin, question).is_ok_and(|it| it.status == 200) {
                return;
            }
            let child = self.running.get_mut(&(role, place)).expect("a process");
            if let Some(status) = child.try_wait().expect("its status") {
                panic!("{role} {place:?} ended: {status}; see {}", self.site.dir().display());
            }
        }
    }

    /// Leaves its folder on the disk when it is dropped, for somebody to look at.
    pub fn keep(&mut self) {
        self.folder.disable_cleanup(true);
    }

    /// Whether a server was started, and not ended since.
    pub fn runs(&self, role: Role, place: Place) -> bool {
        self.running.contains_key(&(role, place))
    }

    /// The process of a server.
    ///
    /// # Panics
    ///
    /// Where it does not run.
    pub fn pid(&self, role: Role, place: Place) -> Pid {
        let child = self.running.get(&(role, place)).expect("a process");
        Pid::from_raw(i32::try_from(child.id()).expect("a process id"))
    }

    /// Ends a server as a power cut does.
    ///
    /// # Panics
    ///
    /// Where it does not run.
    pub fn kill(&mut self, role: Role, place: Place) {
        let mut child = self.running.remove(&(role, place)).expect("a process");
        child.kill().expect("kill -9");
        child.wait().expect("its end");
    }

    /// Asks a server to leave and waits until it has.
    ///
    /// # Panics
    ///
    /// Where it leaves with an error.
    pub async fn terminate(&mut self, role: Role, place: Place) {
        kill(self.pid(role, place), Signal::SIGTERM).expect("SIGTERM");
        let mut child = self.running.remove(&(role, place)).expect("a process");
        let status = tokio::task::spawn_blocking(move || child.wait()).await;
        let status = status.expect("a thread").expect("its end");
        assert!(status.success(), "{role} {place:?} left with {status}");
    }

    /// Asks all servers to leave, the door first, and opens both REPORT databases.
    ///
    /// # Panics
    ///
    /// Where one leaves with an error.
    pub async fn stop(mut self) -> Reports {
        self.terminate_all().await;
        let folder = std::mem::replace(&mut self.folder, tempfile::tempdir().expect("a folder"));
        Reports::open(&self.site, folder).await
    }

    /// Asks all servers to leave, the door first.
    ///
    /// # Panics
    ///
    /// Where one leaves with an error.
    pub async fn terminate_all(&mut self) {
        for role in [Role::Pppx, Role::Aar, Role::Sr, Role::TopUp, Role::Lb] {
            for place in Place::ALL {
                if self.runs(role, place) {
                    self.terminate(role, place).await;
                }
            }
        }
    }
}

impl Drop for Programs {
    fn drop(&mut self) {
        for child in self.running.values_mut() {
            let killed = child.kill().and_then(|()| child.wait().map(drop));
            drop(killed);
        }
    }
}

/// What a server says, kept in its folder.
fn log(site: &Site, role: Role, place: Place) -> Stdio {
    let path = site.folder(role, place).join("log");
    let file = std::fs::OpenOptions::new().create(true).append(true).open(path);
    file.map_or_else(|_| Stdio::null(), Stdio::from)
}
