//! Registers a 4G key: asks it who it is, inscribes it, hands it its credential.
//!
//! Any answer may be lost on the way; the same request, and then a proof of the same box key, make
//! it safe to say all of it again.
//!
//! Source: protocol.md §3 (CRECORD)

use crypto::credential::{self, CredentialKey};
use protocol::{
    ActivationCode, Answer, Command, Crecord, CrecordAnswer, Credential, DeviceId, KeyIdentity,
    Label, Outcome, PeerAddr, Proof, Provision, Record,
};

use crate::door::Door;
use crate::error::{Failure, failed};
use crate::journal::{Begun, Journal};
use crate::said;
use crate::text::cause;

/// How often each of the three parts is said before the tool gives up.
const TRIES: u32 = 5;

/// What a registration needs.
#[derive(Debug)]
pub struct Recorder<'a> {
    /// The way to PPPX.
    pub door: &'a Door,
    /// The way to the key, which answers itself.
    pub key_door: &'a Door,
    /// Where the request is kept until the key has its credential.
    pub journal: &'a Journal,
}

/// One step of a registration that has been taken.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Step {
    /// The key said who it is.
    Asked(Box<KeyIdentity>),
    /// The back office has the key.
    Recorded {
        /// The box that it became.
        device: DeviceId,
        /// Whether an answer was lost and the same request was sent again.
        again: bool,
    },
    /// The key has its credential.
    Provisioned {
        /// Whether the credential travelled in the clear.
        in_clear: bool,
    },
}

/// A key that was registered and provisioned.
#[derive(Debug, Clone)]
pub struct Recorded {
    /// Who it is.
    pub identity: KeyIdentity,
    /// The box that it became.
    pub device: DeviceId,
    /// The code that activates the box.
    pub activation: Option<ActivationCode>,
    /// Whether the credential travelled in the clear, since the key gave no public key.
    pub in_clear: bool,
}

// === impl Recorder ===

impl Recorder<'_> {
    /// Registers the key at an address; tells `taken` of each step.
    ///
    /// # Errors
    ///
    /// The key or PPPX does not answer, or refuses; the text says what is left to do.
    pub async fn record(
        &self,
        key: &PeerAddr,
        label: Option<Label>,
        taken: &mut (dyn FnMut(&Step) + Send),
    ) -> Result<Recorded, Failure> {
        let identity = self.ask(key).await?;
        taken(&Step::Asked(Box::new(identity.clone())));
        let begun = self.journal.begin("record", &subject(&identity))?;
        let answer = self.inscribe(&identity, label, &begun).await?;
        let (device, credential) = match parts(&answer) {
            Ok(parts) => parts,
            Err(failure) => {
                begun.done()?;
                return Err(failure);
            }
        };
        taken(&Step::Recorded { device, again: begun.again });
        let in_clear = self.provision(key, device, &credential, &begun).await?;
        taken(&Step::Provisioned { in_clear });
        begun.done()?;
        Ok(Recorded { identity, device, activation: answer.activation, in_clear })
    }

    async fn ask(&self, key: &PeerAddr) -> Result<KeyIdentity, Failure> {
        let command = Command::Crecord(Crecord::Ask);
        match patiently(|| self.key_door.command_to(key, command.clone()))
            .await
            .map_err(|failure| of_key(key, failure))?
        {
            Answer::Key(identity) => Ok(*identity),
            answer => {
                Err(failed!("key-refuses", addr = key.as_str(), result = answer.outcome().as_str()))
            }
        }
    }

    async fn inscribe(
        &self,
        identity: &KeyIdentity,
        label: Option<Label>,
        begun: &Begun,
    ) -> Result<CrecordAnswer, Failure> {
        let record = Record {
            identity: identity.clone(),
            label,
            request: Some(begun.request),
            rekey: false,
        };
        let command = Command::Crecord(Crecord::Record(Box::new(record)));
        match patiently(|| self.door.command(command.clone())).await? {
            Answer::Crecord(answer) => Ok(answer),
            answer => Err(Failure::of(&answer)),
        }
    }

    /// Hands the key its credential and says whether it was in the clear.
    ///
    /// A key that took it and whose answer was lost answers `FORBIDDEN` to the same again, unless
    /// it is shown that the tool knows the box key that it holds.
    async fn provision(
        &self,
        key: &PeerAddr,
        device: DeviceId,
        credential: &Credential,
        begun: &Begun,
    ) -> Result<bool, Failure> {
        let parsed = credential::parse(credential.expose())
            .map_err(|error| failed!("bad-credential", cause = cause::any(&error)))?;
        let proof = match &parsed.key {
            CredentialKey::Plain(box_key) => {
                let key = box_key.provision_key();
                Some(Proof::from_bytes(credential::provision_proof(&key, credential.expose())))
            }
            CredentialKey::Rsa(_) => None,
        };
        let provision = Provision {
            device,
            credential: credential.clone(),
            pppx: Some(self.door.pppx()),
            ca: None,
            proof,
        };
        let mut lost = begun.handed_on;
        begun.hand_on()?;
        for turn in 1..=TRIES {
            let command = Command::Provision(provision.clone());
            match self.key_door.command_to(key, command).await {
                Ok(answer) if answer.outcome() == Outcome::Ok => return Ok(proof.is_some()),
                // An encrypted credential has no proof that the tool could make. The key took what
                // was sent before, since nobody else knows this request.
                Ok(answer) if answer.outcome() == Outcome::Forbidden && lost && proof.is_none() => {
                    return Ok(false);
                }
                Ok(answer) => {
                    let result = answer.outcome().as_str();
                    return Err(failed!("key-keeps-old", addr = key.as_str(), result = result));
                }
                Err(failure) if turn == TRIES => return Err(of_key(key, failure)),
                Err(_) => lost = true,
            }
        }
        Err(failed!("key-keeps-old", addr = key.as_str(), result = "-"))
    }
}

/// Says of a key, not of a server, that it does not answer.
fn of_key(key: &PeerAddr, failure: Failure) -> Failure {
    match failure.key() {
        "unreachable" => failure.worded(said!("key-unreachable", addr = key.as_str())),
        "strange-answer" => failure.worded(said!("key-strange", addr = key.as_str())),
        _ => failure,
    }
}

/// Says the same again where no answer came.
async fn patiently<F>(mut say: impl FnMut() -> F) -> Result<Answer, Failure>
where
    F: Future<Output = Result<Answer, Failure>>,
{
    let mut turn = 1;
    loop {
        match say().await {
            Err(failure) if turn < TRIES && failure.key() == "answer-lost" => turn += 1,
            result => return result,
        }
    }
}

/// What the request is kept under: who the key is.
fn subject(identity: &KeyIdentity) -> String {
    let imei = identity.imei.as_ref().map(|it| it.as_str().to_owned()).unwrap_or_default();
    let serial = identity.serial.as_ref().map(|it| it.as_str().to_owned()).unwrap_or_default();
    format!("{} {imei} {serial}", identity.macaddr)
}

/// The box and its credential, where the answer has them.
fn parts(answer: &CrecordAnswer) -> Result<(DeviceId, Credential), Failure> {
    match (answer.outcome, answer.device, &answer.credential) {
        (Outcome::Ok | Outcome::AlreadyRecorded, Some(device), Some(credential)) => {
            Ok((device, credential.clone()))
        }
        (Outcome::AlreadyRecorded | Outcome::Ok, device, _) => Err(failed!(
            "already-recorded",
            device = device.map_or_else(|| "?".to_owned(), |it| it.to_string())
        )),
        (outcome, _, _) => Err(Failure::refused(outcome, None, None)),
    }
}
