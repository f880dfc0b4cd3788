//! Registers and activates a box without a key: what a fleet needs a thousand times.

use std::time::Duration;

use protocol::{Activate, Answer, Command, Crecord, KeyIdentity, Outcome, Record, RequestId};
use uuid::Uuid;

use super::device::SimDevice;
use crate::door::Door;
use crate::error::{Failure, failed};

/// So often at most it comes back where it is told to.
const COMES_BACK: usize = 10;

/// Registers a made-up key with the back office, activates its box and returns it.
/// Told to come back, it comes back.
///
/// # Errors
///
/// PPPX does not answer, or a step is refused.
pub async fn enrol(door: &Door, identity: KeyIdentity) -> Result<SimDevice, Failure> {
    let macaddr = identity.macaddr;
    let request = Some(RequestId::from_uuid(Uuid::new_v4()));
    let record = Record { identity, label: None, request, rekey: false };
    let answer = match ask(door, Command::Crecord(Crecord::Record(Box::new(record)))).await? {
        Answer::Crecord(answer) if answer.outcome == Outcome::Ok => answer,
        answer => return Err(Failure::of(&answer)),
    };
    let now_ms = door.clock().now_ms();
    let device = answer.credential.as_ref().and_then(|credential| {
        SimDevice::of_credential(credential.expose(), macaddr, None, now_ms)
    });
    let device = device.ok_or_else(|| failed!("bad-credential", cause = "-"))?;
    let activate =
        Activate { device: Some(device.device()), code: answer.activation, ..Activate::default() };
    let activated = ask(door, Command::Activate(activate)).await?;
    match activated.outcome() {
        Outcome::Ok => Ok(device),
        _ => Err(Failure::of(&activated)),
    }
}

/// Asks until there is room: either command may be sent twice.
async fn ask(door: &Door, command: Command) -> Result<Answer, Failure> {
    for _ in 0..COMES_BACK {
        let answer = door.command(command.clone()).await?;
        match answer.retry_s() {
            Some(retry_s) if answer.outcome() == Outcome::Busy => {
                tokio::time::sleep(Duration::from_secs(retry_s.into())).await;
            }
            _ => return Ok(answer),
        }
    }
    door.command(command).await
}
