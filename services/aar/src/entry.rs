//! One box as AAR holds it in memory: all that an AUTH needs.

use crypto::{BoxKey, Secret32};
use jiff::civil;
use jiff::tz::TimeZone;
use protocol::{Date, MacAddr};
use store::{Device, Labels, Place};

use crate::error::Error;
use crate::filter::Filter;
use crate::judge::{Last, Standing};
use crate::vault::{Infos, Vault};
use crate::watch::Places;

/// How much of an identifier people know by heart.
pub(crate) const TAIL: usize = 4;

/// One box in memory.
#[derive(Debug)]
pub(crate) struct Entry {
    pub(crate) macaddr: MacAddr,
    pub(crate) standing: Standing,
    pub(crate) current: AuthKeys,
    pub(crate) pending: Option<Pending>,
    /// The sealed key that an AUTH made the current one, until CRYPTO knows.
    pub(crate) promoted: Option<Vec<u8>>,
    /// Whether SR still keeps a full answer about it.
    pub(crate) fresh: bool,
    pub(crate) last: Option<Last>,
    /// The last characters of its identifiers.
    pub(crate) tails: Vec<[u8; TAIL]>,
    pub(crate) labels: Labels,
    /// Where its AUTHs came from.
    pub(crate) places: Places,
    pub(crate) changed: i64,
}

/// What is derived from a box key for AUTH.
#[derive(Debug, Clone)]
pub(crate) struct AuthKeys {
    pub(crate) auth: Secret32,
    pub(crate) proof: Secret32,
}

/// A key that no AUTH used yet.
#[derive(Debug, Clone)]
pub(crate) struct Pending {
    pub(crate) keys: AuthKeys,
    pub(crate) sealed: Vec<u8>,
}

// === impl AuthKeys ===

impl From<&BoxKey> for AuthKeys {
    fn from(key: &BoxKey) -> Self {
        Self { auth: key.auth_key(), proof: key.proof_key() }
    }
}

// === impl Entry ===

impl Entry {
    /// Opens a box.
    pub(crate) fn open(device: &Device, vault: Vault<'_>, zone: &TimeZone) -> Result<Self, Error> {
        let key = vault.key(device)?;
        let infos = Infos::open(device, &key)?;
        let at = |_| Error::Sealed { column: "infos", device: device.id };
        Ok(Self {
            macaddr: infos.macaddr.parse().map_err(at)?,
            standing: standing(device, zone),
            current: AuthKeys::from(&key),
            pending: device.pending.as_ref().map(|it| pending(device, vault, it)).transpose()?,
            promoted: None,
            fresh: device.fresh,
            last: None,
            tails: tails(device, &infos, vault)?,
            labels: device.labels.clone(),
            places: Places::default(),
            changed: device.changed,
        })
    }

    /// Takes over what only memory knows from the entry that it replaces.
    pub(crate) fn replace(&mut self, old: Self) {
        self.last = newer(self.last, old.last);
        self.places = old.places;
        if let Some(promoted) = old.promoted
            && self.pending.as_ref().is_some_and(|pending| pending.sealed == promoted)
        {
            self.promote();
        }
        // CRYPTO has not learned yet of the first good AUTH under this key.
        if !old.fresh && self.pending.is_none() && self.current.auth == old.current.auth {
            self.fresh = false;
        }
    }

    /// Whether it is one of those that are meant.
    pub(crate) fn is_taken_by(&self, filter: &Filter) -> bool {
        filter.takes(self.standing, &self.labels, self.last)
    }

    /// Makes the pending key the current one.
    pub(crate) fn promote(&mut self) {
        if let Some(Pending { keys, sealed }) = self.pending.take() {
            self.current = keys;
            self.promoted = Some(sealed);
        }
    }
}

/// The later of two last AUTHs: the greater counter wins.
pub(crate) fn newer(one: Option<Last>, other: Option<Last>) -> Option<Last> {
    match (one, other) {
        (Some(one), Some(other)) if one.counter < other.counter => Some(other),
        (None, other) => other,
        (one, _) => one,
    }
}

/// What a box may do, as its row says it in the clear.
pub(crate) fn standing(device: &Device, zone: &TimeZone) -> Standing {
    let ends_ms = device.until.and_then(|until| ends_ms(until, zone));
    Standing { state: device.state, ends_ms }
}

fn pending(device: &Device, vault: Vault<'_>, sealed: &[u8]) -> Result<Pending, Error> {
    let keys = AuthKeys::from(&vault.pending(device.id, sealed)?);
    Ok(Pending { keys, sealed: sealed.to_vec() })
}

fn tails(device: &Device, infos: &Infos, vault: Vault<'_>) -> Result<Vec<[u8; TAIL]>, Error> {
    let msisdn = device.msisdn.as_deref();
    let msisdn = msisdn.map(|it| vault.text(&Place::Msisdn.of(device.id), it)).transpose()?;
    let macaddr = Some(infos.macaddr.replace(':', ""));
    let all = [&macaddr, &infos.imei, &infos.serial, &infos.imsi, &infos.iccid, &msisdn];
    Ok(all.into_iter().flatten().filter_map(|text| tail(text)).collect())
}

/// The last characters of an identifier, in capitals.
pub(crate) fn tail(text: &str) -> Option<[u8; TAIL]> {
    text.as_bytes().last_chunk::<TAIL>().map(|it| it.map(|byte| byte.to_ascii_uppercase()))
}

/// The first moment after a day in a zone; `None` after the last day of the calendar.
pub(crate) fn ends_ms(until: Date, zone: &TimeZone) -> Option<i64> {
    let year = i16::try_from(until.year()).ok()?;
    let (month, day) = (i8::try_from(until.month()).ok()?, i8::try_from(until.day()).ok()?);
    let next = civil::Date::new(year, month, day).ok()?.tomorrow().ok()?;
    Some(next.to_zoned(zone.clone()).ok()?.timestamp().as_millisecond())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ends(until: &str, zone: &str) -> Option<i64> {
        ends_ms(until.parse().unwrap(), &TimeZone::get(zone).unwrap())
    }

    #[test]
    fn a_day_ends_at_midnight_of_its_zone() {
        // 2026-11-20T23:00:00Z is midnight in Douala.
        assert_eq!(ends("2026-11-20", "Africa/Douala"), Some(1_795_215_600_000));
        assert_eq!(ends("2026-11-20", "UTC"), Some(1_795_219_200_000));
    }

    #[test]
    fn the_last_day_of_the_calendar_does_not_end() {
        assert_eq!(ends("9999-12-31", "UTC"), None);
    }

    #[test]
    fn a_tail_is_four_characters_whatever_their_case() {
        assert_eq!(tail("G4pdw166a3b7"), Some(*b"A3B7"));
        assert_eq!(tail("abc"), None);
    }
}
