//! Why a text is not of the form that the protocol asks for.

/// A text that is not of its form.
///
/// Names the position or the rule, never the text: it may be a secret.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum FormError {
    /// The text is too short or too long.
    #[error("its length is {found}, not {}", span(*min, *max))]
    Length {
        /// Bytes or characters found.
        found: usize,
        /// The fewest allowed.
        min: usize,
        /// The most allowed.
        max: usize,
    },
    /// A character is not of the allowed set.
    #[error("its character {at} is not allowed")]
    Character {
        /// Position of the character, counted from 1.
        at: usize,
    },
    /// The text breaks a rule of its form.
    #[error("{0}")]
    Rule(&'static str),
}

/// Says how long a text may be.
fn span(min: usize, max: usize) -> String {
    if min == max { format!("{min}") } else { format!("{min} to {max}") }
}
