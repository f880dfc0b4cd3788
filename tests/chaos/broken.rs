//! What a scenario broke, and what it counted.

use std::collections::BTreeMap;
use std::fmt;

use serde_json::{Value, json};

use super::rows::Rows;

/// What a scenario broke, and what it counted.
#[derive(Debug, Clone, Default)]
pub struct Broken {
    /// How often it broke something.
    pub times: u64,
    /// Requests of good clients that were sent.
    pub sent: u64,
    /// Those that got what they asked for.
    pub answered: u64,
    /// Those that were told to come back, with the seconds.
    pub refused: u64,
    /// Those that got anything else, or nothing.
    pub failed: u64,
    /// Rows in REPORT 1 and 2 at the end, where they were counted.
    pub rows: Option<[u64; 2]>,
    /// What else is worth knowing, in the order in which it was found.
    pub notes: Vec<String>,
    /// Why it could not be run here; then nothing else was shown.
    pub skipped: Option<String>,
    /// What was not as promised.
    pub wrong: Vec<String>,
}

// === impl Broken ===

impl Broken {
    /// Whether everything was as promised.
    pub fn is_kept(&self) -> bool {
        self.wrong.is_empty()
    }

    /// What could not be run here, and why.
    pub fn skipped(why: impl Into<String>) -> Self {
        Self { skipped: Some(why.into()), ..Self::default() }
    }

    /// Holds that something is as promised, else notes what was not.
    pub(super) fn hold(&mut self, kept: bool, wrong: impl fmt::Display) {
        if !kept {
            self.wrong.push(wrong.to_string());
        }
    }

    /// Notes what is worth knowing.
    pub(super) fn note(&mut self, note: impl fmt::Display) {
        self.notes.push(note.to_string());
    }

    /// Adds what a load counted, and says what went wrong.
    pub(super) fn count(&mut self, counts: &super::load::Counts) {
        self.sent += counts.sent;
        self.answered += counts.ok;
        self.refused += counts.refused.values().sum::<u64>();
        self.failed += counts.failed();
        self.note(format_args!(
            "p50 {} ms, p99 {} ms, longest {} ms",
            counts.at(50),
            counts.at(99),
            counts.at(100)
        ));
        let told = |what: &BTreeMap<String, u64>| {
            let each: Vec<_> =
                what.iter().map(|(what, times)| format!("{times} x {what}")).collect();
            each.join(", ")
        };
        self.note(format_args!("answered: {}", told(&counts.deeds)));
        if !counts.refused.is_empty() {
            self.note(format_args!("told to come back: {}", told(&counts.refused)));
        }
        if !counts.failures.is_empty() {
            self.note(format_args!("failed: {}", told(&counts.failures)));
        }
    }

    /// Holds that both REPORT have the same rows, each once, and all that was answered.
    pub(super) fn hold_rows(&mut self, rows: &Rows) {
        self.rows = Some([rows.first, rows.second]);
        let Rows { missing, different, twice, .. } = rows;
        self.hold(*missing == 0, format_args!("{missing} answered are not in both REPORT"));
        self.hold(*different == 0, format_args!("{different} rows are in one REPORT alone"));
        self.hold(*twice == 0, format_args!("{twice} rows stand twice"));
    }

    /// Holds that no request failed and none was told to come back.
    pub(super) fn nothing_failed(&mut self) {
        self.nothing_failed_but(0);
    }

    /// The same where so many were told to come back as they should be.
    pub(super) fn nothing_failed_but(&mut self, expected: u64) {
        let (failed, refused) = (self.failed, self.refused);
        self.hold(failed == 0, format_args!("{failed} requests failed"));
        self.hold(refused == expected, format_args!("{refused} requests were told to come back"));
        let (sent, answered) = (self.sent, self.answered);
        self.hold(
            0 < answered && sent == answered + failed + refused,
            "not every request was counted",
        );
    }

    /// The same for programs.
    pub fn to_json(&self) -> Value {
        json!({
            "times": self.times,
            "sent": self.sent,
            "answered": self.answered,
            "refused": self.refused,
            "failed": self.failed,
            "rows": self.rows,
            "notes": self.notes,
            "skipped": self.skipped,
            "wrong": self.wrong,
            "ok": self.is_kept(),
        })
    }

    /// `ok`, `skipped` or `NOT KEPT`.
    pub fn verdict(&self) -> &'static str {
        match (&self.skipped, self.is_kept()) {
            (Some(_), _) => "skipped",
            (None, true) => "ok",
            (None, false) => "NOT KEPT",
        }
    }
}

impl fmt::Display for Broken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(why) = &self.skipped {
            return write!(f, "skipped: {why}");
        }
        write!(
            f,
            "broken {} times; {} sent, {} answered, {} told to come back, {} failed",
            self.times, self.sent, self.answered, self.refused, self.failed
        )?;
        if let Some([first, second]) = self.rows {
            write!(f, "; {first} and {second} rows")?;
        }
        for note in self.notes.iter().chain(&self.wrong) {
            write!(f, "; {note}")?;
        }
        Ok(())
    }
}
