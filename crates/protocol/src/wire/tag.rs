//! The names of all elements of the protocol.

/// Defines elements by their names in one table.
macro_rules! names {
    ($(#[$doc:meta])* $kind:ident { $($name:ident $word:literal,)+ }) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub(crate) enum $kind {
            $($name,)+
        }

        impl $kind {
            /// Every one of them.
            #[cfg(test)]
            pub(crate) const ALL: &'static [Self] = &[$(Self::$name),+];

            /// The name on the wire.
            pub(crate) const fn name(self) -> &'static str {
                match self {
                    $(Self::$name => $word,)+
                }
            }

            /// The element of that name.
            pub(crate) fn from_name(name: &str) -> Option<Self> {
                match name {
                    $($word => Some(Self::$name),)+
                    _ => None,
                }
            }
        }
    };
}

names! {
    /// An element under the root that holds a text.
    Tag {
        App "app",
        Version "version",
        Cmd "cmd",
        Time "time",
        Bridge "bridge",
        Crypto "crypto",
        Result "result",
        Principal "principal",
        Client "client",
        Code "code",
        Request "request",
        Lease "lease",
        Spread "spread",
        Now "now",
        Proof "proof",
        Role "role",
        Instance "instance",
        Addr "addr",
        Epoch "epoch",
        Brief "brief",
        Ttl "ttl",
        From "from",
        Rulings "rulings",
        Macaddr "macaddr",
        Imei "imei",
        Serial "serial",
        Imsi "imsi",
        Iccid "iccid",
        Model "model",
        Fw "fw",
        Pubkey "pubkey",
        Label "label",
        Rekey "rekey",
        Box "box",
        Activation "activation",
        Credential "credential",
        Ca "ca",
        Until "until",
        Subscriber "subscriber",
        Msisdn "msisdn",
        Code2 "code2",
        Operator "operator",
        Amount "amount",
        Currency "currency",
        Ussd "ussd",
        Expires "expires",
        Outcome "outcome",
        Text "text",
        Reason "reason",
        Retry "retry",
    }
}

names! {
    /// An element under the root that holds a pair.
    Group {
        Aar "AAR",
        TopUp "TOPUP",
        Lb "LB",
        Pppx "PPPX",
        Report "REPORT",
        Crypto "CRYPTO",
        Sr "SR",
        Gateway "GATEWAY",
    }
}

names! {
    /// An element of a group.
    Part {
        First "first",
        Second "second",
        FirstName "firstname",
        SecondName "secondname",
        FirstWeight "firstweight",
        SecondWeight "secondweight",
        FirstState "firststate",
        SecondState "secondstate",
    }
}

/// Where a known element stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Key {
    /// Under the root, with a text.
    Text(Tag),
    /// Under the root, with parts.
    Group(Group),
    /// In a group, with a text.
    Part(Group, Part),
}

// === impl Key ===

impl Key {
    /// The name on the wire.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Text(tag) => tag.name(),
            Self::Group(group) => group.name(),
            Self::Part(_, part) => part.name(),
        }
    }

    /// A known element under the root.
    pub(crate) fn under_root(name: &str) -> Option<Self> {
        Tag::from_name(name).map(Self::Text).or_else(|| Group::from_name(name).map(Self::Group))
    }

    /// A known element under this one.
    pub(crate) fn child(self, name: &str) -> Option<Self> {
        match self {
            Self::Group(group) => Part::from_name(name).map(|part| Self::Part(group, part)),
            Self::Text(_) | Self::Part(..) => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn finds_every_element_by_its_name() {
        for &tag in Tag::ALL {
            assert_eq!(Key::under_root(tag.name()), Some(Key::Text(tag)));
        }
        for &group in Group::ALL {
            assert_eq!(Key::under_root(group.name()), Some(Key::Group(group)));
            for &part in Part::ALL {
                assert_eq!(Key::Group(group).child(part.name()), Some(Key::Part(group, part)));
            }
        }
        assert_eq!(Key::under_root("first"), None);
        assert_eq!(Key::under_root("App"), None);
    }
}
