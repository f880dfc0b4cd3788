//! The inventory on the disk: `inventory.ini`, beside the own ini unless that says otherwise.

use std::path::{Path, PathBuf};

use config::inventory::{self, Inventory};
use config::{Module, PersistError, Persisted, Problems};
use protocol::AddressMap;

/// Where it is.
pub(crate) fn path(config: &Module) -> PathBuf {
    config.settings.get::<PathBuf>("inventory", "file")
}

/// Reads it; with errors, all of them, each with file and line.
pub(crate) fn read(path: &Path) -> Result<Inventory, Problems> {
    inventory::load(path)
}

/// Writes the twin's map into it.
pub(crate) fn patch(path: &Path, map: &AddressMap) -> Result<Persisted, PersistError> {
    inventory::persist(path, map)
}
