//! The form of an operator's recharge codes, as an ini has it.

use std::collections::BTreeSet;
use std::fmt;
use std::str::FromStr;

use protocol::RechargeCode;

/// How long an operator's recharge codes are, and of which digits.
///
/// # Format
/// `14`, or `12-16`; then, after a blank, the digits that they are made of, where not all are:
/// `14 1-9`, `12 02468`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CodeForm {
    text: Box<str>,
    lengths: (usize, usize),
    digits: BTreeSet<u8>,
}

// === impl CodeForm ===

impl CodeForm {
    /// Says whether a code, of digits alone, is of this form.
    pub fn fits(&self, code: &str) -> bool {
        let (min, max) = self.lengths;
        (min..=max).contains(&code.len()) && code.bytes().all(|it| self.digits.contains(&it))
    }
}

impl FromStr for CodeForm {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        let mut words = text.split_ascii_whitespace();
        let lengths = words.next().ok_or(())?;
        let digits = words.next().unwrap_or("0-9");
        let (min, max) = lengths.split_once('-').unwrap_or((lengths, lengths));
        let (min, max): (usize, usize) = (number(min)?, number(max)?);
        let digits = set(digits)?;
        let allowed = RechargeCode::LEAST <= min && min <= max && max <= RechargeCode::LEN;
        if !allowed || words.next().is_some() {
            return Err(());
        }
        Ok(Self { text: text.into(), lengths: (min, max), digits })
    }
}

impl fmt::Display for CodeForm {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

fn number(text: &str) -> Result<usize, ()> {
    let digits = text.bytes().all(|byte| byte.is_ascii_digit());
    if digits { text.parse().map_err(|_| ()) } else { Err(()) }
}

/// Reads single digits and ranges of them.
fn set(text: &str) -> Result<BTreeSet<u8>, ()> {
    let mut digits = BTreeSet::new();
    let mut bytes = text.bytes().peekable();
    while let Some(first) = bytes.next() {
        let last = match bytes.next_if_eq(&b'-') {
            Some(_) => bytes.next().ok_or(())?,
            None => first,
        };
        if !first.is_ascii_digit() || !last.is_ascii_digit() || last < first {
            return Err(());
        }
        digits.extend(first..=last);
    }
    Ok(digits)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn holds_length_and_digits() {
        for (form, code, fits) in [
            ("14", "12345678901234", true),
            ("14", "1234567890123", false),
            ("12-16", "123456789012", true),
            ("12-16", "12345678901234567", false),
            ("4 1-9", "1234", true),
            ("4 1-9", "1230", false),
            ("4 024-6", "0256", true),
            ("4 024-6", "0257", false),
        ] {
            assert_eq!(form.parse::<CodeForm>().unwrap().fits(code), fits, "{form} {code}");
        }
    }

    #[test]
    fn refuses_what_is_no_form() {
        for form in ["", "3", "33", "16-12", "14 a-z", "14 9-1", "14 1-", "14 1 2", "+5", "5-", "x"]
        {
            assert!(form.parse::<CodeForm>().is_err(), "{form}");
        }
    }
}
