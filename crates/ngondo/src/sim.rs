//! What a machine without hardware lacks: a 4G key, a box, a fleet of boxes.

mod device;
mod enrol;
pub mod fleet;
mod identity;
pub mod key;

pub use device::{Attempt, SimDevice, Verdict};
pub use enrol::enrol;
pub use identity::made_identity;
