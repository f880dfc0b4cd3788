//! The content of the map, its epoch, and when that rises.
//!
//! An epoch means one content, everywhere. So an LB never answers with the epoch that somebody
//! else named beside a content of its own: it remembers the number, and its next change goes above
//! it. A content travels between the twins with its epoch, so an edit on either is enough.

use protocol::{AddressMap, Epoch, Pair, Server};

/// The farthest that an epoch may jump: a fleet that changes its map every second needs eleven days
/// for it, so a greater jump is a fault or a lie, and would use the numbers up.
const LEAP: u64 = 1_000_000;
/// The epoch of a map that was never given out.
const NONE: Epoch = Epoch::new(0);
/// The epoch of the first map that is given out.
const FIRST: Epoch = Epoch::new(1);

/// What an LB publishes, and under which epoch.
///
/// Source: protocol.md §3 (INIT)
#[derive(Debug, Clone)]
pub(crate) struct Chart {
    content: AddressMap,
    epoch: Epoch,
    heard: Epoch,
    origin: Origin,
}

/// How the content came by its epoch.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Origin {
    /// No number is known for it: the first one that is heard is taken.
    Unnumbered,
    /// The operator changed it here, and nobody has been seen running on it.
    Edited,
    /// The twin gave it, a file named it, or a module runs on it.
    Settled,
}

/// Who names an epoch.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Caller {
    /// An instance of the inventory, and the epoch of the last map that we gave it.
    Listed { given: Option<Epoch> },
    /// Somebody else.
    Stranger,
}

/// What an epoch that somebody named has changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Named {
    /// Nothing.
    Nothing,
    /// Somebody runs on a higher epoch: the twin may have its content.
    Higher,
    /// Our own epoch.
    Renumbered,
    /// It is too far from what is known.
    Refused,
}

/// What became of the twin's map.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Offered {
    /// It is older than ours, or the same.
    Nothing,
    /// It is newer: it is ours now.
    Taken,
    /// Both were changed under one epoch, and ours gave way: it is ours now, one epoch higher.
    GaveWay,
    /// Both were changed under one epoch, and ours stays.
    Kept,
    /// Its epoch is too far from what is known.
    Refused,
}

/// Which of two contents of the same epoch stays.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Tie {
    /// Ours.
    Keep,
    /// The twin's.
    GiveWay,
}

// === impl Chart ===

impl Chart {
    pub(crate) fn new(inventory: &AddressMap, epoch: Epoch, origin: Origin) -> Self {
        Self { content: content_of(inventory), epoch, heard: epoch, origin }
    }

    /// Starts without the own file: from the map in the own ini, where it names an epoch.
    ///
    /// An LB's ini holds no CRYPTO, so that cannot be compared.
    pub(crate) fn without_file(inventory: &AddressMap, ini: &AddressMap) -> Self {
        if ini.epoch == NONE {
            return Self::new(inventory, FIRST, Origin::Unnumbered);
        }
        let known = AddressMap { crypto: inventory.crypto.clone(), ..content_of(ini) };
        if known == content_of(inventory) {
            return Self::new(inventory, ini.epoch, Origin::Settled);
        }
        Self::new(inventory, ini.epoch.next(), Origin::Edited)
    }

    pub(crate) fn content(&self) -> &AddressMap {
        &self.content
    }

    pub(crate) fn epoch(&self) -> Epoch {
        self.epoch
    }

    pub(crate) fn origin(&self) -> Origin {
        self.origin
    }

    /// Takes the inventory as it was read; says whether the content is another one.
    pub(crate) fn edit(&mut self, inventory: &AddressMap) -> Edit {
        let content = content_of(inventory);
        if content == self.content {
            return Edit::Nothing;
        }
        self.content = content;
        self.renumber(self.heard.max(self.epoch));
        Edit::Changed
    }

    /// Learns of an epoch that a caller runs on.
    pub(crate) fn named(&mut self, epoch: Epoch, caller: Caller) -> Named {
        if self.too_far(epoch) {
            return Named::Refused;
        }
        let before = self.epoch;
        match self.origin {
            Origin::Unnumbered if epoch > NONE => self.settle(epoch),
            Origin::Edited if epoch == self.epoch => self.compare(caller),
            // Nobody would take our change under a lower number.
            Origin::Edited if epoch > self.epoch => self.renumber(epoch),
            Origin::Unnumbered | Origin::Edited | Origin::Settled => {}
        }
        self.heard = self.heard.max(epoch);
        match (self.epoch != before, epoch > self.epoch) {
            (true, _) => Named::Renumbered,
            (false, true) => Named::Higher,
            (false, false) => Named::Nothing,
        }
    }

    /// Learns of the epoch that the twin runs on; its map is asked for, not guessed.
    ///
    /// A twin that names the number of our own change has taken it, or has changed its own: asking
    /// tells which.
    pub(crate) fn twin_named(&mut self, epoch: Epoch) -> Named {
        if self.too_far(epoch) {
            return Named::Refused;
        }
        self.heard = self.heard.max(epoch);
        let ours = epoch == self.epoch && self.origin == Origin::Edited;
        if ours || epoch > self.epoch { Named::Higher } else { Named::Nothing }
    }

    /// Learns of the twin's map; `tie` says whose content stays where both have the same epoch.
    pub(crate) fn offered(&mut self, map: &AddressMap, tie: Tie) -> Offered {
        let epoch = map.epoch;
        if self.too_far(epoch) {
            return Offered::Refused;
        }
        let content = content_of(map);
        if epoch < self.epoch {
            self.settle_unnumbered();
            return Offered::Nothing;
        }
        if epoch > self.epoch {
            self.content = content;
            self.settle(epoch);
            return Offered::Taken;
        }
        if content == self.content {
            self.settle(epoch);
            return Offered::Nothing;
        }
        self.settle_unnumbered();
        match tie {
            Tie::Keep => Offered::Kept,
            Tie::GiveWay => {
                self.content = content;
                self.settle(self.heard.max(epoch).next());
                Offered::GaveWay
            }
        }
    }

    /// A caller names the number of our change: it has it from us, or another content from the twin.
    fn compare(&mut self, caller: Caller) {
        match caller {
            Caller::Listed { given: Some(given) } if given == self.epoch => {
                self.origin = Origin::Settled;
            }
            Caller::Listed { .. } => self.renumber(self.epoch),
            Caller::Stranger => {}
        }
    }

    fn too_far(&self, epoch: Epoch) -> bool {
        epoch.get() > self.heard.get().saturating_add(LEAP)
    }

    fn settle(&mut self, epoch: Epoch) {
        self.epoch = epoch;
        self.heard = self.heard.max(epoch);
        self.origin = Origin::Settled;
    }

    fn settle_unnumbered(&mut self) {
        if self.origin == Origin::Unnumbered {
            self.origin = Origin::Settled;
        }
    }

    /// Gives our own change the number above `highest`.
    fn renumber(&mut self, highest: Epoch) {
        self.epoch = highest.next();
        self.heard = self.heard.max(self.epoch);
        self.origin = Origin::Edited;
    }
}

/// Whether reading the inventory brought another content.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Edit {
    /// The same addresses and databases.
    Nothing,
    /// Others: the epoch has risen.
    Changed,
}

/// Addresses, names and databases: what an epoch stands for. Weights and states are left out.
///
/// Source: protocol.md §3 (INIT)
pub(crate) fn content_of(map: &AddressMap) -> AddressMap {
    let bare = |pair: &Pair<Option<Server>>| pair.clone().map(|server| server.map(undressed));
    AddressMap {
        aar: bare(&map.aar),
        topup: bare(&map.topup),
        lb: bare(&map.lb),
        pppx: bare(&map.pppx),
        sr: bare(&map.sr),
        gateway: bare(&map.gateway),
        report: map.report.clone(),
        crypto: map.crypto.clone(),
        epoch: NONE,
        ttl_s: None,
        from: None,
    }
}

fn undressed(server: Server) -> Server {
    Server { weight: None, state: None, ..server }
}

#[cfg(test)]
mod tests;
