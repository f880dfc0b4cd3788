//! What the sender of a wrong code is told.

use crate::{Store, StoreError, Subject, Wrong};

/// Wrong codes of everybody in a minute, above which somebody is guessing.
///
/// Source: protocol.md §5 (Codes)
const CROWD: i64 = 200;

/// The longest that anonymous clients wait for the crowd, in seconds.
///
/// Source: protocol.md §5 (Codes)
pub const CROWD_WAIT_S: u32 = 60;

/// What a wrong code is answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Told {
    /// It is not known.
    Unknown,
    /// Its sender has to wait so long.
    Wait {
        /// Seconds.
        seconds: u32,
    },
}

// === impl Store ===

impl Store {
    /// Counts a wrong code, and says what its sender is told.
    ///
    /// Who waits already is told without a write: guessing must not hold up those who buy.
    /// `drawn_s` is drawn from 1 to [`CROWD_WAIT_S`], so that those told to wait for the crowd do
    /// not come back together.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`] or [`StoreError::Statement`].
    ///
    /// Source: protocol.md §5 (Codes)
    pub async fn wrong_code(
        &self,
        subject: &Subject,
        now_ms: i64,
        drawn_s: u32,
    ) -> Result<Told, StoreError> {
        if let Some(ms) = self.waits_ms(subject, now_ms).await? {
            return Ok(Told::Wait { seconds: seconds(ms) });
        }
        let mut tx = self.begin().await?;
        let wrong = tx.wrong_code(subject, now_ms).await?;
        if matches!(wrong, Wrong::Counted { all, .. } if all == CROWD + 1) {
            tx.raise_crowd(CROWD, now_ms).await?;
        }
        tx.commit().await?;
        Ok(judge(wrong, subject, drawn_s))
    }
}

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

    fn counted(all: i64) -> Wrong {
        Wrong::Counted { all, rest_ms: 30_000 }
    }

    #[test]
    fn in_a_crowd_only_the_anonymous_wait() {
        let shop = Subject::Principal("shop-1".parse().unwrap());
        let address = Subject::Client("address:a".parse().unwrap());
        assert_eq!(judge(counted(CROWD), &address, 9), Told::Unknown);
        assert_eq!(judge(counted(CROWD + 1), &address, 9), Told::Wait { seconds: 9 });
        assert_eq!(judge(counted(CROWD + 1), &Subject::Nobody, 9), Told::Wait { seconds: 9 });
        assert_eq!(judge(counted(CROWD + 1), &shop, 9), Told::Unknown);
    }

    #[test]
    fn a_wait_is_told_in_whole_seconds_that_cover_it() {
        let waits = |ms| judge(Wrong::Waits { ms }, &Subject::Nobody, 9);
        assert_eq!(waits(1), Told::Wait { seconds: 1 });
        assert_eq!(waits(1000), Told::Wait { seconds: 1 });
        assert_eq!(waits(900_001), Told::Wait { seconds: 901 });
    }
}
