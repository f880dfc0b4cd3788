//! What becomes of a record, once it is known who is there already: no database, no key.

use protocol::{DeviceId, Outcome};
use store::{Device, Keyed, State};

use crate::identity::Identity;

/// What becomes of a record.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Verdict {
    /// Nobody is there: it is recorded.
    New,
    /// It is there.
    Known(Box<Device>),
    /// It may not be recorded.
    Refused(Refusal),
    /// It may not be recorded: it says that it is this box, and is not.
    Claims(Refusal, DeviceId),
}

/// Why a key may not be recorded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Refusal {
    /// The macaddr does not tell keys apart.
    MacNotUnique,
    /// The imei was recorded with another real serial: a changed key.
    SerialDiffers,
    /// It was retired.
    Retired,
    /// It was reported stolen.
    Stolen,
}

// === impl Refusal ===

impl Refusal {
    pub(crate) fn outcome(self) -> Outcome {
        match self {
            Self::MacNotUnique => Outcome::MacNotUnique,
            Self::SerialDiffers => Outcome::Forbidden,
            Self::Retired => Outcome::Retired,
            Self::Stolen => Outcome::Stolen,
        }
    }

    pub(crate) fn reason(self) -> &'static str {
        match self {
            Self::MacNotUnique => "macaddr: it does not tell this key from others, send the imei",
            Self::SerialDiffers => "serial: this imei is recorded with another one",
            Self::Retired => "this key is retired",
            Self::Stolen => "this key is reported stolen",
        }
    }

    /// What the report keeps where the result does not tell.
    pub(crate) fn cause(self) -> Option<&'static str> {
        matches!(self, Self::SerialDiffers).then_some("SERIAL_DIFFERS")
    }
}

/// Judges a record.
///
/// `found` are the boxes of its imei, or without one those of its macaddr; `serials` are the
/// indexes of its serial under every key.
///
/// Source: protocol.md §3 (CRECORD)
pub(crate) fn judge(identity: &Identity, found: Vec<Device>, serials: &[Keyed]) -> Verdict {
    if identity.is_made_up() {
        return Verdict::Refused(Refusal::MacNotUnique);
    }
    let differs = found.iter().find(|device| differs(device, serials));
    if let Some(device) = differs {
        let refusal = match identity.imei {
            Some(_) => Refusal::SerialDiffers,
            None => Refusal::MacNotUnique,
        };
        return Verdict::Claims(refusal, device.id);
    }
    let another = found.iter().find(|device| identity.imei.is_none() && device.imei.is_some());
    if let Some(device) = another {
        return Verdict::Claims(Refusal::MacNotUnique, device.id);
    }
    let Some(device) = found.into_iter().next() else { return Verdict::New };
    match device.state {
        State::Retired => Verdict::Refused(Refusal::Retired),
        State::Stolen => Verdict::Refused(Refusal::Stolen),
        State::Registered | State::Active | State::Suspended => Verdict::Known(Box::new(device)),
    }
}

/// Whether both have a real serial, and not the same.
fn differs(device: &Device, serials: &[Keyed]) -> bool {
    match device.serial {
        Some(kept) => !serials.is_empty() && !serials.iter().any(|it| it.digest == kept.digest),
        None => false,
    }
}

#[cfg(test)]
mod tests {
    use protocol::KeyIdentity;
    use store::Labels;

    use super::*;

    fn keyed(n: u8) -> Keyed {
        Keyed { key: [0; 4], digest: [n; 32] }
    }

    fn device(imei: Option<u8>, serial: Option<u8>) -> Device {
        Device {
            id: DeviceId::from_bytes([1; 16]),
            state: State::Active,
            mac: keyed(1),
            imei: imei.map(keyed),
            serial: serial.map(keyed),
            key: Vec::new(),
            pending: None,
            infos: Vec::new(),
            pubkey: None,
            subscriber: None,
            msisdn: None,
            activation_index: keyed(0),
            activation: None,
            until: None,
            labels: Labels::default(),
            replaces: None,
            fresh: true,
            created_ms: 0,
            changed: 1,
        }
    }

    fn by_imei() -> Identity {
        Identity { imei: Some("861821032479591".parse().unwrap()), ..by_macaddr() }
    }

    fn by_macaddr() -> Identity {
        Identity::of(&KeyIdentity::new("a8:bb:cc:dd:ee:0f".parse().unwrap()))
    }

    fn known(device: Device) -> Verdict {
        Verdict::Known(Box::new(device))
    }

    #[test]
    fn a_key_that_nobody_knows_is_new() {
        assert_eq!(judge(&by_imei(), vec![], &[]), Verdict::New);
        assert_eq!(judge(&by_macaddr(), vec![], &[keyed(2)]), Verdict::New);
    }

    #[test]
    fn the_same_imei_and_serial_is_the_same_key() {
        let kept = device(Some(1), Some(2));
        let under_both_keys = [keyed(9), keyed(2)];
        assert_eq!(judge(&by_imei(), vec![kept.clone()], &under_both_keys), known(kept));
    }

    #[test]
    fn a_serial_that_one_side_lacks_changes_nothing() {
        for (kept, told) in
            [(device(Some(1), None), vec![keyed(2)]), (device(Some(1), Some(2)), vec![])]
        {
            assert_eq!(judge(&by_imei(), vec![kept.clone()], &told), known(kept));
        }
    }

    #[test]
    fn refuses_the_same_imei_with_another_serial() {
        let verdict = judge(&by_imei(), vec![device(Some(1), Some(2))], &[keyed(3)]);
        let id = DeviceId::from_bytes([1; 16]);
        assert_eq!(verdict, Verdict::Claims(Refusal::SerialDiffers, id));
        assert_eq!(Refusal::SerialDiffers.outcome(), Outcome::Forbidden);
    }

    #[test]
    fn refuses_a_macaddr_recorded_for_another_identity() {
        for kept in [device(Some(1), None), device(None, Some(2))] {
            let verdict = judge(&by_macaddr(), vec![kept], &[keyed(3)]);
            let id = DeviceId::from_bytes([1; 16]);
            assert_eq!(verdict, Verdict::Claims(Refusal::MacNotUnique, id));
        }
    }

    #[test]
    fn a_macaddr_of_its_own_is_an_identity() {
        let kept = device(None, None);
        assert_eq!(judge(&by_macaddr(), vec![kept.clone()], &[]), known(kept));
    }

    #[test]
    fn a_made_up_macaddr_is_refused_whoever_is_there() {
        let macaddr = "02:00:00:00:00:01".parse().unwrap();
        let identity = Identity { macaddr, ..by_macaddr() };
        let verdict = judge(&identity, vec![], &[]);
        assert_eq!(verdict, Verdict::Refused(Refusal::MacNotUnique));
    }

    #[test]
    fn a_stolen_or_retired_key_gets_that_state() {
        for (state, refusal) in
            [(State::Stolen, Refusal::Stolen), (State::Retired, Refusal::Retired)]
        {
            let kept = Device { state, ..device(Some(1), None) };
            assert_eq!(judge(&by_imei(), vec![kept], &[]), Verdict::Refused(refusal));
        }
    }
}
