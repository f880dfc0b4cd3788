//! What INIT* has shown, said to the operator: once in the log, each time in the counters.

use protocol::Bridge;

use crate::balancer::{News, Notice};

/// Whether the twin should be asked or told now.
pub(crate) fn calls_for_exchange(notice: &Notice) -> bool {
    match notice {
        Notice::Behind { .. } | Notice::Renumbered { .. } => true,
        Notice::Unlisted { .. }
        | Notice::OtherAddr { .. }
        | Notice::OtherRole { .. }
        | Notice::Leap { .. }
        | Notice::Ruled { .. } => false,
    }
}

/// Counts a notice, and logs it where it is news.
pub(crate) fn tell(notice: &Notice, bridge: Bridge) {
    metrics::counter!("ngondo_lb_notices_total", "kind" => kind(notice)).increment(1);
    match notice {
        Notice::Unlisted { news: News::Again, .. }
        | Notice::OtherAddr { news: News::Again, .. } => {}
        Notice::Unlisted { instance, news: News::First } => {
            tracing::warn!(%bridge, %instance, "not in the inventory: it gets no place");
        }
        Notice::OtherAddr { instance, said, listed, news: News::First } => {
            tracing::warn!(%bridge, %instance, %said, %listed,
                "it says another address than the inventory, whose stands");
        }
        Notice::OtherRole { instance, said, listed } => {
            tracing::warn!(%bridge, %instance, %said, %listed,
                "it says another role than the inventory: not counted as a heartbeat");
        }
        Notice::Leap { epoch } => {
            tracing::error!(%bridge, %epoch, "an epoch over a million ahead was refused");
        }
        Notice::Behind { epoch } => {
            tracing::debug!(%bridge, %epoch, "the twin is asked for its map");
        }
        Notice::Renumbered { epoch } => {
            tracing::info!(%bridge, %epoch, "the map has the number above the one that was heard");
        }
        Notice::Ruled { servers } => {
            let servers: Vec<_> = servers.iter().map(ToString::to_string).collect();
            tracing::info!(%bridge, servers = servers.join(" "), "an operator's word at the twin");
        }
    }
}

fn kind(notice: &Notice) -> &'static str {
    match notice {
        Notice::Unlisted { .. } => "unlisted",
        Notice::OtherAddr { .. } => "other_addr",
        Notice::OtherRole { .. } => "other_role",
        Notice::Leap { .. } => "leap",
        Notice::Behind { .. } => "behind",
        Notice::Renumbered { .. } => "renumbered",
        Notice::Ruled { .. } => "ruled",
    }
}
