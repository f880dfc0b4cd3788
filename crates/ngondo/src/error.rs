//! How a verb ends when it does not end well.

use std::error::Error;
use std::fmt;
use std::process::ExitCode;

use protocol::{Answer, Outcome};

use crate::said;
use crate::text::{Lang, Said, Value, Words, cause};

/// Why a verb did not do its job, in words for its user.
///
/// The text of the catalogue says what happened; its part `.safe` what was not touched, and its
/// part `.next` what to do now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Failure {
    exit: Exit,
    said: Said,
    detail: Option<Said>,
    outcome: Option<Outcome>,
}

/// How the program ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Exit {
    /// The job was refused or failed: 1.
    Failed,
    /// The command line is wrong: 2.
    Usage,
    /// An ini, or a file that it names, is bad: 64.
    BadConfig,
}

/// Makes a [`Failure`] that ends with 1: `failed!("key", name = value)`.
macro_rules! failed {
    ($($said:tt)*) => {
        $crate::error::Failure::new($crate::error::Exit::Failed, $crate::said!($($said)*))
    };
}

/// Makes a [`Failure`] that ends with 64.
macro_rules! bad_config {
    ($($said:tt)*) => {
        $crate::error::Failure::new($crate::error::Exit::BadConfig, $crate::said!($($said)*))
    };
}

/// Makes a [`Failure`] that ends with 2.
macro_rules! misused {
    ($($said:tt)*) => {
        $crate::error::Failure::new($crate::error::Exit::Usage, $crate::said!($($said)*))
    };
}

pub(crate) use {bad_config, failed, misused};

// === impl Failure ===

impl Failure {
    /// Makes a failure of a text of the catalogue.
    pub fn new(exit: Exit, said: Said) -> Self {
        Self { exit, said, detail: None, outcome: None }
    }

    /// A refusal of the back office, with its own reason where it gave one.
    pub fn refused(outcome: Outcome, reason: Option<String>, retry_s: Option<u32>) -> Self {
        let wait = u64::from(retry_s.unwrap_or_default());
        let said = Said::new(format!("result-{outcome}"), vec![("wait", Value::Number(wait))]);
        let detail = reason.map(|reason| said!("detail", why = cause::reason(&reason)));
        Self { exit: Exit::Failed, said, detail, outcome: Some(outcome) }
    }

    /// What an answer refuses.
    pub fn of(answer: &Answer) -> Self {
        let reason = match answer {
            Answer::Refused(refused) => refused.reason.as_ref().map(ToString::to_string),
            _ => None,
        };
        Self::refused(answer.outcome(), reason, answer.retry_s())
    }

    /// The same in other words, where the verb knows better what the result means here.
    #[must_use]
    pub fn worded(self, said: Said) -> Self {
        Self { said, detail: None, ..self }
    }

    /// The result, where the back office refused.
    pub fn outcome(&self) -> Option<Outcome> {
        self.outcome
    }

    /// How the program ends.
    pub fn exit(&self) -> Exit {
        self.exit
    }

    /// The key of its text, for `--json`.
    pub fn key(&self) -> &str {
        self.said.key()
    }

    /// Says what happened, what is safe, and what to do next, a line each.
    pub fn explain(&self, words: &Words) -> String {
        let mut lines = vec![words.say(&self.said)];
        lines.extend(self.detail.as_ref().map(|detail| words.say(detail)));
        lines.extend(words.part(&self.said, "safe"));
        lines.extend(words.part(&self.said, "next"));
        lines.join("\n")
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&Words::new(Lang::En).say(&self.said))
    }
}

impl Error for Failure {}

// === impl Exit ===

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        match exit {
            Exit::Failed => Self::from(1),
            Exit::Usage => Self::from(2),
            Exit::BadConfig => Self::from(64),
        }
    }
}
