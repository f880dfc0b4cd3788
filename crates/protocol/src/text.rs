//! Free texts of people and makers, kept on the heap.

use std::str::FromStr;

use crate::FormError;
use crate::word::{hidden, shown, veiled};

/// The most bytes in one text of a document.
///
/// Source: protocol.md §2
pub const TEXT_BYTES: usize = 8 * 1024;

/// Checks 1 to `max` characters on one line, without white space around.
fn line(text: &str, max: usize) -> Result<Box<str>, FormError> {
    let found = text.chars().count();
    if found == 0 || max < found {
        return Err(FormError::Length { found, min: 1, max });
    }
    if let Some(at) = text.chars().position(char::is_control) {
        return Err(FormError::Character { at: at + 1 });
    }
    if text.trim().len() != text.len() {
        return Err(FormError::Rule("it has white space around it"));
    }
    Ok(text.into())
}

/// Defines a text of 1 to `$max` characters on one line.
macro_rules! text {
    ($(#[$doc:meta])* $name:ident, $max:literal) => {
        $(#[$doc])*
        #[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(Box<str>);

        impl $name {
            /// The most characters.
            pub const LEN: usize = $max;

            /// The text.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl FromStr for $name {
            type Err = FormError;

            fn from_str(text: &str) -> Result<Self, FormError> {
                line(text, $max).map(Self)
            }
        }
    };
}

text! {
    /// What the operator calls a box.
    ///
    /// # Format
    /// 1 to 64 characters on one line.
    ///
    /// Source: protocol.md §2
    Label, 64
}

text! {
    /// The name of the customer who has a box.
    ///
    /// # Format
    /// 1 to 64 characters on one line.
    ///
    /// Source: protocol.md §2
    Subscriber, 64
}

text! {
    /// The maker's model of a key.
    ///
    /// # Format
    /// 1 to 64 characters on one line.
    ///
    /// Source: protocol.md §2
    Model, 64
}

text! {
    /// The firmware of a key.
    ///
    /// # Format
    /// 1 to 64 characters on one line.
    ///
    /// Source: protocol.md §2
    Fw, 64
}

/// What the network said to a recharge code; long runs of digits are masked.
///
/// # Format
/// 1 to 160 characters on one line, a run of six digits and more written as as many `*`.
///
/// Source: protocol.md §3 (TOPUP)
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct NetworkText(Box<str>);

/// Certificates in PEM.
///
/// # Format
/// Text of at most 8 KiB from `-----BEGIN CERTIFICATE-----` to `-----END CERTIFICATE-----`, in
/// lines.
///
/// Source: protocol.md §3 (CRECORD)
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct CaPem(Box<str>);

shown!(Label, Model, Fw, NetworkText, CaPem);
veiled!(Subscriber);

// === impl NetworkText ===

impl NetworkText {
    /// The most characters.
    pub const LEN: usize = 160;

    /// A digit run of this length may be a code.
    const RUN: usize = 6;

    /// Makes a text of whatever a modem gave: one line, cut to length, masked.
    ///
    /// `None` where nothing is left.
    pub fn cut(text: &str) -> Option<Self> {
        let flat: String = text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
        let cut: String = mask(flat.trim()).chars().take(Self::LEN).collect();
        cut.trim().parse().ok()
    }

    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for NetworkText {
    type Err = FormError;

    fn from_str(text: &str) -> Result<Self, FormError> {
        line(text, Self::LEN).map(|text| Self(mask(&text).into()))
    }
}

/// Writes each run of six digits and more as stars.
fn mask(text: &str) -> String {
    let mut masked = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(start) = rest.find(|c: char| c.is_ascii_digit()) {
        let (before, digits) = rest.split_at(start);
        let run = digits.find(|c: char| !c.is_ascii_digit()).unwrap_or(digits.len());
        let (digits, after) = digits.split_at(run);
        masked.push_str(before);
        if run < NetworkText::RUN {
            masked.push_str(digits);
        } else {
            masked.extend(std::iter::repeat_n('*', run));
        }
        rest = after;
    }
    masked.push_str(rest);
    masked
}

// === impl CaPem ===

impl CaPem {
    /// The text, its lines ended by LF.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for CaPem {
    type Err = FormError;

    fn from_str(text: &str) -> Result<Self, FormError> {
        let text = text.trim();
        if TEXT_BYTES < text.len() {
            return Err(FormError::Length { found: text.len(), min: 1, max: TEXT_BYTES });
        }
        if let Some(at) = text.chars().position(|c| c.is_control() && !matches!(c, '\n' | '\r')) {
            return Err(FormError::Character { at: at + 1 });
        }
        let whole = text.starts_with("-----BEGIN CERTIFICATE-----")
            && text.ends_with("-----END CERTIFICATE-----");
        whole.then_some(()).ok_or(FormError::Rule("it is not a certificate in PEM"))?;
        Ok(Self(text.replace("\r\n", "\n").replace('\r', "\n").into()))
    }
}

/// A box's key on its way to the box: a secret.
///
/// # Format
/// JSON text on one line, 2 to 2048 bytes: `{"v":1,"box":hex,"enc":...,"key":base64}`; what is in
/// it is the business of `crypto`.
///
/// Source: protocol.md §6
#[derive(Clone, PartialEq, Eq)]
pub struct Credential(Box<str>);

hidden!(Credential);

// === impl Credential ===

impl Credential {
    /// The most bytes: a key under 4096-bit RSA takes 770.
    pub const LEN: usize = 2048;

    /// The text: a secret, never to be logged.
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl FromStr for Credential {
    type Err = FormError;

    fn from_str(text: &str) -> Result<Self, FormError> {
        if !text.starts_with('{') || !text.ends_with('}') {
            return Err(FormError::Rule("it is not a JSON object"));
        }
        line(text, Self::LEN).map(Self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_characters_not_bytes() {
        let text = "é".repeat(64);
        assert_eq!(text.parse::<Label>().unwrap().as_str(), text);
        let wrong = FormError::Length { found: 65, min: 1, max: 64 };
        assert_eq!("é".repeat(65).parse::<Label>(), Err(wrong));
        assert_eq!("a\nb".parse::<Label>(), Err(FormError::Character { at: 2 }));
        assert!("".parse::<Fw>().is_err());
    }

    #[test]
    fn masks_runs_that_may_be_codes() {
        let text: NetworkText = "Solde 12345 F, code 123456 et 12345678901234.".parse().unwrap();
        assert_eq!(text.as_str(), "Solde 12345 F, code ****** et **************.");
    }

    #[test]
    fn cuts_what_a_modem_gave() {
        let text = NetworkText::cut(&format!(" ok\r\n{}", "é".repeat(200))).unwrap();
        assert_eq!(text.as_str().chars().count(), 160);
        assert_eq!(NetworkText::cut(" \r\n "), None);
    }

    #[test]
    fn hides_a_credential_and_a_subscriber_from_debug() {
        let credential: Credential = r#"{"v":1}"#.parse().unwrap();
        assert_eq!(format!("{credential:?}"), "Credential(***)");
        assert_eq!(format!("{:?}", "Awa".parse::<Subscriber>().unwrap()), "Subscriber(***)");
        assert!("v".parse::<Credential>().is_err());
    }

    #[test]
    fn takes_a_certificate_with_any_line_ends() {
        let text = "-----BEGIN CERTIFICATE-----\r\nAA==\r\n-----END CERTIFICATE-----\r\n";
        let pem: CaPem = text.parse().unwrap();
        assert_eq!(pem.as_str(), "-----BEGIN CERTIFICATE-----\nAA==\n-----END CERTIFICATE-----");
        assert!("-----BEGIN RSA PRIVATE KEY-----".parse::<CaPem>().is_err());
    }
}
