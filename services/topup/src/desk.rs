//! What serves every request: keys, templates, the zone of dates; and who asks.

use crypto::{KeyRing, MissingKeys};
use jiff::{Timestamp, civil, tz::TimeZone};
use protocol::{App, Bridge, Client, Date, DeviceId, PrincipalName, Version};
use store::Subject;

use crate::prove::Decoy;
use crate::rules::Rules;
use crate::vault::Vault;

/// What serves every request.
#[derive(Debug)]
pub(crate) struct Desk {
    pub(crate) vault: Vault,
    pub(crate) decoy: Decoy,
    pub(crate) rules: Rules,
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
    pub(crate) fn new(keys: &KeyRing, rules: Rules, zone: TimeZone) -> Result<Self, MissingKeys> {
        let vault = Vault::new(keys)?;
        let decoy = Decoy::new(&vault.wrap, &mut crypto::random::system());
        Ok(Self { vault, decoy, rules, zone })
    }

    /// The day that a moment belongs to.
    pub(crate) fn date(&self, unix_ms: i64) -> Option<Date> {
        let date = Timestamp::from_millisecond(unix_ms).ok()?.to_zoned(self.zone.clone()).date();
        let year = u16::try_from(date.year()).ok()?;
        let (month, day) = (u8::try_from(date.month()).ok()?, u8::try_from(date.day()).ok()?);
        Date::new(year, month, day).ok()
    }
}

impl Desk {
    /// When a day begins and the next one does, Unix milliseconds.
    pub(crate) fn bounds(&self, day: Date) -> Option<(i64, i64)> {
        let year = i16::try_from(day.year()).ok()?;
        let (month, number) = (i8::try_from(day.month()).ok()?, i8::try_from(day.day()).ok()?);
        let day = civil::Date::new(year, month, number).ok()?;
        let begin = |day: civil::Date| {
            let zoned = day.to_zoned(self.zone.clone()).ok()?;
            Some(zoned.timestamp().as_millisecond())
        };
        Some((begin(day)?, begin(day.tomorrow().ok()?)?))
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

    #[test]
    fn a_day_is_from_midnight_to_midnight() {
        let ms = |text: &str| text.parse::<protocol::Time>().unwrap().unix_ms();
        let bounds = desk().bounds("2026-11-20".parse().unwrap());
        assert_eq!(bounds, Some((ms("2026-11-19T23:00:00Z"), ms("2026-11-20T23:00:00Z"))));
    }
}
