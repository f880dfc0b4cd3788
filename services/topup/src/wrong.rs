//! What a wrong code is answered.

use protocol::{Answer, Outcome, Refused, Verb};
use rand::RngExt as _;
use store::{CROWD_WAIT_S, Store, Subject, Told};

use crate::error::Error;

/// Counts a wrong code, and answers its sender.
pub(crate) async fn wrong_code(
    store: &Store,
    subject: &Subject,
    verb: Verb,
    now_ms: i64,
) -> Result<Answer, Error> {
    let drawn_s = rand::rng().random_range(1..=CROWD_WAIT_S);
    let told = store.wrong_code(subject, now_ms, drawn_s).await?;
    Ok(match told {
        Told::Unknown => refused(verb, Outcome::CodeUnknown, "code: not known").into(),
        Told::Wait { seconds } => {
            let reason = "code: too many wrong ones, wait";
            refused(verb, Outcome::SlowDown, reason).retry(seconds).into()
        }
    })
}

fn refused(verb: Verb, outcome: Outcome, reason: &'static str) -> Refused {
    Refused::new(Some(verb), outcome).because(reason)
}
