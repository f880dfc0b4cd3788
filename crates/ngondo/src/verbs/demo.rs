//! `demo`: everything, started, used and looked at, each step with its time.

mod story;

use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use chassis::Clock;
use protocol::PeerAddr;
use rand::SeedableRng;
use rand::rngs::StdRng;
use tempfile::TempDir;
use tokio::time::Instant;

use super::{Run, up};
use crate::cli::DemoArgs;
use crate::error::{Failure, failed};
use crate::out::Out;
use crate::said;
use crate::sim::key::{KeyScript, SimKey};
use crate::sim::made_identity;
use crate::site::{Pace, Servers, Site};
use crate::text::{Said, cause};

/// The key's own loopback address; its port is a free one.
const KEY: SocketAddr =
    SocketAddr::new(std::net::IpAddr::V4(std::net::Ipv4Addr::new(127, 0, 0, 2)), 0);

/// Where the demonstration lives: a folder of its own that goes with it, or the user's.
enum Home {
    Fresh(TempDir),
    Given(PathBuf),
}

/// Says each step with the time that it took.
struct Stage<'a> {
    out: &'a Out,
    since: Instant,
}

/// Starts it, shows it, and leaves nothing behind.
pub(super) async fn run(run: &Run<'_>, args: DemoArgs) -> Result<(), Failure> {
    let home = Home::of(args.dir)?;
    let played = play(run, home.path(), args.exit).await;
    let closed = home.close();
    played.and(closed)
}

/// The whole demonstration; all that it started is stopped when it ends, also by Ctrl-C.
async fn play(run: &Run<'_>, dir: &Path, exit: bool) -> Result<(), Failure> {
    let mut stage = Stage { out: run.out, since: Instant::now() };
    let key = start_key(&run.clock).await?;
    let pace = Pace { init_s: 5, drain_s: 0 };
    let site = Site::lay(dir, up::free_ports()?, peer(&key)?, pace).await?;
    stage.taken(&said!("demo-laid", dir = site.dir().display().to_string()));
    let mut servers = Servers::start(&site)?;
    let told = tokio::select! {
        told = show(&mut stage, run, &site, &mut servers, &key) => told,
        () = crate::stop::asked() => Err(failed!("demo-interrupted")),
    };
    if told.is_ok() && !exit {
        up::ready(run, &site);
        crate::stop::asked().await;
        stage.since = Instant::now();
    }
    servers.stop().await;
    key.stop().await;
    stage.taken(&said!("demo-stopped"));
    told?;
    run.out.say(&said!("demo-passed"));
    Ok(())
}

/// Waits for the servers, then tells the story.
async fn show(
    stage: &mut Stage<'_>,
    run: &Run<'_>,
    site: &Site,
    servers: &mut Servers,
    key: &SimKey,
) -> Result<(), Failure> {
    servers.ready().await?;
    stage.taken(&said!("demo-started", count = servers.count()));
    up::show(run, site);
    story::tell(stage, run, site, key).await
}

/// Where the key answers.
fn peer(key: &SimKey) -> Result<PeerAddr, Failure> {
    let addr = key.addr().to_string();
    addr.parse().map_err(|_| failed!("unlistenable", addr = addr, cause = "-"))
}

async fn start_key(clock: &Clock) -> Result<SimKey, Failure> {
    let seed = rand::random();
    let identity = made_identity(&mut StdRng::seed_from_u64(seed));
    let script = KeyScript { identity, private: None, cut_percent: 0, seed };
    SimKey::start(KEY, script, clock.clone()).await.map_err(|error| {
        failed!("unlistenable", addr = KEY.to_string(), cause = cause::any(&error))
    })
}

// === impl Home ===

impl Home {
    fn of(dir: Option<PathBuf>) -> Result<Self, Failure> {
        match dir {
            Some(dir) => Ok(Self::Given(dir)),
            None => {
                tempfile::Builder::new().prefix("ngondo-demo-").tempdir().map(Self::Fresh).map_err(
                    |error| failed!("unwritable", file = "/tmp", cause = cause::any(&error)),
                )
            }
        }
    }

    fn path(&self) -> &Path {
        match self {
            Self::Fresh(dir) => dir.path(),
            Self::Given(dir) => dir,
        }
    }

    /// Removes a folder of its own.
    fn close(self) -> Result<(), Failure> {
        match self {
            Self::Fresh(dir) => {
                let name = dir.path().display().to_string();
                dir.close()
                    .map_err(|error| failed!("unwritable", file = name, cause = cause::any(&error)))
            }
            Self::Given(_) => Ok(()),
        }
    }
}

// === impl Stage ===

impl Stage<'_> {
    /// Says that a step was taken, and how long it took since the one before.
    fn taken(&mut self, step: &Said) {
        let ms = self.since.elapsed().as_secs_f64() * 1000.0;
        let text = self.out.words().say(step);
        self.out.line(&format!("{ms:>9.1} ms  {text}"));
        self.out.json(&serde_json::json!({ "step": step.key(), "ms": ms, "text": text }));
        self.since = Instant::now();
    }
}
