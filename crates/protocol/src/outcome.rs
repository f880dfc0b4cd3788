//! What became of a request: the stable words that programs switch on.

use std::fmt;
use std::str::FromStr;

use crate::FormError;

/// Defines the results with their words and statuses in one table.
macro_rules! outcomes {
    ($($(#[$doc:meta])* $name:ident $word:literal $status:literal,)+) => {
        /// What became of a request: `OK`, or one refusal.
        ///
        /// Source: protocol.md §4
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Outcome {
            $($(#[$doc])* $name,)+
        }

        impl Outcome {
            /// Every result.
            pub const ALL: &'static [Self] = &[$(Self::$name),+];

            /// The word on the wire and in REPORT.
            pub const fn as_str(self) -> &'static str {
                match self {
                    $(Self::$name => $word,)+
                }
            }

            /// The HTTP status that it has wherever it arises.
            pub const fn http_status(self) -> u16 {
                match self {
                    $(Self::$name => $status,)+
                }
            }
        }

        impl FromStr for Outcome {
            type Err = FormError;

            fn from_str(text: &str) -> Result<Self, FormError> {
                match text {
                    $($word => Ok(Self::$name),)+
                    _ => Err(FormError::Rule("it is not a result")),
                }
            }
        }
    };
}

outcomes! {
    /// Done as asked.
    Ok "OK" 200,
    /// This key is registered; nothing was changed.
    AlreadyRecorded "ALREADY_RECORDED" 200,
    /// The macaddr does not tell keys apart: send the imei and serial too.
    MacNotUnique "MAC_NOT_UNIQUE" 200,
    /// The box is registered, not yet active.
    NotActivated "NOT_ACTIVATED" 200,
    /// The box is suspended.
    Suspended "SUSPENDED" 200,
    /// The box's end date is past.
    Expired "EXPIRED" 200,
    /// The box is retired.
    Retired "RETIRED" 200,
    /// The box is stolen.
    Stolen "STOLEN" 200,
    /// Unknown box, or a crypto that is not of its form, does not open or names another box.
    BadCrypto "BAD_CRYPTO" 200,
    /// Its time is more than 300 s from the server's.
    Stale "STALE" 200,
    /// A counter not above the last one.
    Replayed "REPLAYED" 200,
    /// No such purchase or activation code.
    CodeUnknown "CODE_UNKNOWN" 200,
    /// The code was used by another.
    CodeUsed "CODE_USED" 200,
    /// The code was made void.
    CodeVoid "CODE_VOID" 200,
    /// The code is past its date.
    CodeExpired "CODE_EXPIRED" 200,
    /// No recharge code is left for what was bought; ask again later.
    OutOfStock "OUT_OF_STOCK" 200,
    /// The document is not one of the protocol.
    Malformed "MALFORMED" 400,
    /// A toki is required and absent, or not valid.
    Unauthenticated "UNAUTHENTICATED" 401,
    /// The principal may not do this.
    Forbidden "FORBIDDEN" 403,
    /// Rate limited.
    SlowDown "SLOW_DOWN" 429,
    /// Shedding load, or no server of the role answers.
    Busy "BUSY" 503,
    /// No answer before the deadline.
    Timeout "TIMEOUT" 504,
    /// An internal fault; it is in the log under the bridge.
    Failed "FAILED" 500,
}

// === impl Outcome ===

impl Outcome {
    /// Whether it is anything but `OK`.
    pub const fn is_refusal(self) -> bool {
        !matches!(self, Self::Ok)
    }
}

impl fmt::Display for Outcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_back_every_word() {
        for &outcome in Outcome::ALL {
            assert_eq!(outcome.as_str().parse(), Ok(outcome));
        }
        assert!("ok".parse::<Outcome>().is_err());
    }

    #[test]
    fn gives_seven_results_a_status_of_their_own() {
        let statuses: Vec<u16> = Outcome::ALL.iter().map(|it| it.http_status()).collect();
        assert_eq!(statuses.iter().filter(|&&status| status != 200).count(), 7);
    }
}
