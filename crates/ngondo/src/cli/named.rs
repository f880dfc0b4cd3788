//! A server on the command line: its address, and the instance that a toki for it names.

use std::str::FromStr;

use protocol::{FormError, Instance, PeerAddr};

/// `[NAME@]HOST:PORT`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Named {
    /// Its instance, where it is said.
    pub(crate) name: Option<Instance>,
    /// Where it is reached.
    pub(crate) addr: PeerAddr,
}

// === impl Named ===

impl FromStr for Named {
    type Err = FormError;

    fn from_str(text: &str) -> Result<Self, FormError> {
        let (name, addr) = match text.split_once('@') {
            Some((name, addr)) => (Some(name.parse()?), addr),
            None => (None, text),
        };
        Ok(Self { name, addr: addr.parse()? })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_may_stand_before_the_address() {
        let read = |text: &str| text.parse::<Named>().unwrap();
        assert_eq!(read("10.0.0.1:8400").name, None);
        assert_eq!(read("pppx-2@10.0.0.1:8400").name.unwrap().as_str(), "pppx-2");
        assert_eq!(read("pppx-2@[::1]:8400").addr.as_str(), "[::1]:8400");
        for text in ["@10.0.0.1:8400", "a b@10.0.0.1:8400", "pppx-1@", "pppx-1"] {
            assert!(text.parse::<Named>().is_err(), "{text}");
        }
    }
}
