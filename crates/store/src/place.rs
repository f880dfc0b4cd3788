//! Where a sealed value stands: what it is bound to.

use protocol::DeviceId;
use uuid::Uuid;

use crate::{Keyed, hex::hex};

/// A sealed column of a box.
///
/// The associated data of a sealed value is its table, column and row id, so that a value moved
/// to another place does not open.
///
/// Source: protocol.md §6
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place {
    /// The box key.
    Key,
    /// The key of a rekey that no AUTH used yet.
    Pending,
    /// INFOS, sealed under the box key.
    Infos,
    /// The customer's name.
    Subscriber,
    /// The customer's number.
    Msisdn,
    /// The activation code.
    Activation,
}

// === impl Place ===

impl Place {
    /// Names the column of one box.
    pub fn of(self, device: DeviceId) -> String {
        let column = match self {
            Self::Key => "key",
            Self::Pending => "pending",
            Self::Infos => "infos",
            Self::Subscriber => "subscriber",
            Self::Msisdn => "msisdn",
            Self::Activation => "activation",
        };
        format!("box/{column}/{device}")
    }

    /// Names the place of a recording's full answer.
    pub fn of_answer(lookup: &Keyed) -> String {
        format!("record_answer/full_answer/{}", hex(&lookup.digest))
    }

    /// Names the place of the reason of an event.
    pub fn of_reason(event: Uuid) -> String {
        format!("history/why/{}", event.simple())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn writes_the_places_of_the_vectors() {
        let device = "0102030405060708090a0b0c0d0e0f10".parse().unwrap();
        assert_eq!(Place::Key.of(device), "box/key/0102030405060708090a0b0c0d0e0f10");
        assert_eq!(Place::Infos.of(device), "box/infos/0102030405060708090a0b0c0d0e0f10");
    }
}
