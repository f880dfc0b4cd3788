//! What changes a box: who asks, and what every change needs.

use chassis::ManageCall;
use jiff::tz::TimeZone;
use protocol::{Bridge, Client, DeviceId, PrincipalName, Rights};
use store::{Act, Device, Event, Place, Store, Subject};
use uuid::Uuid;

use crypto::random::CryptoRng;
use crypto::{KeyId, KeyRing, Purpose, Secret32};

use crate::error::Error;
use crate::fleet::Fleet;
use crate::sync::{Sync, event_id};
use crate::vault::Vault;

/// What every change needs.
#[derive(Clone, Debug)]
pub(crate) struct Desk<'a> {
    pub(crate) store: Store,
    pub(crate) fleet: &'a Fleet,
    pub(crate) keys: &'a KeyRing,
    pub(crate) zone: &'a TimeZone,
    pub(crate) now_ms: i64,
    /// Of the request that changes something.
    pub(crate) bridge: Bridge,
}

/// Who asks.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Asker {
    pub(crate) principal: Option<PrincipalName>,
    pub(crate) client: Option<Client>,
    /// What he may do.
    pub(crate) rights: Rights,
}

// === impl Desk ===

impl Desk<'_> {
    pub(crate) fn vault(&self) -> Vault<'_> {
        Vault::new(self.keys)
    }

    /// The key that seals the end of the audit log.
    pub(crate) fn audit_key(&self) -> Result<(KeyId, &Secret32), Error> {
        Ok(self.keys.get(Purpose::Index)?.current())
    }

    /// Puts a box that was just written into memory, without waiting for the next reading.
    pub(crate) fn put(&self, device: &Device) {
        Sync { fleet: self.fleet, keys: self.keys, zone: self.zone }.put(device);
    }

    /// Makes the event of a change of a box.
    pub(crate) fn event(
        &self,
        device: &Device,
        act: Act,
        who: String,
        rng: &mut impl CryptoRng,
    ) -> Event {
        Event {
            id: event_id(rng, self.now_ms),
            device: device.id,
            at_ms: self.now_ms,
            act,
            state: device.state,
            who,
            why: None,
            request: None,
        }
    }

    /// Adds to an event who asked for it and why.
    pub(crate) fn because(
        &self,
        event: Event,
        request: Option<Uuid>,
        why: Option<&str>,
        rng: &mut impl CryptoRng,
    ) -> Result<Event, Error> {
        let place = Place::of_reason(event.id);
        let why = why.map(|why| self.vault().seal(&place, why.as_bytes(), rng)).transpose()?;
        Ok(Event { request, why, ..event })
    }
}

// === impl Asker ===

impl Asker {
    /// Who asks for a verb.
    pub(crate) fn of(call: &ManageCall) -> Self {
        Self { principal: call.principal, client: call.client, rights: call.rights }
    }

    /// The name that the history keeps of an operator.
    pub(crate) fn who(&self) -> String {
        self.principal.map_or_else(|| "local".to_owned(), |it| it.to_string())
    }

    /// Whose wrong codes these are.
    pub(crate) fn subject(&self, device: Option<DeviceId>) -> Subject {
        Subject::of(device, self.principal, self.client)
    }
}
