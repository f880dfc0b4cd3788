//! Which of two servers, how many requests at once, which weight: the decisions.
//!
//! Pure: time and what is drawn at random are arguments, nothing here waits, and nothing is read
//! or sent. So all of it is played through in the seeded simulation under `tests/sim`.
//!
//! | who | decides | with |
//! | --- | --- | --- |
//! | a caller | which of the two it asks, whether it asks the twin too | [`Caller`] |
//! | a server | who is let in, who waits a moment, who is told to come back | [`Gate`], [`Limit`] |
//! | an LB | which share each server takes, in which order, how each fares | [`Scorer`], [`order()`], [`Watch`], [`Keeper`] |

mod breaker;
mod budget;
mod caller;
mod ewma;
mod gate;
mod keeper;
mod limit;
mod order;
mod peer;
mod ring;
mod score;
mod watch;

pub use caller::{Caller, Candidate, Explained, Pick, Recovery, Standing, Weighed};
pub use gate::{Entry, Freed, Gate, LONGEST_WAIT, Lane};
pub use keeper::{Cause, Keeper, LONGEST_FREEZE_MS, Listed};
pub use limit::Limit;
pub use order::{SLOT_S, order};
pub use peer::{Probe, Seen};
pub use score::{Cell, Scorer, Use};
pub use watch::{Health, Watch};
