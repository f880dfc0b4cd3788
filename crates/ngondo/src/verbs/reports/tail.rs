//! `reports tail`: new rows as they reach the databases.

use std::time::Duration;

use report::{Both, Filter, Row, Tail, Tailed};

use super::{both, minute, object, urls};
use crate::cli::Bases;
use crate::error::Failure;
use crate::said;
use crate::text::cause;
use crate::verbs::Run;

/// Between two looks.
const PAUSE: Duration = Duration::from_millis(500);
/// Looks after which a database that could not be read is opened again.
const AGAIN: u32 = 10;

/// Shows new rows until Ctrl-C, or as many as were asked for.
pub(super) async fn run(
    run: &Run<'_>,
    bases: &Bases,
    filter: Filter,
    count: Option<u64>,
) -> Result<(), Failure> {
    let both = both(run, bases).await?;
    tokio::select! {
        ended = follow(run, bases, (both, filter), count) => ended,
        () = crate::stop::asked() => Ok(()),
    }
}

async fn follow(
    run: &Run<'_>,
    bases: &Bases,
    (mut both, filter): (Both, Filter),
    count: Option<u64>,
) -> Result<(), Failure> {
    let wanted = urls(run, bases)?;
    let (mut tail, mut left, mut looks) = (Tail::new(filter), count.unwrap_or(u64::MAX), 0_u32);
    // What is wrong is told when it begins.
    let (mut lost_all, mut odd) = (false, 0_u64);
    loop {
        let told = tail.look(&both, run.clock.now_us()).await;
        let failed = told.is_err();
        match told {
            Ok(Tailed { rows, ahead, unreadable }) => {
                lost_all = false;
                let strange = ahead.saturating_add(unreadable);
                if odd < strange {
                    run.out.warn(&said!("tail-odd", count = strange));
                }
                odd = strange;
                for row in &rows {
                    show(run, row);
                    left = left.saturating_sub(1);
                    if left == 0 {
                        return Ok(());
                    }
                }
            }
            Err(error) if !lost_all => {
                run.out.warn(&said!("tail-lost", cause = cause::database(&error)));
                lost_all = true;
            }
            Err(_) => {}
        }
        if looks == 0 {
            run.out.warn(&said!("tail-begun"));
        }
        looks = looks.wrapping_add(1);
        tokio::time::sleep(PAUSE).await;
        if (failed || !both.is_whole(&wanted)) && looks.is_multiple_of(AGAIN) {
            // Whatever can be opened now is read from now on.
            if let Ok((opened, _)) = Both::open(&wanted).await {
                both = opened;
            }
        }
    }
}

fn show(run: &Run<'_>, row: &Row) {
    run.out.json(&object(row));
    let (at, us) = (minute(row.at_us), row.queue_us.saturating_add(row.service_us));
    let ms = us.max(0) / 1000;
    run.out.line(&format!(
        "{at}  {:<8}  {:<16}  {:<14}  {ms:>5} ms  {}",
        row.server.as_str(),
        row.cmd,
        row.result,
        row.bridge
    ));
}
