//! `boxes rekey`: a new key for a box whose 4G key is on the bench.

use protocol::{Answer, Command, Credential, Outcome, PeerAddr, Proof, Provision};
use serde_json::{Value, json};

use super::{about, done};
use crate::cli::RekeyArgs;
use crate::door::Door;
use crate::error::{Failure, failed, misused};
use crate::said;
use crate::text::cause;
use crate::verbs::Run;

/// Makes a new key, and hands it to the 4G key on the bench.
///
/// The request is kept until the 4G key has it: run again, the same new key is handed on.
pub(super) async fn run(run: &Run<'_>, args: RekeyArgs) -> Result<(), Failure> {
    let settings = run.settings()?;
    let Some(key) = args.key.or(settings.key) else {
        return Err(misused!("key-nowhere"));
    };
    let device = args.which.device;
    let begun = run.journal()?.begin("box-rekey", &device.to_string())?;
    let mut body = json!({ "request": begun.request.to_string(), "box": device.to_string() });
    if let (Some(members), Some(reason)) = (body.as_object_mut(), args.reason) {
        members.insert("reason".to_owned(), reason.into());
    }
    let door = run.door()?;
    let answered = door.manage("/v1/boxes/rekey", &body).await.and_then(done);
    let answer = match answered {
        Ok(answer) => answer,
        Err(failure) if failure.outcome().is_some() => {
            begun.done()?;
            return Err(about(device, failure));
        }
        Err(failure) => return Err(failure),
    };
    let key_door = Door::to_key(run.clock.clone());
    let (credential, proof) = parts(&answer)?;
    let pppx = Some(door.pppx());
    let provision = Provision { device, credential, pppx, ca: None, proof: Some(proof) };
    hand(&key_door, &key, provision).await?;
    begun.done()?;
    run.out.say(&said!("box-rekeyed", device = device.to_string()));
    run.out.json(&json!({ "result": "OK", "box": device.to_string() }));
    Ok(())
}

fn parts(answer: &Value) -> Result<(Credential, Proof), Failure> {
    let text = |name: &str| answer.get(name).and_then(Value::as_str).unwrap_or_default();
    let bad = |error: &protocol::FormError| failed!("bad-credential", cause = cause::any(error));
    let credential = text("credential").parse().map_err(|error| bad(&error))?;
    Ok((credential, text("proof").parse().map_err(|error| bad(&error))?))
}

async fn hand(door: &Door, key: &PeerAddr, provision: Provision) -> Result<(), Failure> {
    let answer: Answer = door.command_to(key, Command::Provision(provision)).await?;
    match answer.outcome() {
        Outcome::Ok => Ok(()),
        outcome => Err(failed!("key-keeps-old", addr = key.as_str(), result = outcome.as_str())),
    }
}
