//! Names: applications, instances, principals, operators, bridges.

use crate::word::{dashed_byte, name_byte, shown, word};

word! {
    /// The name of the sending application.
    ///
    /// # Format
    /// 1 to 64 of `A-Z a-z 0-9 . _ -`.
    ///
    /// Source: protocol.md §2
    App, 1..=64, name_byte
}

word! {
    /// The version of the sending application.
    ///
    /// # Format
    /// 1 to 32 of `A-Z a-z 0-9 . _ -`.
    ///
    /// Source: protocol.md §2
    Version, 1..=32, name_byte
}

word! {
    /// Identifies a request everywhere: on the hop to the server, in REPORT, in logs.
    ///
    /// # Format
    /// 1 to 64 of `A-Z a-z 0-9 -`; PPPX makes a `UUIDv7`.
    ///
    /// Source: protocol.md §2
    Bridge, 1..=64, dashed_byte
}

word! {
    /// The name of one running instance of a module, such as `aar-1`.
    ///
    /// # Format
    /// 1 to 32 of `A-Z a-z 0-9 . _ -`.
    ///
    /// Source: protocol.md §3 (INIT)
    Instance, 1..=32, name_byte
}

word! {
    /// The name of a principal: a module, an operator, a shop or an app.
    ///
    /// # Format
    /// 1 to 64 of `A-Z a-z 0-9 . _ -`.
    ///
    /// Source: protocol.md §3
    PrincipalName, 1..=64, name_byte
}

word! {
    /// A mobile network operator.
    ///
    /// # Format
    /// 1 to 32 of `A-Z a-z 0-9 . _ -`.
    ///
    /// Source: protocol.md §2
    Operator, 1..=32, name_byte
}

word! {
    /// A word of the operators on a box: one of its tags, or the group that it is in.
    ///
    /// # Format
    /// 1 to 32 of `A-Z a-z 0-9 . _ -`.
    ///
    /// Source: protocol.md §7
    DeviceTag, 1..=32, name_byte
}

impl Bridge {
    /// A bridge made of a UUID.
    pub fn from_uuid(id: uuid::Uuid) -> Self {
        Self(crate::word::Word::of_uuid(id))
    }
}

shown!(App, Version, Bridge, Instance, PrincipalName, Operator, DeviceTag);
