//! What a wrong activation code is answered.

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
    Wait { seconds: u32 },
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
    tx.commit().await?;
    if matches!(wrong, Wrong::Counted { all, .. } if all == CROWD + 1) {
        tracing::warn!(alert = "wrong_codes", limit = CROWD, "many wrong codes in a minute");
    }
    Ok(judge(wrong, subject, rand::rng().random_range(1..=CROWD_WAIT_S)))
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

/// Whole seconds, so many that the wait is over then.
fn seconds(ms: i64) -> u32 {
    u32::try_from(ms.max(0).saturating_add(999) / 1000).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn in_a_crowd_of_wrong_codes_who_has_a_name_need_not_wait() {
        let crowd = Wrong::Counted { all: CROWD + 1, rest_ms: 1 };
        let shop = Subject::Principal("shop-1".parse().unwrap());
        assert_eq!(judge(crowd, &shop, 9), Told::Unknown);
        assert_eq!(judge(crowd, &Subject::Nobody, 9), Told::Wait { seconds: 9 });
        let few = Wrong::Counted { all: CROWD, rest_ms: 1 };
        assert_eq!(judge(few, &Subject::Nobody, 9), Told::Unknown);
    }

    #[test]
    fn a_wait_is_told_in_seconds_that_cover_it() {
        let told = judge(Wrong::Waits { ms: 900_001 }, &Subject::Nobody, 9);
        assert_eq!(told, Told::Wait { seconds: 901 });
    }
}
