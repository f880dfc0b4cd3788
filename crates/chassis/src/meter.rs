//! What Prometheus reads of a service.

mod shipping;

use std::borrow::Cow;
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};
use std::time::Duration;

use metrics::SharedString;
use protocol::{Instance, Outcome};
use toki::Refusal;

use crate::admit::Load;
use crate::context::Context;

/// A service's own numbers, named by its instance: `ngondo up` runs several in one process.
#[derive(Debug)]
pub(crate) struct Meter {
    instance: SharedString,
    cpu_permille: AtomicI64,
    verdicts: [(&'static str, AtomicU64); VERDICTS],
}

/// The words of [`crate::proof::Proved::verdict`].
const VERDICTS: usize = 3 + Refusal::ALL.len();

// === impl Meter ===

impl Meter {
    pub(crate) fn new(instance: Instance) -> Self {
        let instance = SharedString::from_shared(instance.as_str().into());
        let mut words = ["ok", "none", "legacy"].into_iter();
        let mut refusals = Refusal::ALL.into_iter().map(Refusal::as_str);
        let word = |_| words.next().or_else(|| refusals.next()).unwrap_or_default();
        let verdicts = std::array::from_fn(word).map(|word| (word, AtomicU64::new(0)));
        Self { instance, cpu_permille: AtomicI64::new(0), verdicts }
    }

    /// One toki was judged, or missed.
    pub(crate) fn judged(&self, verdict: &'static str) {
        if let Some((_, count)) = self.verdicts.iter().find(|(word, _)| *word == verdict) {
            count.fetch_add(1, Ordering::Relaxed);
        }
    }

    /// One request was served.
    pub(crate) fn served(&self, cmd: Cow<'static, str>, outcome: Outcome, took: Duration) {
        let labels = [
            ("instance", self.instance.clone()),
            ("cmd", SharedString::from(cmd)),
            ("result", SharedString::const_str(outcome.as_str())),
        ];
        metrics::counter!("ngondo_requests_total", &labels).increment(1);
        let labels = [("instance", self.instance.clone())];
        metrics::histogram!("ngondo_request_seconds", &labels).record(took.as_secs_f64());
    }

    /// One INIT was answered, or was not.
    pub(crate) fn refreshed(&self, result: &'static str) {
        let labels =
            [("instance", self.instance.clone()), ("result", SharedString::const_str(result))];
        metrics::counter!("ngondo_init_total", &labels).increment(1);
    }

    /// Thousandths of one core that this process used in the last second.
    pub(crate) fn cpu_permille(&self) -> i64 {
        self.cpu_permille.load(Ordering::Relaxed)
    }

    /// Publishes what changes slowly, and measures the processor, once a second until the stop.
    pub(crate) async fn watch(&self, ctx: &Context, load: impl Fn() -> (Load, (usize, u64))) {
        let mut last_ticks = cpu_ticks();
        let mut every_second = tokio::time::interval(Duration::from_secs(1));
        while ctx.tasks.stop().run_until_cancelled(every_second.tick()).await.is_some() {
            let ticks = cpu_ticks();
            // A tick is 10 ms of one core, on every Linux that we run on.
            self.cpu_permille.store((ticks - last_ticks) * 10, Ordering::Relaxed);
            last_ticks = ticks;
            self.publish(ctx, load()).await;
        }
    }

    async fn publish(&self, ctx: &Context, (load, (open, refused)): (Load, (usize, u64))) {
        let labels = [("instance", self.instance.clone())];
        metrics::gauge!("ngondo_inflight", &labels).set(number(load.crowd.inflight));
        metrics::gauge!("ngondo_inflight_limit", &labels).set(number(load.crowd.limit));
        metrics::gauge!("ngondo_waiting", &labels).set(number(load.waiting));
        metrics::gauge!("ngondo_connections", &labels).set(number(open));
        metrics::counter!("ngondo_connections_refused_total", &labels).absolute(refused);
        metrics::gauge!("ngondo_map_epoch", &labels)
            .set(float(i64::try_from(ctx.map.load().map.epoch.get()).unwrap_or(i64::MAX)));
        for (lane, count) in load.shed {
            let labels = [("instance", self.instance.clone()), ("lane", SharedString::from(lane))];
            metrics::counter!("ngondo_shed_total", &labels).absolute(count);
        }
        for (word, count) in &self.verdicts {
            let labels =
                [("instance", self.instance.clone()), ("verdict", SharedString::const_str(word))];
            metrics::counter!("ngondo_toki_total", &labels).absolute(count.load(Ordering::Relaxed));
        }
        shipping::publish(&self.instance, ctx).await;
    }
}

/// The processor time of this process since its start, in clock ticks.
fn cpu_ticks() -> i64 {
    let stat = std::fs::read_to_string("/proc/self/stat").unwrap_or_default();
    // The name in parentheses may hold blanks; after it come the fields from the third on.
    let fields = stat.rsplit_once(')').map_or("", |(_name, fields)| fields);
    let tick = |index: usize| -> i64 {
        fields.split_whitespace().nth(index).and_then(|it| it.parse().ok()).unwrap_or_default()
    };
    tick(11) + tick(12)
}

fn number(count: usize) -> f64 {
    float(i64::try_from(count).unwrap_or(i64::MAX))
}

#[expect(clippy::cast_precision_loss, clippy::as_conversions, reason = "a gauge is a float")]
fn float(number: i64) -> f64 {
    number as f64
}
