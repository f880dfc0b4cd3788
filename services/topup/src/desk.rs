//! What serves every request: keys, templates, the zone of dates; and who asks.

use std::collections::BTreeMap;

use crypto::{KeyRing, MissingKeys};
use jiff::{Timestamp, tz::TimeZone};
use protocol::{App, Bridge, Client, Date, DeviceId, Operator, PrincipalName, Version};
use store::Subject;

use crate::prove::Decoy;
use crate::vault::Vault;

/// What serves every request.
#[derive(Debug)]
pub(crate) struct Desk {
    pub(crate) vault: Vault,
    pub(crate) decoy: Decoy,
    pub(crate) ussd: BTreeMap<Operator, String>,
    zone: TimeZone,
}

/// Who asks, and when.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Asker {
    pub(crate) app: App,
    pub(crate) version: Version,
    pub(crate) principal: Option<PrincipalName>,
    pub(crate) client: Option<Client>,
    pub(crate) bridge: Bridge,
    pub(crate) now_ms: i64,
}

// === impl Desk ===

impl Desk {
    /// Takes what it needs of a key ring and an ini.
    pub(crate) fn new(
        keys: &KeyRing,
        ussd: BTreeMap<Operator, String>,
        zone: TimeZone,
    ) -> Result<Self, MissingKeys> {
        let vault = Vault::new(keys)?;
        let decoy = Decoy::new(&vault.wrap, &mut crypto::random::system());
        Ok(Self { vault, decoy, ussd, zone })
    }

    /// The day that a moment belongs to.
    pub(crate) fn date(&self, unix_ms: i64) -> Option<Date> {
        let date = Timestamp::from_millisecond(unix_ms).ok()?.to_zoned(self.zone.clone()).date();
        let year = u16::try_from(date.year()).ok()?;
        let (month, day) = (u8::try_from(date.month()).ok()?, u8::try_from(date.day()).ok()?);
        Date::new(year, month, day).ok()
    }
}

// === impl Asker ===

impl Asker {
    /// Whose wrong codes these are.
    pub(crate) fn subject(&self, device: Option<DeviceId>) -> Subject {
        Subject::of(device, self.principal, self.client)
    }
}

#[cfg(test)]
mod tests {
    use crate::scene::desk;

    #[test]
    fn a_day_ends_at_midnight_in_douala() {
        let date = |text: &str| {
            let time: protocol::Time = text.parse().unwrap();
            desk().date(time.unix_ms()).unwrap().to_string()
        };
        assert_eq!(date("2026-11-20T22:59:59.999Z"), "2026-11-20");
        assert_eq!(date("2026-11-20T23:00:00Z"), "2026-11-21");
    }
}
