//! The inventory of an LB: what an operator's hand wrote.

use protocol::Epoch;

use crate::file;

/// Reads an inventory and makes a map of it; what is wrong is told in words.
pub fn fuzz(data: &[u8]) {
    file::with(data, |path| match config::inventory::load(path) {
        Ok(inventory) => drop(inventory.map(Epoch::new(1))),
        Err(problems) => drop(problems.to_string()),
    });
}
