//! A simulated box: real cryptography, no radio.

use crypto::authenticator::{self, Opened};
use crypto::credential::{self, CredentialKey};
use crypto::{BoxKey, PrivateKey, aad, proof};
use protocol::{
    Answer, Auth, Authenticator, Command, CryptoField, DeviceId, Head, MacAddr, Outcome, Request,
    Time,
};
use rand::RngExt;
use rand::rngs::StdRng;

use crate::door::head_of;

/// The name that simulated boxes give themselves.
const APP: &str = "ngondo-sim";

/// A box as the back office sees it.
#[derive(Debug, Clone)]
pub struct SimDevice {
    device: DeviceId,
    macaddr: MacAddr,
    key: BoxKey,
    counter: u64,
    /// How far its clock is from the tool's, in milliseconds.
    shift_ms: i64,
}

/// One AUTH of a box, sent again as it is until it is answered.
#[derive(Debug, Clone)]
pub struct Attempt {
    /// The document.
    pub document: String,
    nonce: [u8; 12],
}

/// What a box makes of an answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// Its own back office lets it surf for so many seconds.
    Surf {
        /// Seconds that it may surf.
        lease_s: u32,
    },
    /// Its own back office shuts the gate.
    Shut(Outcome),
    /// Its clock or counter was set; it asks once more.
    AskAgain,
    /// No answer: to be asked again later, after so many seconds where it was told.
    None {
        /// Seconds that the server asks to wait.
        retry_s: Option<u32>,
    },
}

// === impl SimDevice ===

impl SimDevice {
    /// Makes a box of its credential; its counter starts from the milliseconds, as one that lost it.
    pub fn new(device: DeviceId, macaddr: MacAddr, key: BoxKey, now_ms: i64) -> Self {
        let counter = u64::try_from(now_ms).unwrap_or_default();
        Self { device, macaddr, key, counter, shift_ms: 0 }
    }

    /// Makes a box of the text of a credential, opened with the key's own private key.
    ///
    /// `None` where the text is no credential or does not open.
    pub fn of_credential(
        text: &str,
        macaddr: MacAddr,
        private: Option<&PrivateKey>,
        now_ms: i64,
    ) -> Option<Self> {
        let parsed = credential::parse(text).ok()?;
        let key = match parsed.key {
            CredentialKey::Plain(key) => key,
            CredentialKey::Rsa(sealed) => credential::open_rsa(&sealed, private?).ok()?,
        };
        Some(Self::new(DeviceId::from_bytes(parsed.device_id), macaddr, key, now_ms))
    }

    /// The box's identifier.
    pub fn device(&self) -> DeviceId {
        self.device
    }

    /// The box's macaddr.
    pub fn macaddr(&self) -> MacAddr {
        self.macaddr
    }

    /// The box key.
    pub fn key(&self) -> &BoxKey {
        &self.key
    }

    /// Makes an AUTH under the next counter.
    ///
    /// Source: protocol.md §6
    pub fn attempt(&mut self, rng: &mut StdRng, now_ms: i64) -> Attempt {
        self.counter = self.counter.saturating_add(1);
        let nonce = authenticator::box_nonce(rng.random(), self.counter);
        let now_ms = now_ms.saturating_add(self.shift_ms);
        let plain = Opened {
            macaddr: self.macaddr.octets(),
            unix_ms: u64::try_from(now_ms).unwrap_or_default(),
            counter: self.counter,
        };
        let head = head(now_ms);
        let aad = aad::auth(head.app.as_str(), head.version.as_str());
        let key = self.key.auth_key();
        let crypto = authenticator::make(*self.device.as_bytes(), nonce, &key, &plain, &aad);
        let crypto = CryptoField::Given(Authenticator::from_bytes(crypto));
        let mut document = String::new();
        Request { head, command: Command::Auth(Auth { crypto }) }.print(&mut document);
        Attempt { document, nonce }
    }

    /// Judges an answer as a box does, and sets its clock or counter where it is told to.
    ///
    /// Source: protocol.md §3 (AUTH)
    pub fn judge(&mut self, attempt: &Attempt, answer: &Answer, now_ms: i64) -> Verdict {
        let Answer::Auth(auth) = answer else {
            return Verdict::None { retry_s: answer.retry_s() };
        };
        let x = match auth.outcome {
            Outcome::Ok => auth.lease_s.map(|it| it.to_string()),
            Outcome::Stale => auth.now_ms.map(|it| it.to_string()),
            _ => None,
        };
        let proven = auth.proof.is_some_and(|given| {
            let result = auth.outcome.as_str();
            let key = self.key.proof_key();
            proof::verify(&key, result, &x.unwrap_or_default(), &attempt.nonce, given.as_bytes())
        });
        if !proven {
            return Verdict::None { retry_s: None };
        }
        match auth.outcome {
            Outcome::Ok => Verdict::Surf { lease_s: auth.lease_s.unwrap_or(60).clamp(60, 604_800) },
            Outcome::Stale => {
                self.shift_ms = auth.now_ms.unwrap_or(now_ms).saturating_sub(now_ms);
                Verdict::AskAgain
            }
            Outcome::Replayed => {
                let now = u64::try_from(now_ms.saturating_add(self.shift_ms)).unwrap_or_default();
                self.counter = self.counter.max(now);
                Verdict::AskAgain
            }
            outcome => Verdict::Shut(outcome),
        }
    }
}

/// The head of a document of a simulated box.
fn head(now_ms: i64) -> Head {
    head_of(APP, Time::from_unix_ms(now_ms))
}

#[cfg(test)]
mod tests {
    use protocol::{AuthAnswer, Proof};
    use rand::SeedableRng;

    use super::*;

    const NOW: i64 = 1_795_190_400_123;

    fn device() -> SimDevice {
        let key = BoxKey::random(&mut StdRng::seed_from_u64(1));
        let macaddr = MacAddr::from_octets([0, 1, 2, 3, 4, 5]).unwrap();
        SimDevice::new(DeviceId::from_bytes([7; 16]), macaddr, key, NOW)
    }

    fn proven(device: &SimDevice, attempt: &Attempt, mut auth: AuthAnswer) -> Answer {
        let x = auth.lease_s.map(i64::from).or(auth.now_ms);
        let x = x.map(|it| it.to_string()).unwrap_or_default();
        let result = auth.outcome.as_str();
        let made = proof::make(&device.key.proof_key(), result, &x, &attempt.nonce);
        auth.proof = Some(Proof::from_bytes(made));
        Answer::Auth(auth)
    }

    #[test]
    fn makes_what_a_server_opens() {
        let mut device = device();
        let attempt = device.attempt(&mut StdRng::seed_from_u64(2), NOW);
        let request = Request::parse(attempt.document.as_bytes()).unwrap();
        let Command::Auth(auth) = request.command else { panic!("no AUTH") };
        let crypto = auth.crypto.authenticator().unwrap();
        let aad = aad::auth(request.head.app.as_str(), request.head.version.as_str());
        let opened = authenticator::open(crypto.as_bytes(), &device.key.auth_key(), &aad).unwrap();
        assert_eq!(opened.macaddr, device.macaddr.octets());
        assert_eq!(opened.unix_ms, u64::try_from(NOW).unwrap());
        assert_eq!(opened.counter, u64::try_from(NOW).unwrap() + 1);
    }

    #[test]
    fn believes_its_own_back_office_alone() {
        let mut device = device();
        let attempt = device.attempt(&mut StdRng::seed_from_u64(2), NOW);
        let ok = AuthAnswer { lease_s: Some(14_400), ..AuthAnswer::new(Outcome::Ok) };
        let forged = Answer::Auth(ok.clone());
        assert_eq!(device.judge(&attempt, &forged, NOW), Verdict::None { retry_s: None });
        let good = proven(&device, &attempt, ok);
        assert_eq!(device.judge(&attempt, &good, NOW), Verdict::Surf { lease_s: 14_400 });
        let shut = proven(&device, &attempt, AuthAnswer::new(Outcome::Suspended));
        assert_eq!(device.judge(&attempt, &shut, NOW), Verdict::Shut(Outcome::Suspended));
    }

    #[test]
    fn sets_its_clock_and_its_counter_when_told() {
        let mut device = device();
        let mut rng = StdRng::seed_from_u64(2);
        let attempt = device.attempt(&mut rng, NOW);
        let stale = AuthAnswer { now_ms: Some(NOW + 400_000), ..AuthAnswer::new(Outcome::Stale) };
        let stale = proven(&device, &attempt, stale);
        assert_eq!(device.judge(&attempt, &stale, NOW), Verdict::AskAgain);
        assert_eq!(device.shift_ms, 400_000);
        let replayed = proven(&device, &attempt, AuthAnswer::new(Outcome::Replayed));
        assert_eq!(device.judge(&attempt, &replayed, NOW), Verdict::AskAgain);
        assert_eq!(device.counter, u64::try_from(NOW + 400_000).unwrap());
    }
}
