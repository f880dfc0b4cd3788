//! What servers are and how they fare.

use std::fmt;
use std::str::FromStr;

use crate::FormError;

/// What a module does.
///
/// Source: protocol.md §3 (INIT)
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Role {
    /// The proxy: the one door.
    Pppx,
    /// Knows every server and answers INIT.
    Lb,
    /// Activation and authentication.
    Aar,
    /// Registration.
    Sr,
    /// Vouchers and recharge.
    TopUp,
    /// SMS, sync, vault.
    Gateway,
    /// The web console.
    Console,
}

/// How LB sees a server.
///
/// Source: protocol.md §3 (INIT)
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ServerState {
    /// Takes requests.
    Ready,
    /// Finishes what it has and takes nothing new.
    Drain,
    /// Taken out by an operator.
    Maintenance,
    /// Was not heard of lately.
    Suspect,
    /// Was not heard of for long.
    Dead,
    /// Nothing better is left: it is asked whatever its state.
    Panic,
}

/// The share of requests that a server takes, against its twin's.
///
/// # Format
/// A decimal number from 0.1 to 10 with at most three digits after the point.
///
/// Source: protocol.md §3 (INIT)
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Weight {
    thousandths: u16,
}

/// The age of an address map: the higher wins.
///
/// Zero stands for a map that was never given out; it is not written.
///
/// # Format
/// A decimal integer.
///
/// Source: protocol.md §3 (INIT)
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Epoch(u64);

// === impl Role ===

impl Role {
    /// Every role.
    pub const ALL: [Self; 7] =
        [Self::Pppx, Self::Lb, Self::Aar, Self::Sr, Self::TopUp, Self::Gateway, Self::Console];

    /// The word on the wire, in capitals.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Pppx => "PPPX",
            Self::Lb => "LB",
            Self::Aar => "AAR",
            Self::Sr => "SR",
            Self::TopUp => "TOPUP",
            Self::Gateway => "GATEWAY",
            Self::Console => "CONSOLE",
        }
    }

    /// The word in file, section and binary names, in small letters.
    pub const fn lower(self) -> &'static str {
        match self {
            Self::Pppx => "pppx",
            Self::Lb => "lb",
            Self::Aar => "aar",
            Self::Sr => "sr",
            Self::TopUp => "topup",
            Self::Gateway => "gateway",
            Self::Console => "console",
        }
    }
}

impl FromStr for Role {
    type Err = FormError;

    fn from_str(text: &str) -> Result<Self, FormError> {
        let found = Self::ALL.into_iter().find(|role| role.as_str() == text);
        found.ok_or(FormError::Rule("it is not a role"))
    }
}

impl fmt::Display for Role {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

// === impl ServerState ===

impl ServerState {
    /// Every state.
    pub const ALL: [Self; 6] =
        [Self::Ready, Self::Drain, Self::Maintenance, Self::Suspect, Self::Dead, Self::Panic];

    /// The word on the wire.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Ready => "ready",
            Self::Drain => "drain",
            Self::Maintenance => "maintenance",
            Self::Suspect => "suspect",
            Self::Dead => "dead",
            Self::Panic => "panic",
        }
    }
}

impl FromStr for ServerState {
    type Err = FormError;

    fn from_str(text: &str) -> Result<Self, FormError> {
        let found = Self::ALL.into_iter().find(|state| state.as_str() == text);
        found.ok_or(FormError::Rule("it is not a state of a server"))
    }
}

impl fmt::Display for ServerState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

// === impl Weight ===

impl Weight {
    /// The weight of a server that was given none.
    pub const ONE: Self = Self { thousandths: 1000 };

    /// Takes thousandths, 100 to 10000.
    ///
    /// # Errors
    /// A weight under 0.1 or over 10.
    pub fn from_thousandths(thousandths: u16) -> Result<Self, FormError> {
        match thousandths {
            100..=10_000 => Ok(Self { thousandths }),
            _ => Err(FormError::Rule("it is not within 0.1 and 10")),
        }
    }

    /// The weight in thousandths.
    pub const fn thousandths(self) -> u16 {
        self.thousandths
    }

    /// The weight as a number.
    pub fn as_f64(self) -> f64 {
        f64::from(self.thousandths) / 1000.0
    }
}

impl FromStr for Weight {
    type Err = FormError;

    fn from_str(text: &str) -> Result<Self, FormError> {
        let wrong = FormError::Rule("it is not a decimal number of at most three decimals");
        let (whole, fraction) = text.split_once('.').unwrap_or((text, "0"));
        let digits = |text: &str, max| {
            (1..=max).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_digit())
        };
        if !digits(whole, 2) || !digits(fraction, 3) {
            return Err(wrong);
        }
        let thousandths = format!("{whole}{fraction:0<3}").parse().map_err(|_| wrong)?;
        Self::from_thousandths(thousandths)
    }
}

impl fmt::Display for Weight {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (whole, fraction) = (self.thousandths / 1000, self.thousandths % 1000);
        if fraction == 0 {
            return write!(f, "{whole}");
        }
        let fraction = format!("{fraction:03}");
        write!(f, "{whole}.{}", fraction.trim_end_matches('0'))
    }
}

// === impl Epoch ===

impl Epoch {
    /// Takes the number.
    pub const fn new(number: u64) -> Self {
        Self(number)
    }

    /// The number.
    pub const fn get(self) -> u64 {
        self.0
    }

    /// The one after this.
    #[must_use]
    pub const fn next(self) -> Self {
        Self(self.0.saturating_add(1))
    }
}

impl FromStr for Epoch {
    type Err = FormError;

    fn from_str(text: &str) -> Result<Self, FormError> {
        if let Some(at) = text.bytes().position(|byte| !byte.is_ascii_digit()) {
            return Err(FormError::Character { at: at + 1 });
        }
        text.parse().map(Self).map_err(|_| FormError::Rule("it is not an integer of 64 bits"))
    }
}

impl fmt::Display for Epoch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_back_every_role_and_state() {
        for role in Role::ALL {
            assert_eq!(role.as_str().parse(), Ok(role));
            assert_eq!(role.lower(), role.as_str().to_lowercase());
        }
        for state in ServerState::ALL {
            assert_eq!(state.as_str().parse(), Ok(state));
        }
        assert!("aar".parse::<Role>().is_err());
    }

    #[test]
    fn writes_a_weight_in_its_shortest_form() {
        for (text, written) in [("0.1", "0.1"), ("10", "10"), ("1.50", "1.5"), ("2.025", "2.025")] {
            assert_eq!(text.parse::<Weight>().unwrap().to_string(), written);
        }
        for text in ["0", "0.09", "10.1", "1.", ".5", "-1", "1.0000", "1e1", "nan"] {
            assert!(text.parse::<Weight>().is_err(), "{text}");
        }
    }

    #[test]
    fn refuses_an_epoch_with_a_sign_or_over_64_bits() {
        assert_eq!("18446744073709551615".parse(), Ok(Epoch::new(u64::MAX)));
        for text in ["+1", "-1", "", "18446744073709551616", "1.0"] {
            assert!(text.parse::<Epoch>().is_err(), "{text}");
        }
    }
}
