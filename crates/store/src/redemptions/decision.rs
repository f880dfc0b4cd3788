//! What a TOPUP is answered, decided on what is known: no database, no clock.

use protocol::{Bridge, Client, ClientKind, Date, DeviceId, PrincipalName, RequestId};

use super::Asked;
use crate::{BatchState, VoucherState};

/// The same principal gets the same answer for so long, if nothing better tells who asks.
const PRINCIPAL_MS: i64 = 24 * 60 * 60 * 1000;
/// So many keys of one code are kept; whoever proves itself again comes with one of them.
const KEYS_MOST: usize = 100;
/// The same client does for so long: others may get its address later.
const CLIENT_MS: i64 = 10 * 60 * 1000;

/// What a voucher is good for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Standing {
    /// It has its recharge code to give.
    Good,
    /// It gave it.
    Redeemed,
    /// It gives nothing.
    Void,
    /// Its last day is over.
    Expired,
    /// It is nobody's: as unknown as a code that was never made.
    Unsold,
}

/// One thing by which a redemption is known.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Key {
    /// The request that the client made.
    Request(RequestId),
    /// The box whose crypto opened.
    Device(DeviceId),
    /// The bridge that PPPX made.
    Bridge(Bridge),
}

/// A redemption, as far as a repeated TOPUP is judged by it.
#[derive(Clone, Debug)]
pub(super) struct Known {
    /// When it was.
    pub(super) at_ms: i64,
    /// Who asked first, if proved.
    pub(super) principal: Option<PrincipalName>,
    /// Who asked first: kind and keyed hash.
    pub(super) client: Option<Client>,
    /// What it is known by.
    pub(super) keys: Vec<Key>,
}

/// What a TOPUP of a redeemed code is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Repeat {
    /// The same asker: the same answer, and these keys are new.
    Same {
        /// What it will be known by too.
        learn: Vec<Key>,
    },
    /// Somebody else.
    Other,
}

// === impl Standing ===

impl Standing {
    /// Judges a voucher of a batch on a day. What is redeemed stays so, whatever its batch is.
    pub(super) fn of(
        state: VoucherState,
        batch: BatchState,
        expires: Option<Date>,
        today: Date,
    ) -> Self {
        match state {
            VoucherState::Redeemed => Self::Redeemed,
            VoucherState::Frozen | VoucherState::Void => Self::Void,
            VoucherState::Created => Self::Unsold,
            VoucherState::Sold if batch != BatchState::Active => Self::Void,
            VoucherState::Sold if expires.is_some_and(|last| last < today) => Self::Expired,
            VoucherState::Sold => Self::Good,
        }
    }
}

// === impl Asked ===

impl Asked {
    /// All that this TOPUP can be known by.
    pub(super) fn keys(&self) -> Vec<Key> {
        let request = self.request.map(Key::Request);
        let device = self.device.map(Key::Device);
        [request, device, Some(Key::Bridge(self.bridge))].into_iter().flatten().collect()
    }

    /// What it is known by on a repeat. A bridge is worth keeping only where nothing that the
    /// client repeats is there: PPPX's second try comes with all of them.
    fn lasting_keys(&self) -> Vec<Key> {
        let mut keys = self.keys();
        if self.request.is_some() || self.device.is_some() {
            keys.retain(|key| !matches!(key, Key::Bridge(_)));
        }
        keys
    }
}

/// Judges a TOPUP of a redeemed code.
///
/// Source: protocol.md §3 (TOPUP)
pub(super) fn repeat(known: &Known, asked: &Asked) -> Repeat {
    let by_key = asked.keys().iter().any(|key| known.keys.contains(key));
    if !by_key && !by_asker(known, asked) {
        return Repeat::Other;
    }
    let mut learn = asked.lasting_keys();
    learn.retain(|key| !known.keys.contains(key));
    learn.truncate(KEYS_MOST.saturating_sub(known.keys.len()));
    Repeat::Same { learn }
}

/// Whether the same principal or client came back soon, without anything that tells better.
fn by_asker(known: &Known, asked: &Asked) -> bool {
    if asked.request.is_some() || asked.device.is_some() {
        return false;
    }
    let since_ms = asked.at_ms.saturating_sub(known.at_ms);
    let principal = asked.principal.is_some() && asked.principal == known.principal;
    let client = asked.client.is_some() && asked.client == known.client;
    // A relay's name stands for all its end users, so it counts for none of them.
    let relayed = asked.client.is_some_and(|it| it.kind() != ClientKind::Address);
    (principal && !relayed && since_ms < PRINCIPAL_MS) || (client && since_ms < CLIENT_MS)
}

#[cfg(test)]
mod tests;
