//! What a wrong code is answered.

use protocol::{Answer, Outcome, Refused, Verb};
use rand::RngExt as _;
use store::{Store, Subject, Wrong};

use crate::error::Error;

/// Wrong codes of everybody in a minute, above which somebody is guessing.
///
/// Source: protocol.md §5 (Codes)
const CROWD: i64 = 200;

/// The longest that anonymous clients wait for the crowd, in seconds.
const CROWD_WAIT_S: u32 = 60;

/// What a wrong code is answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Told {
    /// It is not known.
    Unknown,
    /// Its sender has to wait so long.
    Wait {
        /// Seconds.
        seconds: u32,
    },
}

// === impl Told ===

impl Told {
    pub(crate) fn answer(self, verb: Verb) -> Answer {
        match self {
            Self::Unknown => refused(verb, Outcome::CodeUnknown, "code: not known").into(),
            Self::Wait { seconds } => {
                let reason = "code: too many wrong ones, wait";
                refused(verb, Outcome::SlowDown, reason).retry(seconds).into()
            }
        }
    }
}

/// Counts a wrong code, and says what its sender is told.
///
/// Who waits already is told without a write: guessing must not hold up those who buy.
pub(crate) async fn wrong_code(
    store: &Store,
    subject: &Subject,
    now_ms: i64,
) -> Result<Told, Error> {
    if let Some(ms) = store.waits_ms(subject, now_ms).await? {
        return Ok(Told::Wait { seconds: seconds(ms) });
    }
    let mut tx = store.begin().await?;
    let wrong = tx.wrong_code(subject, now_ms).await?;
    tx.commit().await.map_err(Error::Commit)?;
    let told = judge(wrong, subject, rand::rng().random_range(1..=CROWD_WAIT_S));
    if matches!(wrong, Wrong::Counted { all, .. } if all == CROWD + 1) {
        tracing::warn!(alert = "wrong_codes", limit = CROWD, "many wrong codes in a minute");
    }
    Ok(told)
}

/// `drawn_s` is drawn over the crowd's wait, so that those told to wait do not come together.
fn judge(wrong: Wrong, subject: &Subject, drawn_s: u32) -> Told {
    let anonymous = matches!(subject, Subject::Client(_) | Subject::Nobody);
    match wrong {
        Wrong::Waits { ms } => Told::Wait { seconds: seconds(ms) },
        Wrong::Counted { all, .. } if anonymous && all > CROWD => Told::Wait { seconds: drawn_s },
        Wrong::Counted { .. } => Told::Unknown,
    }
}

fn refused(verb: Verb, outcome: Outcome, reason: &'static str) -> Refused {
    Refused::new(Some(verb), outcome).because(reason)
}

/// Whole seconds, so many that the wait is over then.
fn seconds(ms: i64) -> u32 {
    u32::try_from(ms.max(0).saturating_add(999) / 1000).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn counted(all: i64) -> Wrong {
        Wrong::Counted { all, rest_ms: 30_000 }
    }

    #[test]
    fn in_a_crowd_only_the_anonymous_wait() {
        let shop = Subject::Principal("shop-1".parse().unwrap());
        let address = Subject::Client("address:a".parse().unwrap());
        assert_eq!(judge(counted(CROWD), &address, 9), Told::Unknown);
        assert_eq!(judge(counted(CROWD + 1), &address, 9), Told::Wait { seconds: 9 });
        assert_eq!(judge(counted(CROWD + 1), &shop, 9), Told::Unknown);
    }

    #[test]
    fn a_wait_is_told_in_whole_seconds() {
        let waits = |ms| judge(Wrong::Waits { ms }, &Subject::Nobody, 9);
        assert_eq!(waits(1), Told::Wait { seconds: 1 });
        assert_eq!(waits(1000), Told::Wait { seconds: 1 });
        assert_eq!(waits(900_000), Told::Wait { seconds: 900 });
    }
}
