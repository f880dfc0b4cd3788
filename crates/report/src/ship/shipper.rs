//! The task of one database: reach it, ship, wait, begin again.

use std::future::pending;
use std::time::Duration;

use protocol::{DbUrl, Pair};
use tokio::sync::watch;
use tokio::time::{Instant, sleep, sleep_until};
use tokio_util::sync::CancellationToken;
use tracing::{error, info, warn};

use super::sweep::Sweep;
use super::{Place, Retention};
use crate::db::{Batch, ReportDb};
use crate::error::{DbError, SpoolError};
use crate::plan::{Plan, Step, chatter_may_go};
use crate::row::{Lane, Row};
use crate::spool::{LaneFile, Spool};

/// Rows of one transaction.
const BATCH: usize = 500;
/// The first pause after a failure, doubled with each.
const BACKOFF_LEAST: Duration = Duration::from_millis(250);
/// The longest pause after failures.
const BACKOFF_MOST: Duration = Duration::from_secs(30);
/// Pause after a batch that was not full, so that rows which come one by one go together.
const GATHER: Duration = Duration::from_millis(20);
/// Rest after a full batch, in times of what it took: catching up takes a quarter of one core.
const REST: u32 = 3;
/// The longest rest after a full batch.
const REST_MOST: Duration = Duration::from_secs(1);

/// Ships into one database.
pub(super) struct Shipper {
    place: Place,
    spool: Spool,
    targets: watch::Receiver<Pair<Option<DbUrl>>>,
    drain: CancellationToken,
    retention: Option<Retention>,
    /// Failures since the last success.
    failures: u32,
}

/// Why a session ended.
enum End {
    /// The address changed.
    Moved,
    /// Everything is shipped, and the server stops.
    Drained,
}

/// Why a session failed.
#[derive(Debug, thiserror::Error)]
enum Trouble {
    #[error(transparent)]
    Database(#[from] DbError),
    #[error(transparent)]
    Spool(#[from] SpoolError),
}

/// Rows as read from one lane, and how they get into the database.
struct Load {
    lane: Lane,
    rows: Vec<Row>,
    plan: Plan,
}

// === impl Shipper ===

impl Shipper {
    pub(super) fn new(
        place: Place,
        spool: Spool,
        targets: watch::Receiver<Pair<Option<DbUrl>>>,
        drain: CancellationToken,
        retention: Option<Retention>,
    ) -> Self {
        Self { place, spool, targets, drain, retention, failures: 0 }
    }

    pub(super) async fn run(mut self) {
        loop {
            let Some(url) = self.target() else {
                self.pause(None).await;
                if self.drain.is_cancelled() {
                    return;
                }
                continue;
            };
            match self.session(&url).await {
                Ok(End::Drained) => return,
                Ok(End::Moved) => self.failures = 0,
                Err(trouble) => {
                    self.complain(&url, &trouble);
                    if self.drain.is_cancelled() {
                        return;
                    }
                    // Cut short where the server stops: there is time for one last try.
                    let pause = self.backoff();
                    self.pause(Some(pause)).await;
                }
            }
        }
    }

    /// The address to ship to now.
    fn target(&mut self) -> Option<DbUrl> {
        let targets = self.targets.borrow_and_update();
        self.spool.progress().aim(&targets);
        self.place.of(&targets).clone()
    }

    /// Waits for the time, if any, a change of address, or the server's stop.
    async fn pause(&mut self, time: Option<Duration>) {
        let over = async {
            match time {
                Some(time) => sleep(time).await,
                None => pending().await,
            }
        };
        tokio::select! {
            () = over => {}
            () = moved(&mut self.targets) => {}
            () = self.drain.cancelled() => {}
        }
    }

    /// Full jitter: anything between nothing and the doubled pause.
    fn backoff(&mut self) -> Duration {
        let most = BACKOFF_LEAST.saturating_mul(2_u32.saturating_pow(self.failures));
        self.failures = self.failures.saturating_add(1);
        most.min(BACKOFF_MOST).mul_f64(rand::random::<f64>())
    }

    fn complain(&self, url: &DbUrl, trouble: &Trouble) {
        if self.spool.progress().fail(self.place, url, chain(trouble)) {
            warn!(place = self.place.as_str(), %url, error = chain(trouble), "rows cannot be shipped");
        }
    }

    /// Ships for as long as the database answers and the address stays.
    async fn session(&mut self, url: &DbUrl) -> Result<End, Trouble> {
        let db = ReportDb::open(url).await?;
        for lane in Lane::ALL {
            let epoch = self.spool.lane(lane).epoch();
            let acked = db.cursor(self.spool.server(), lane, epoch).await?;
            self.spool.progress().advance(self.place, url, (lane, acked.unwrap_or(0)), (0, 0));
            // Where the server died, or an answer was lost, rows that both have may still be there.
            self.prune(lane).await?;
        }
        info!(place = self.place.as_str(), %url, "shipping rows");
        let mut durable = Lane::ALL.map(|lane| self.spool.lane(lane).durable());
        let mut sweep = self.retention.clone().map(Sweep::new);
        loop {
            let began = Instant::now();
            // Asked before the round: what was flushed for the stop is durable by then.
            let draining = self.drain.is_cancelled();
            let most = self.round(&db, &mut durable).await?;
            self.failures = 0;
            if most == 0 && draining {
                db.close().await;
                return Ok(End::Drained);
            }
            self.rest(most, began.elapsed()).await;
            // What is too old can wait for as long as there is much to ship.
            if most < BATCH
                && !draining
                && let Some(sweep) = &mut sweep
            {
                let expired = sweep.step(&db).await;
                self.spool.progress().expire(self.place, url, expired);
            }
            if most == 0 {
                self.wait(&mut durable, sweep.as_ref().map(Sweep::due)).await;
            }
            if self.target().as_ref() != Some(url) {
                db.close().await;
                return Ok(End::Moved);
            }
        }
    }

    /// Ships one batch: of chatter where the database has all that money hangs on; how many rows there were.
    async fn round(
        &self,
        db: &ReportDb,
        durable: &mut [watch::Receiver<i64>; 2],
    ) -> Result<usize, Trouble> {
        let [durable_money, durable_chatter] = durable;
        // Chatter's first: whatever was committed before its last row is among what money is asked for.
        let chatter = *durable_chatter.borrow_and_update();
        let money = *durable_money.borrow_and_update();
        let committed = self.spool.lane(Lane::Money).committed();
        let shipped = self.batch(db, Lane::Money, money).await?;
        let acked = self.spool.progress().slot(self.place).acked(Lane::Money);
        if !chatter_may_go(acked, committed) {
            return Ok(shipped);
        }
        Ok(shipped.max(self.batch(db, Lane::Chatter, chatter).await?))
    }

    /// Lets others have the machine; not while the server stops.
    async fn rest(&self, shipped: usize, took: Duration) {
        let rest = match shipped {
            0 => return,
            BATCH.. => took.saturating_mul(REST).min(REST_MOST),
            _ => GATHER,
        };
        // Cut short or not, the next round follows.
        self.drain.run_until_cancelled(sleep(rest)).await.unwrap_or_default();
    }

    /// Waits for something to do.
    async fn wait(&mut self, durable: &mut [watch::Receiver<i64>; 2], sweep: Option<Instant>) {
        let [money, chatter] = durable;
        let sweeping = async {
            match sweep {
                Some(due) => sleep_until(due).await,
                None => pending().await,
            }
        };
        tokio::select! {
            () = sweeping => {}
            () = moved(money) => {}
            () = moved(chatter) => {}
            () = moved(&mut self.targets) => {}
            () = self.drain.cancelled() => {}
        }
    }

    /// Ships the next rows of a lane; how many there were.
    async fn batch(&self, db: &ReportDb, lane: Lane, upto: i64) -> Result<usize, Trouble> {
        let file = self.spool.lane(lane);
        let acked = self.spool.progress().slot(self.place).acked(lane).unwrap_or(0);
        let limit = i64::try_from(BATCH).unwrap_or(i64::MAX);
        let spooled = file.reader().rows(acked, upto, limit).await?;
        let count = spooled.len();
        let Some(last) = spooled.last().map(|spooled| spooled.seq) else {
            if acked < upto {
                self.spool.progress().advance(self.place, db.url(), (lane, upto), (0, 0));
            }
            return Ok(0);
        };
        let (mut seqs, mut rows, mut unreadable) =
            (Vec::with_capacity(count), Vec::with_capacity(count), Vec::new());
        for spooled in spooled {
            match self.understand(&spooled.body) {
                Ok(row) => {
                    seqs.push(spooled.seq);
                    rows.push(row);
                }
                Err(reason) => unreadable.push((spooled.seq, reason)),
            }
        }
        self.deliver(db, Load { lane, rows, plan: Plan::new(seqs, unreadable, last) }).await?;
        self.prune(lane).await?;
        Ok(count)
    }

    /// Lets the spool delete what no database lacks.
    async fn prune(&self, lane: Lane) -> Result<(), SpoolError> {
        match self.spool.progress().prunable(lane) {
            Some(seq) => self.spool.lane(lane).prune(seq).await,
            None => Ok(()),
        }
    }

    /// Reads a row of the spool, which must be this server's.
    fn understand(&self, body: &str) -> Result<Row, String> {
        let row = Row::from_json(body).map_err(|error| chain(&error))?;
        if row.server == *self.spool.server() {
            Ok(row)
        } else {
            Err(format!("the row is of {}, the spool of {}", row.server, self.spool.server()))
        }
    }

    /// Ships all of the load but the rows that the database refuses.
    async fn deliver(&self, db: &ReportDb, load: Load) -> Result<(), Trouble> {
        let Load { lane, rows, mut plan } = load;
        let file = self.spool.lane(lane);
        let (server, epoch) = (self.spool.server(), file.epoch());
        while let Some(step) = plan.step() {
            match step {
                Step::Ship { from, to, last } => {
                    let rows = rows.get(from..to).unwrap_or_default();
                    match db.ship(&Batch { server, lane, epoch, rows, last }).await {
                        Ok(new) => {
                            let count = u64::try_from(rows.len()).unwrap_or(u64::MAX);
                            let counts = (count, count.saturating_sub(new));
                            let upto = (lane, last);
                            self.spool.progress().advance(self.place, db.url(), upto, counts);
                            plan.shipped();
                        }
                        Err(error) if error.is_poison() && plan.refused(chain(&error)) => {}
                        Err(error) => return Err(error.into()),
                    }
                }
                Step::Park { seq, reason } => {
                    self.park(file, db.url(), seq, reason).await?;
                    plan.parked();
                }
            }
        }
        Ok(())
    }

    /// Puts a row aside, with what is wrong with it, and goes on.
    async fn park(
        &self,
        file: &LaneFile,
        url: &DbUrl,
        seq: i64,
        reason: String,
    ) -> Result<(), Trouble> {
        error!(
            place = self.place.as_str(), %url, spool = %file.path().display(), seq, error = reason,
            "a row cannot be shipped and was put aside in dead_letter"
        );
        file.park(seq, self.place.as_str(), reason).await?;
        self.spool.progress().park(self.place, url);
        Ok(())
    }
}

/// Resolves at a change; never where nothing can change any more.
async fn moved<T>(receiver: &mut watch::Receiver<T>) {
    if receiver.changed().await.is_err() {
        pending::<()>().await;
    }
}

/// An error and all its causes, in one line.
fn chain(error: &dyn std::error::Error) -> String {
    let causes = std::iter::successors(Some(error), |error| error.source());
    causes.map(ToString::to_string).collect::<Vec<_>>().join(": ")
}
