//! `suspend`, `resume`, `retire` and `stolen`: a box changes its state.

use chassis::Managed;
use crypto::random;
use protocol::{Outcome, RequestId, Right, Rights};
use serde_json::json;
use store::{Act, Device, State, Tx};
use uuid::Uuid;

use crate::desk::{Asker, Desk};
use crate::error::Error;
use crate::find::Named;
use crate::manage::fields::Fields;
use crate::manage::{Done, Malformed, no_such_box, refused, several_boxes};
use crate::transition::{Reason, Refusal, next};

/// The longest reason, in characters.
const WHY_MAX: usize = 200;

/// What is asked.
#[derive(Debug)]
struct Ask {
    request: Uuid,
    named: Named,
    why: Option<String>,
}

/// Changes the state of one box:
/// `{"request", "box" | "imei" | "serial" | "macaddr", "reason"?}`.
///
/// The same request changes nothing again, whatever happened since.
pub(crate) async fn change(
    desk: &Desk<'_>,
    body: &[u8],
    act: Act,
    (asker, rights): (Asker, Rights),
) -> Done {
    let ask = match Ask::read(body) {
        Ok(ask) => ask,
        Err(malformed) => return Ok(Err(malformed)),
    };
    let mut tx = desk.store.begin().await?;
    let device = match <[Device; 1]>::try_from(ask.named.lock(&mut tx, desk.vault()).await?) {
        Ok([device]) => device,
        Err(none) if none.is_empty() => return Ok(Ok(no_such_box())),
        Err(_) => return Ok(Ok(several_boxes())),
    };
    match tx.event_by_request(device.id, ask.request).await? {
        Some(event) if event.act == act => return Ok(Ok(done(&device))),
        Some(_) => return Ok(Err(Malformed("request: known with another verb".to_owned()))),
        None => {}
    }
    let reason = if ask.why.is_some() { Reason::Given } else { Reason::Missing };
    match next(device.state, act, reason) {
        Ok(_) if is_shut(device.state) && act == Act::Suspend && !rights.has(Right::Admin) => {
            let reason = "to take a box back that is retired or stolen needs the right admin";
            Ok(Ok(Managed::problem(Outcome::Forbidden, reason)))
        }
        Ok(state) if state == device.state => Ok(Ok(done(&device))),
        Ok(state) => write(desk, tx, Device { state, ..device }, (act, &ask, asker)).await.map(Ok),
        Err(Refusal::NoReason) => Ok(Err(Malformed("reason: missing".to_owned()))),
        Err(Refusal::State(outcome)) => {
            Ok(Ok(refused(outcome, &format!("the box is {}", device.state))))
        }
    }
}

// === impl Ask ===

impl Ask {
    fn read(body: &[u8]) -> Result<Self, Malformed> {
        let known = ["request", "box", "imei", "serial", "macaddr", "reason"];
        let fields = Fields::read(body, &known)?;
        let request: RequestId = fields.need("request")?;
        let why = fields.text("reason")?.map(str::trim).filter(|it| !it.is_empty());
        if why.is_some_and(|it| WHY_MAX < it.chars().count() || it.chars().any(char::is_control)) {
            return Err(Malformed(format!("reason: it is not one line of {WHY_MAX} characters")));
        }
        let why = why.map(ToOwned::to_owned);
        Ok(Self { request: request.uuid(), named: fields.named()?, why })
    }
}

async fn write(
    desk: &Desk<'_>,
    mut tx: Tx,
    mut device: Device,
    (act, ask, asker): (Act, &Ask, Asker),
) -> Result<Managed, Error> {
    let mut rng = random::system();
    let event = desk.event(&device, act, asker.who(), &mut rng);
    let event = desk.because(event, Some(ask.request), ask.why.as_deref(), &mut rng)?;
    if is_shut(device.state) {
        // Nobody gets a credential for it any more.
        tx.end_answers(device.id).await?;
    }
    tx.update_device(&mut device).await?;
    tx.add_event(&event).await?;
    tx.commit().await?;
    desk.put(&device);
    Ok(done(&device))
}

/// Whether a box is out of service for good, unless somebody takes it back.
fn is_shut(state: State) -> bool {
    matches!(state, State::Retired | State::Stolen)
}

fn done(device: &Device) -> Managed {
    let shown = json!({
        "result": Outcome::Ok.as_str(),
        "box": device.id.to_string(),
        "state": device.state.as_str(),
    });
    let mut managed = Managed::json(Outcome::Ok, shown);
    managed.note.device = Some(device.id);
    managed
}
