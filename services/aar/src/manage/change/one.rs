//! What becomes of one box, inside the transaction.

use crypto::random;
use protocol::{DeviceId, Outcome, Right};
use serde_json::{Value, json};
use store::{Act, Device, Gone, State};

use super::{Put, Work};
use crate::error::Error;
use crate::find::Named;
use crate::manage::wish::{Ask, Move, Relabel, Target, Wish};
use crate::transition::{Reason, Refusal, next};

/// What became of one box.
#[derive(Debug)]
pub(in crate::manage) enum Verdict {
    Done(Changed),
    Refused(Outcome, String),
    NoSuchBox,
    SeveralBoxes,
    /// Who asks may not.
    Forbidden(&'static str),
    /// Somebody else was quicker.
    Conflict(String),
    Malformed(String),
}

/// A box that is as it was wanted.
#[derive(Debug)]
pub(in crate::manage) struct Changed {
    pub(in crate::manage) device: DeviceId,
    /// Its state; none where it is no more.
    pub(in crate::manage) state: Option<State>,
    /// Whether it was so before.
    pub(in crate::manage) unchanged: bool,
}

// === impl Work ===

impl Work<'_> {
    /// Finds one box and does with it what is asked.
    pub(in crate::manage) async fn one(
        &mut self,
        ask: &Ask,
        target: Target,
    ) -> Result<Verdict, Error> {
        let found = target.named.lock(&mut self.tx, self.desk.vault()).await?;
        let device = match <[Device; 1]>::try_from(found) {
            Ok([device]) => device,
            Err(none) if none.is_empty() => return self.gone_before(ask, target.named).await,
            Err(_) => return Ok(Verdict::SeveralBoxes),
        };
        let request = ask.request.uuid();
        if let Some(event) = self.tx.event_by_request(device.id, request).await? {
            let other = || Verdict::Malformed("request: known with another verb".to_owned());
            let same = Some(event.act) == ask.wish.act();
            return Ok(if same { Verdict::done(&device) } else { other() });
        }
        if target.was.is_some_and(|was| was != device.state) {
            return Ok(Verdict::Conflict(format!("was: the box is {}", device.state)));
        }
        match &ask.wish {
            Wish::State(act) => self.state(ask, device, *act).await,
            Wish::Until(until) => {
                let detail = json!({ "until": [text(device.until), text(*until)] });
                let after = Device { until: *until, ..device.clone() };
                self.write(ask, (device, after), Act::Until, detail).await
            }
            Wish::Tag(relabel) => self.relabel(ask, device, relabel).await,
            Wish::Delete => self.delete(ask, &device).await,
        }
    }

    async fn state(&mut self, ask: &Ask, device: Device, act: Act) -> Result<Verdict, Error> {
        let reason = if ask.why.is_some() { Reason::Given } else { Reason::Missing };
        match next(device.state, act, reason) {
            Ok(_) if takes_back(&device, act) && !ask.asker.rights.has(Right::Admin) => {
                let reason = "to take a box back that is retired or stolen needs the right admin";
                Ok(Verdict::Forbidden(reason))
            }
            Ok(state) => {
                let detail = json!({ "state": [device.state.as_str(), state.as_str()] });
                let after = Device { state, ..device.clone() };
                self.write(ask, (device, after), act, detail).await
            }
            Err(Refusal::NoReason) => Ok(Verdict::Malformed("reason: missing".to_owned())),
            Err(Refusal::State(outcome)) => {
                Ok(Verdict::Refused(outcome, format!("the box is {}", device.state)))
            }
        }
    }

    async fn relabel(
        &mut self,
        ask: &Ask,
        device: Device,
        relabel: &Relabel,
    ) -> Result<Verdict, Error> {
        let mut labels = device.labels.clone();
        for tag in &relabel.remove {
            labels.remove(*tag);
        }
        if !relabel.add.iter().all(|tag| labels.add(*tag)) {
            return Ok(Verdict::Malformed("add: the box has no room for more tags".to_owned()));
        }
        if let Move::To(group) = relabel.group {
            labels.group = group;
        }
        let words = |tags: &[protocol::DeviceTag]| tags.iter().map(ToString::to_string).collect();
        let (add, remove): (Vec<_>, Vec<_>) = (words(&relabel.add), words(&relabel.remove));
        let detail = json!({ "add": add, "remove": remove, "group": text(labels.group) });
        let after = Device { labels, ..device.clone() };
        self.write(ask, (device, after), Act::Tag, detail).await
    }

    /// Writes a box that changed, and what was done to it.
    pub(in crate::manage) async fn write(
        &mut self,
        ask: &Ask,
        (before, mut after): (Device, Device),
        act: Act,
        detail: Value,
    ) -> Result<Verdict, Error> {
        if after == before {
            return Ok(Verdict::Done(Changed { unchanged: true, ..Changed::of(&after) }));
        }
        let mut rng = random::system();
        let event = self.desk.event(&after, act, ask.asker.who(), &mut rng);
        let request = Some(ask.request.uuid());
        let event = self.desk.because(event, request, ask.why.as_deref(), &mut rng)?;
        if matches!(after.state, State::Retired | State::Stolen) {
            // Nobody gets a credential for it any more.
            self.tx.end_answers(after.id).await?;
        }
        self.tx.update_device(&mut after).await?;
        self.tx.add_event(&event).await?;
        let done = Verdict::done(&after);
        self.note(ask, subject(after.id), &detail, Put::Device(Box::new(after)))?;
        Ok(done)
    }

    async fn delete(&mut self, ask: &Ask, device: &Device) -> Result<Verdict, Error> {
        if !matches!(device.state, State::Registered | State::Retired) {
            let reason = format!("box: it is {}, retire it first", device.state);
            return Ok(Verdict::Conflict(reason));
        }
        let (request, at_ms) = (ask.request.uuid(), self.desk.now_ms);
        let mut gone = Gone { device: device.id, request, at_ms, changed: 0 };
        self.tx.delete_device(&mut gone).await?;
        let detail = json!({ "state": [device.state.as_str(), Value::Null] });
        self.note(ask, subject(device.id), &detail, Put::Gone(gone))?;
        Ok(Verdict::Done(Changed { device: device.id, state: None, unchanged: false }))
    }

    /// A box that is not there: this very request may have deleted it before.
    async fn gone_before(&mut self, ask: &Ask, named: Named) -> Result<Verdict, Error> {
        if ask.wish != Wish::Delete {
            return Ok(Verdict::NoSuchBox);
        }
        let request = ask.request.uuid();
        let gone = match named {
            Named::Device(device) => self.tx.gone(device).await?.filter(|it| it.request == request),
            // Nothing tells any more what else it was called: the request must have deleted it alone.
            _ => match self.tx.gone_by_request(request).await?.as_slice() {
                [gone] => Some(*gone),
                _ => None,
            },
        };
        let done = |gone: Gone| {
            Verdict::Done(Changed { device: gone.device, state: None, unchanged: false })
        };
        Ok(gone.map_or(Verdict::NoSuchBox, done))
    }
}

// === impl Verdict ===

impl Verdict {
    pub(in crate::manage) fn done(device: &Device) -> Self {
        Self::Done(Changed::of(device))
    }
}

// === impl Changed ===

impl Changed {
    fn of(device: &Device) -> Self {
        Self { device: device.id, state: Some(device.state), unchanged: false }
    }
}

/// Whether a box that is out of service for good comes back.
fn takes_back(device: &Device, act: Act) -> bool {
    matches!(device.state, State::Retired | State::Stolen) && act == Act::Suspend
}

/// What the audit log calls a box.
fn subject(device: DeviceId) -> String {
    format!("box/{device}")
}

fn text(value: Option<impl ToString>) -> Option<String> {
    value.map(|it| it.to_string())
}
