//! The task of one database: reach it, ship, wait, begin again.

use std::future::pending;
use std::time::Duration;

use protocol::{DbUrl, Pair};
use tokio::sync::watch;
use tokio::time::{Instant, sleep};
use tokio_util::sync::CancellationToken;
use tracing::{error, info, warn};

use super::Place;
use crate::db::{Batch, ReportDb};
use crate::error::{DbError, SpoolError};
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

/// Rows with their numbers, as read from one lane.
struct Load {
    lane: Lane,
    seqs: Vec<i64>,
    rows: Vec<Row>,
}

// === impl Shipper ===

impl Shipper {
    pub(super) fn new(
        place: Place,
        spool: Spool,
        targets: watch::Receiver<Pair<Option<DbUrl>>>,
        drain: CancellationToken,
    ) -> Self {
        Self { place, spool, targets, drain, failures: 0 }
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
            self.spool.progress().advance(self.place, url, (lane, acked.unwrap_or(0)), 0);
        }
        info!(place = self.place.as_str(), %url, "shipping rows");
        let mut durable = Lane::ALL.map(|lane| self.spool.lane(lane).durable());
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
            if most == 0 {
                self.wait(&mut durable).await;
            }
            if self.target().as_ref() != Some(url) {
                db.close().await;
                return Ok(End::Moved);
            }
        }
    }

    /// Ships one batch of each lane; the rows of the larger.
    async fn round(
        &self,
        db: &ReportDb,
        durable: &mut [watch::Receiver<i64>; 2],
    ) -> Result<usize, Trouble> {
        let mut most = 0;
        for (lane, durable) in Lane::ALL.into_iter().zip(durable) {
            let upto = *durable.borrow_and_update();
            most = most.max(self.batch(db, lane, upto).await?);
        }
        Ok(most)
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
    async fn wait(&mut self, durable: &mut [watch::Receiver<i64>; 2]) {
        let [money, chatter] = durable;
        tokio::select! {
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
                self.spool.progress().advance(self.place, db.url(), (lane, upto), 0);
            }
            return Ok(0);
        };
        let mut load =
            Load { lane, seqs: Vec::with_capacity(count), rows: Vec::with_capacity(count) };
        for spooled in spooled {
            match Row::from_json(&spooled.body) {
                Ok(row) => {
                    load.seqs.push(spooled.seq);
                    load.rows.push(row);
                }
                Err(error) => self.park(file, db.url(), spooled.seq, chain(&error)).await?,
            }
        }
        self.deliver(db, &load, last).await?;
        if let Some(seq) = self.spool.progress().prunable(lane) {
            file.prune(seq).await?;
        }
        Ok(count)
    }

    /// Ships all of the load but the rows that the database refuses: those are found by halving.
    async fn deliver(&self, db: &ReportDb, load: &Load, last: i64) -> Result<(), Trouble> {
        let file = self.spool.lane(load.lane);
        let mut pieces = vec![(load.seqs.as_slice(), load.rows.as_slice(), last)];
        while let Some((seqs, rows, last)) = pieces.pop() {
            let (server, lane, epoch) = (self.spool.server(), load.lane, file.epoch());
            let parked = match db.ship(&Batch { server, lane, epoch, rows, last }).await {
                Ok(()) => 0,
                Err(error) if error.is_poison() && 1 < rows.len() => {
                    let half = rows.len() / 2;
                    let (Some((seqs, more_seqs)), Some((rows, more_rows))) =
                        (seqs.split_at_checked(half), rows.split_at_checked(half))
                    else {
                        return Err(error.into());
                    };
                    pieces.push((more_seqs, more_rows, last));
                    pieces.push((seqs, rows, seqs.last().copied().unwrap_or(last)));
                    continue;
                }
                Err(error) if error.is_poison() => {
                    let seq = seqs.first().copied().unwrap_or(last);
                    self.park(file, db.url(), seq, chain(&error)).await?;
                    db.ship(&Batch { server, lane, epoch, rows: &[], last }).await?;
                    1
                }
                Err(error) => return Err(error.into()),
            };
            let count = u64::try_from(rows.len()).unwrap_or(u64::MAX).saturating_sub(parked);
            self.spool.progress().advance(self.place, db.url(), (lane, last), count);
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
