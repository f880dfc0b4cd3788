//! Who is served at once, who waits a moment, who is told to come back.
//!
//! [`balance::Gate`] decides; here those whom it lets wait are futures. While there is room a
//! request pays for one lock when it comes and one when it goes.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use balance::{Entry, Freed, Gate, LONGEST_WAIT, Lane, Limit};
use protocol::matrix::Deed;
use protocol::{Role, Verb};
use tokio::sync::oneshot;
use tokio::time::Instant;

use crate::random;

/// What the answers of a proxy may take in the mean: an eighth of the time that an AUTH has, which
/// is what the slowest of a full proxy need.
///
/// Source: protocol.md §1 (`TIMEOUT`)
const PROXY_MEAN: Duration = Duration::from_millis(250);

/// The door of a server, with whoever waits at it.
#[derive(Debug, Clone)]
pub(crate) struct Admission {
    door: Arc<Mutex<Door>>,
}

#[derive(Debug)]
struct Door {
    gate: Gate<u64>,
    /// The ticket that was given out last.
    last: u64,
    /// Who waits and was told nothing yet, by his ticket.
    waiting: BTreeMap<u64, (Lane, Tell)>,
    /// How many were told to come back, by lane.
    shed: [u64; LANES.len()],
}

/// A place in flight, given back when dropped.
#[derive(Debug)]
pub(crate) struct Place {
    admission: Admission,
    /// What it found when it entered, itself included.
    pub(crate) crowd: Crowd,
    since: Instant,
    served: Served,
}

#[derive(Debug, Clone, Copy)]
enum Served {
    /// Not to its end: its client hung up, or it panicked.
    No,
    /// Yes, and its time, for what it is, says how full the server is.
    Weighed(Verb),
    /// Yes, and it took as long as it was large.
    Unweighed,
}

/// How full a server is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Crowd {
    /// Requests in flight.
    pub(crate) inflight: usize,
    /// How many may be.
    pub(crate) limit: usize,
}

/// Why a request is not begun.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Turned {
    /// There is no room: it may come back after so many seconds, drawn.
    Busy { retry_s: u32 },
    /// Nobody would hear its answer.
    Late,
}

/// What a door says of itself.
#[derive(Debug)]
pub(crate) struct Load {
    pub(crate) crowd: Crowd,
    pub(crate) waiting: usize,
    /// How many were told to come back, by the name of their lane.
    pub(crate) shed: [(&'static str, u64); LANES.len()],
}

/// What the gate says to one who asks.
enum Asked<'a> {
    Told(Told),
    Waits(Waiting<'a>),
}

type Told = Result<Place, Turned>;
type Tell = oneshot::Sender<Told>;

/// What goes before what, by name.
const LANES: [(Lane, &str); 4] = [
    (Lane::Reserved, "reserved"),
    (Lane::Money, "money"),
    (Lane::Auth, "auth"),
    (Lane::Rest, "rest"),
];

/// One who waits: whatever becomes of him, he is not waited for any more when this is dropped.
struct Waiting<'a> {
    admission: &'a Admission,
    ticket: u64,
    told: oneshot::Receiver<Told>,
}

/// The lane of a command.
pub(crate) fn lane_of(verb: Verb) -> Lane {
    match verb {
        Verb::Init => Lane::Reserved,
        Verb::TopUp | Verb::Credit => Lane::Money,
        Verb::Auth | Verb::Activate => Lane::Auth,
        Verb::Crecord | Verb::Provision => Lane::Rest,
    }
}

/// The lane of a verb of the management interface.
pub(crate) fn lane_of_deed(deed: Option<&Deed>) -> Lane {
    match deed.map(|deed| deed.name) {
        Some(name) if name.starts_with("servers/") => Lane::Reserved,
        Some("vouchers/sell") => Lane::Money,
        _ => Lane::Rest,
    }
}

/// How many requests a server of a role takes at once.
///
/// What a proxy's requests take is the time of others: what is usual there tells nothing. It takes
/// as many as are answered well before their deadlines, and the rest hear when to come back.
pub(crate) fn limit_of(role: Role, most: usize) -> Limit {
    if role == Role::Pppx { Limit::within(most, PROXY_MEAN) } else { Limit::adaptive(most) }
}

// === impl Admission ===

impl Admission {
    pub(crate) fn new(limit: Limit) -> Self {
        let gate = Gate::new(limit, Instant::now().into_std());
        let door = Door { gate, last: 0, waiting: BTreeMap::new(), shed: [0; LANES.len()] };
        Self { door: Arc::new(Mutex::new(door)) }
    }

    /// A place, now or within [`LONGEST_WAIT`].
    ///
    /// # Cancel safety
    ///
    /// Whoever stops waiting is forgotten, and a place that he was given meanwhile is given back.
    pub(crate) async fn enter(&self, lane: Lane, deadline: Instant) -> Told {
        let mut waiting = match self.ask(lane, deadline) {
            Asked::Told(told) => return told,
            Asked::Waits(waiting) => waiting,
        };
        match tokio::time::timeout(LONGEST_WAIT, &mut waiting.told).await {
            Ok(told) => told.unwrap_or(Err(Turned::Late)),
            Err(_elapsed) => match waiting.give_up() {
                Some(turned) => Err(turned),
                // It was told in this very moment.
                None => (&mut waiting.told).await.unwrap_or(Err(Turned::Late)),
            },
        }
    }

    /// How full it is.
    pub(crate) fn crowd(&self) -> Crowd {
        self.lock().crowd()
    }

    /// What it says of itself.
    pub(crate) fn load(&self) -> Load {
        let door = self.lock();
        let mut counts = door.shed.into_iter();
        let shed = LANES.map(|(_, name)| (name, counts.next().unwrap_or_default()));
        Load { crowd: door.crowd(), waiting: door.gate.waiting(), shed }
    }

    fn ask(&self, lane: Lane, deadline: Instant) -> Asked<'_> {
        let now = Instant::now();
        let mut door = self.lock();
        door.last += 1;
        let ticket = door.last;
        let out = match door.gate.enter(ticket, lane, deadline.into_std(), now.into_std()) {
            Entry::Go(_) => return Asked::Told(Ok(self.place(door.crowd(), now))),
            Entry::Shed(_) => return Asked::Told(Err(door.busy(lane, now))),
            Entry::Late(_) => return Asked::Told(Err(Turned::Late)),
            Entry::Wait { out } => out,
        };
        let (tell, told) = oneshot::channel();
        door.waiting.insert(ticket, (lane, tell));
        let out = out.map(|out| door.turn_away(out, now));
        drop(door);
        say(out);
        Asked::Waits(Waiting { admission: self, ticket, told })
    }

    fn place(&self, crowd: Crowd, since: Instant) -> Place {
        Place { admission: self.clone(), crowd, since, served: Served::No }
    }

    /// Gives a place to whoever is next, and an answer to whoever waited in vain.
    fn pass_on(&self, place: &Place) {
        let now = Instant::now();
        let took = now.saturating_duration_since(place.since);
        let mut door = self.lock();
        let freed = door.free(place.served, took, now);
        if freed.go.is_empty() && freed.shed.is_empty() && freed.late.is_empty() {
            return;
        }
        let mut told = Vec::new();
        told.extend(freed.shed.into_iter().map(|ticket| door.turn_away(ticket, now)));
        for ticket in freed.late {
            told.push((door.call(ticket), Err(Turned::Late)));
        }
        for ticket in freed.go {
            let place = self.place(door.crowd(), now);
            told.push((door.call(ticket), Ok(place)));
        }
        drop(door);
        say(told);
    }

    fn lock(&self) -> MutexGuard<'_, Door> {
        self.door.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Tells them, while nobody holds the lock: a place that reaches nobody is given back at once.
fn say(told: impl IntoIterator<Item = (Option<Tell>, Told)>) {
    for (tell, told) in told {
        drop(match tell {
            Some(tell) => tell.send(told),
            None => Err(told),
        });
    }
}

// === impl Door ===

impl Door {
    fn crowd(&self) -> Crowd {
        Crowd { inflight: self.gate.inflight(), limit: self.gate.limit() }
    }

    fn free(&mut self, served: Served, took: Duration, now: Instant) -> Freed<u64> {
        match served {
            Served::No => self.gate.cancel(now.into_std()),
            Served::Weighed(verb) => self.gate.leave(Some((verb, took)), now.into_std()),
            Served::Unweighed => self.gate.leave(None, now.into_std()),
        }
    }

    /// Counts one of a lane, and draws when it may come back.
    fn busy(&mut self, lane: Lane, now: Instant) -> Turned {
        let counts = LANES.iter().zip(&mut self.shed);
        for (_, count) in counts.filter(|((its, _), _)| *its == lane) {
            *count += 1;
        }
        Turned::Busy { retry_s: self.gate.retry_s(now.into_std(), random::fraction()) }
    }

    /// What is told to one who waits no more.
    fn turn_away(&mut self, ticket: u64, now: Instant) -> (Option<Tell>, Told) {
        let (lane, tell) = self.waiting.remove(&ticket).unzip();
        (tell, Err(self.busy(lane.unwrap_or(Lane::Rest), now)))
    }

    /// Forgets one that waits, and says of which lane it was.
    fn withdraw(&mut self, ticket: u64, now: Instant) -> Option<Lane> {
        let (lane, _tell) = self.waiting.remove(&ticket)?;
        self.gate.withdraw(now.into_std(), |it| *it == ticket);
        Some(lane)
    }

    /// Whom to tell something of his ticket.
    fn call(&mut self, ticket: u64) -> Option<Tell> {
        self.waiting.remove(&ticket).map(|(_, tell)| tell)
    }
}

// === impl Waiting ===

impl Waiting<'_> {
    /// Waits no more; `None` where something was told meanwhile.
    fn give_up(&self) -> Option<Turned> {
        let now = Instant::now();
        let mut door = self.admission.lock();
        let lane = door.withdraw(self.ticket, now)?;
        Some(door.busy(lane, now))
    }
}

impl Drop for Waiting<'_> {
    fn drop(&mut self) {
        self.admission.lock().withdraw(self.ticket, Instant::now());
    }
}

// === impl Place ===

impl Place {
    /// It was served, and took as long as the server is full.
    pub(crate) fn served(mut self, verb: Verb) {
        self.served = Served::Weighed(verb);
    }

    /// It was served, and took as long as it was large.
    pub(crate) fn served_by_size(mut self) {
        self.served = Served::Unweighed;
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let place = &*self;
        place.admission.pass_on(place);
    }
}

#[cfg(test)]
mod tests;
