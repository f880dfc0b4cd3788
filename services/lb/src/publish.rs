//! Putting a changed map into force: in the own file, then in the own ini.

use crate::Lb;
use crate::chart::Chart;
use crate::state::StateFile;

/// Keeps the epoch over a restart, and lets this LB itself run on its map.
pub(crate) async fn publish(lb: &Lb) {
    let (chart, map) = {
        let balancer = lb.balancer();
        (balancer.chart().clone(), balancer.own_map(lb.ctx.clock.now_ms()))
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
