//! Who asks whom for what, now: one event a request, for whoever listens.
//!
//! Nobody listening, an event costs one look at a number. A listener that is too slow loses events,
//! and is told how many.
//!
//! Source: toki.md §10 (Activity)

mod listen;

use std::borrow::Cow;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use protocol::{Bridge, Instance, PrincipalName};
use serde_json::{Value, json};
use tokio::sync::broadcast;

pub(crate) use listen::handle;

/// So many events wait for a slow listener.
const KEPT: usize = 4096;
/// So many may listen to one service.
const LISTENERS: usize = 32;

/// The command of the modules' question for the list of principals, which each asks twice a second.
pub(crate) const PRINCIPALS: &str = "principals";
/// The command of the modules' probes, of which each sends one a second to whom it asks nothing else.
pub(crate) const PROBE: &str = "probe";

/// One request, and what became of it. Holds no body, code or key.
#[derive(Debug)]
pub(crate) struct Event {
    /// When it arrived, Unix microseconds.
    pub(crate) at_us: i64,
    /// Who says that he sent it; proved where `toki` is `ok`.
    pub(crate) from: Option<PrincipalName>,
    /// Who answered.
    pub(crate) to: Instance,
    pub(crate) cmd: Cow<'static, str>,
    pub(crate) bridge: Bridge,
    /// The verdict on its toki.
    pub(crate) toki: &'static str,
    /// The result, or its true cause.
    pub(crate) result: &'static str,
    /// From its arrival to its answer.
    pub(crate) us: i64,
}

/// The events of one service.
#[derive(Debug)]
pub(crate) struct Feed {
    events: broadcast::Sender<Arc<Event>>,
    listeners: Arc<AtomicUsize>,
}

/// One that listens, until it is dropped.
#[derive(Debug)]
pub(crate) struct Listener {
    events: broadcast::Receiver<Arc<Event>>,
    listeners: Arc<AtomicUsize>,
}

// === impl Event ===

impl Event {
    /// The event as a listener gets it.
    fn json(&self) -> Value {
        json!({
            "at_us": self.at_us,
            "from": self.from.as_ref().map(PrincipalName::as_str),
            "to": self.to.as_str(),
            "cmd": self.cmd,
            "bridge": self.bridge.as_str(),
            "toki": self.toki,
            "result": self.result,
            "us": self.us,
        })
    }
}

// === impl Feed ===

impl Default for Feed {
    fn default() -> Self {
        Self { events: broadcast::Sender::new(KEPT), listeners: Arc::default() }
    }
}

impl Feed {
    /// Tells an event to whoever listens.
    pub(crate) fn tell(&self, event: impl FnOnce() -> Event) {
        if self.listeners.load(Ordering::Relaxed) > 0 {
            // The last one may have gone just now.
            let _gone = self.events.send(Arc::new(event()));
        }
    }

    /// Lets one more listen, where there is room.
    fn listen(&self) -> Option<Listener> {
        let listener =
            Listener { events: self.events.subscribe(), listeners: Arc::clone(&self.listeners) };
        // Dropped where it is one too many, it counts back.
        (self.listeners.fetch_add(1, Ordering::AcqRel) < LISTENERS).then_some(listener)
    }
}

// === impl Listener ===

impl Drop for Listener {
    fn drop(&mut self) {
        self.listeners.fetch_sub(1, Ordering::AcqRel);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn event() -> Event {
        Event {
            at_us: 1,
            from: None,
            to: "aar-1".parse().unwrap(),
            cmd: "AUTH*".into(),
            bridge: "b-1".parse().unwrap(),
            toki: "none",
            result: "OK",
            us: 7,
        }
    }

    #[test]
    fn an_event_is_made_only_where_somebody_listens() {
        let feed = Feed::default();
        feed.tell(|| unreachable!("nobody listens"));
        let mut listener = feed.listen().unwrap();
        feed.tell(event);
        assert_eq!(listener.events.try_recv().unwrap().us, 7);
        drop(listener);
        feed.tell(|| unreachable!("he has gone"));
    }

    #[test]
    fn so_many_listen_and_no_more_until_one_has_gone() {
        let feed = Feed::default();
        let mut all: Vec<_> = (0..LISTENERS).map(|_| feed.listen().unwrap()).collect();
        assert!(feed.listen().is_none());
        assert!(feed.listen().is_none(), "one that is refused takes no room");
        all.pop();
        assert!(feed.listen().is_some());
    }

    #[test]
    fn an_event_names_its_fields() {
        let event = json!({
            "at_us": 1, "from": null, "to": "aar-1", "cmd": "AUTH*", "bridge": "b-1",
            "toki": "none", "result": "OK", "us": 7,
        });
        assert_eq!(self::event().json(), event);
    }
}
