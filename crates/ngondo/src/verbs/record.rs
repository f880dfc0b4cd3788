//! `record`: a key on the bench becomes a box.

use protocol::KeyIdentity;
use serde_json::json;

use super::Run;
use super::fields::name_of;
use crate::cli::RecordArgs;
use crate::door::Door;
use crate::error::{Failure, misused};
use crate::out::Out;
use crate::record::{Recorder, Step};
use crate::said;

/// Registers the key on the bench, with a checklist of what was done.
pub(super) async fn run(run: &Run<'_>, args: RecordArgs) -> Result<(), Failure> {
    let settings = run.settings()?;
    let Some(key) = args.key.or(settings.key) else {
        return Err(misused!("key-nowhere"));
    };
    let door = run.door()?;
    let key_door = Door::to_key(run.clock.clone());
    let journal = run.journal()?;
    let recorder = Recorder { door: &door, key_door: &key_door, journal: &journal };
    let mut taken = |step: &Step| checked(run.out, step);
    let made = recorder.record(&key, args.label, &mut taken).await?;
    let activation = made.activation.as_ref();
    run.out.say(&said!("record-box", device = made.device.to_string()));
    if let Some(code) = activation {
        run.out.say(&said!("record-activation", code = code.grouped()));
    }
    if made.in_clear {
        run.out.warn(&said!("record-in-clear"));
    }
    run.out.json(&json!({
        "result": "OK",
        "box": made.device.to_string(),
        "activation": activation.map(protocol::ActivationCode::digits),
        "in_clear": made.in_clear,
        "macaddr": made.identity.macaddr.to_string(),
    }));
    Ok(())
}

/// One line of the checklist.
fn checked(out: &Out, step: &Step) {
    match step {
        Step::Asked(identity) => {
            out.say(&said!("record-asked"));
            details(out, identity);
        }
        Step::Recorded { device, again } => {
            if *again {
                out.warn(&said!("asked-again"));
            }
            out.say(&said!("record-recorded", device = device.to_string()));
        }
        Step::Provisioned { .. } => out.say(&said!("record-provisioned")),
    }
}

/// What was read of the key, and what is missing.
fn details(out: &Out, identity: &KeyIdentity) {
    let line = |name: &str, value: Option<String>| match value {
        Some(value) => out.line(&format!("  [x] {:<16}  {value}", name_of(name, out.words()))),
        None => out.line(&format!("  [ ] {}", name_of(name, out.words()))),
    };
    line("macaddr", Some(identity.macaddr.to_string()));
    line("imei", identity.imei.map(|it| it.to_string()));
    line("serial", identity.serial.map(|it| it.to_string()));
    line("imsi", identity.imsi.map(|it| it.to_string()));
    line("iccid", identity.iccid.map(|it| it.to_string()));
    line("model", identity.model.as_ref().map(|it| it.as_str().to_owned()));
    line("fw", identity.fw.as_ref().map(|it| it.as_str().to_owned()));
    line("pubkey", identity.pubkey.as_ref().map(|_| "RSA".to_owned()));
    if identity.imei.is_some_and(|imei| !imei.luhn_ok()) {
        out.warn(&said!("record-imei-luhn"));
    }
    if identity.imei.is_none() || identity.serial.is_none() {
        out.warn(&said!("record-incomplete"));
    }
}
