//! INIT: a module says who it is and is told where the others are.

use crate::wire::{Fields, Printer, Reason, Tag};
use crate::{AddressMap, Bridge, Epoch, Head, Instance, Outcome, PeerAddr, Role, Rulings};

/// What a module says of itself.
///
/// Source: protocol.md §3 (INIT)
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Init {
    /// What it does.
    pub role: Option<Role>,
    /// Its name.
    pub instance: Option<Instance>,
    /// Where it can be reached.
    pub addr: Option<PeerAddr>,
    /// The epoch of the map that it runs on.
    pub epoch: Option<Epoch>,
    /// Whether epoch and ttl are enough where its map is the current one.
    pub brief: bool,
    /// What operators have said of servers; an LB tells its twin.
    pub rulings: Option<Box<Rulings>>,
}

/// What LB answers; always `OK`, a refusal is an [`Answer::Refused`](crate::Answer::Refused).
///
/// Source: protocol.md §3 (INIT)
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InitAnswer {
    /// The bridge of an R-INIT, which keeps it without a star.
    pub bridge: Option<Bridge>,
    /// The map, or that it has not changed.
    pub map: MapAnswer,
    /// What operators have said of servers; for the twin LB alone.
    pub rulings: Option<Box<Rulings>>,
}

/// A whole map, or that the one that was named is still good.
///
/// Source: protocol.md §3 (INIT)
#[derive(Debug, Clone, PartialEq, Eq)]
#[expect(clippy::large_enum_variant, reason = "an InitAnswer is boxed in its Answer")]
pub enum MapAnswer {
    /// The whole map.
    Full(AddressMap),
    /// The answer to `brief`: the epoch that was named is current.
    Unchanged {
        /// The current epoch.
        epoch: Epoch,
        /// Seconds until the next INIT is due.
        ttl_s: Option<u32>,
        /// The LB that answered.
        from: Option<Instance>,
    },
}

// === impl Init ===

impl Init {
    /// Reads an INIT.
    pub(crate) fn read(fields: &Fields<'_>) -> Result<Self, Reason> {
        Ok(Self {
            role: fields.optional(Tag::Role)?,
            instance: fields.optional(Tag::Instance)?,
            addr: fields.optional(Tag::Addr)?,
            epoch: fields.optional(Tag::Epoch)?,
            brief: fields.flag(Tag::Brief)?,
            rulings: rulings(fields)?,
        })
    }

    /// Writes what follows the head.
    pub(crate) fn write(&self, printer: &mut Printer<'_>) {
        printer.maybe(Tag::Role, self.role);
        printer.maybe(Tag::Instance, self.instance);
        printer.maybe(Tag::Addr, self.addr.as_ref());
        printer.maybe(Tag::Epoch, self.epoch);
        printer.flag(Tag::Brief, self.brief);
        printer.maybe(Tag::Rulings, self.rulings.as_ref());
    }
}

// === impl InitAnswer ===

impl InitAnswer {
    /// The result, which an R-INIT does not write.
    pub const fn outcome(&self) -> Outcome {
        Outcome::Ok
    }

    /// Reads an R-INIT.
    pub(crate) fn read(fields: &Fields<'_>) -> Result<Self, Reason> {
        let bridge = fields.optional(Tag::Bridge)?;
        Ok(Self { bridge, map: MapAnswer::read(fields)?, rulings: rulings(fields)? })
    }

    /// Writes what follows the head; a plain R-INIT keeps its bridge.
    pub(crate) fn write(&self, head: &Head, printer: &mut Printer<'_>) {
        if head.bridge.is_none() {
            printer.maybe(Tag::Bridge, self.bridge);
        }
        self.map.write(printer);
        printer.maybe(Tag::Rulings, self.rulings.as_ref());
    }
}

impl From<MapAnswer> for InitAnswer {
    fn from(map: MapAnswer) -> Self {
        Self { bridge: None, map, rulings: None }
    }
}

fn rulings(fields: &Fields<'_>) -> Result<Option<Box<Rulings>>, Reason> {
    Ok(fields.optional::<Rulings>(Tag::Rulings)?.map(Box::new))
}

// === impl MapAnswer ===

impl MapAnswer {
    /// The epoch of the answer.
    pub const fn epoch(&self) -> Epoch {
        match self {
            Self::Full(map) => map.epoch,
            Self::Unchanged { epoch, .. } => *epoch,
        }
    }

    /// Seconds until the next INIT is due.
    pub const fn ttl_s(&self) -> Option<u32> {
        match self {
            Self::Full(map) => map.ttl_s,
            Self::Unchanged { ttl_s, .. } => *ttl_s,
        }
    }

    /// Reads a whole map, or an epoch alone.
    fn read(fields: &Fields<'_>) -> Result<Self, Reason> {
        let epoch = fields.optional(Tag::Epoch)?;
        if let (Some(epoch), false) = (epoch, AddressMap::is_in(fields)) {
            let (ttl_s, from) = (fields.number(Tag::Ttl)?, fields.optional(Tag::From)?);
            return Ok(Self::Unchanged { epoch, ttl_s, from });
        }
        AddressMap::read(fields).map(Self::Full)
    }

    /// Writes the map.
    fn write(&self, printer: &mut Printer<'_>) {
        match self {
            Self::Full(map) => map.write(printer),
            Self::Unchanged { epoch, ttl_s, from } => {
                printer.one(Tag::Epoch, epoch);
                printer.maybe(Tag::Ttl, *ttl_s);
                printer.maybe(Tag::From, *from);
            }
        }
    }
}
