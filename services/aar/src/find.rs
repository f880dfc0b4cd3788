//! Finds a box by what people know of it.

use protocol::{DeviceId, Imei, MacAddr, Serial};
use store::{Device, Store, Tx};

use crate::error::Error;
use crate::vault::Vault;

/// What names a box, or several.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Named {
    Device(DeviceId),
    MacAddr(MacAddr),
    Imei(Imei),
    Serial(Serial),
}

// === impl Named ===

impl Named {
    fn text(self) -> String {
        match self {
            Self::Device(device) => device.to_string(),
            Self::MacAddr(macaddr) => format!("mac/{macaddr}"),
            Self::Imei(imei) => format!("imei/{imei}"),
            Self::Serial(serial) => format!("serial/{serial}"),
        }
    }

    /// Finds the boxes, to be read.
    pub(crate) async fn read(self, store: &Store, vault: Vault<'_>) -> Result<Vec<Device>, Error> {
        let mut found = Vec::new();
        if let Self::Device(device) = self {
            found.extend(store.device(device).await?);
            return Ok(found);
        }
        for index in vault.indexes(&self.text())? {
            match self {
                Self::Device(_) => {}
                Self::MacAddr(_) => found.extend(store.devices_by_mac(&index).await?),
                Self::Imei(_) => found.extend(store.device_by_imei(&index).await?),
                Self::Serial(_) => found.extend(store.devices_by_serial(&index).await?),
            }
        }
        Ok(found)
    }

    /// Finds the boxes, to be written.
    pub(crate) async fn lock(self, tx: &mut Tx, vault: Vault<'_>) -> Result<Vec<Device>, Error> {
        let mut found = Vec::new();
        if let Self::Device(device) = self {
            found.extend(tx.device(device).await?);
            return Ok(found);
        }
        for index in vault.indexes(&self.text())? {
            match self {
                Self::Device(_) => {}
                Self::MacAddr(_) => found.extend(tx.devices_by_mac(&index).await?),
                Self::Imei(_) => found.extend(tx.device_by_imei(&index).await?),
                Self::Serial(_) => found.extend(tx.devices_by_serial(&index).await?),
            }
        }
        Ok(found)
    }
}
