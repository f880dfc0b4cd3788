//! Putting what has changed into force: in the own files, then in the own ini.

use std::io;

use crate::chart::Chart;
use crate::state::StateFile;
use crate::{Lb, pulse};

/// Keeps the epoch over a restart, and lets this LB itself run on its map.
pub(crate) async fn publish(lb: &Lb) {
    let (chart, map) = {
        let balancer = lb.balancer();
        (balancer.chart().clone(), balancer.own_map())
    };
    save(lb.state.clone(), chart).await;
    lb.ctx.adopt(map).await;
}

async fn save(file: StateFile, chart: Chart) {
    let path = file.path().to_owned();
    let saved = tokio::task::spawn_blocking(move || file.save(&chart)).await;
    if let Ok(Err(error)) = saved {
        tracing::error!(file = %path.display(), %error, "the epoch is not kept over a restart");
    }
}

/// Keeps what operators have said over a restart, and judges by it at once.
///
/// # Errors
/// The disk's; it is in force all the same.
pub(crate) async fn rule(lb: &Lb) -> io::Result<()> {
    let (file, rulings) = (lb.rulings.clone(), lb.balancer().fleet().rulings().clone());
    pulse::judge(lb);
    let path = file.path().to_owned();
    let saved = tokio::task::spawn_blocking(move || file.save(&rulings)).await;
    let saved = saved.unwrap_or_else(|_panicked| Err(io::Error::other("the writer panicked")));
    if let Err(error) = &saved {
        let file = path.display();
        tracing::error!(%file, %error, "an operator's word is not kept over a restart");
    }
    saved
}
