//! Finds a box by what people know of it.

use chassis::fields::{Fields, Malformed};
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

/// The members of a request that name a box.
pub(crate) const NAMES: [&str; 4] = ["box", "imei", "serial", "macaddr"];

// === impl Named ===

impl Named {
    /// The one box that a request names.
    pub(crate) fn of(fields: &Fields) -> Result<Self, Malformed> {
        let all = [
            fields.parse("box")?.map(Self::Device),
            fields.parse("imei")?.map(Self::Imei),
            fields.parse("serial")?.map(Self::Serial),
            fields.parse("macaddr")?.map(Self::MacAddr),
        ];
        let mut given = all.into_iter().flatten();
        match (given.next(), given.next()) {
            (Some(named), None) => Ok(named),
            (None, _) => {
                Err(Malformed("box: missing, and imei, serial and macaddr too".to_owned()))
            }
            (Some(_), Some(_)) => {
                Err(Malformed("box: give one of box, imei, serial, macaddr".to_owned()))
            }
        }
    }

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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn wants_one_name_of_a_box() {
        let named = |body: &str| Named::of(&Fields::read(body.as_bytes(), &NAMES).unwrap());
        let reason = |body: &str| named(body).unwrap_err().0;
        assert!(reason("").starts_with("box: missing"));
        let two = r#"{"imei":"861821032479591","serial":"G4PDW16623003677"}"#;
        assert!(reason(two).starts_with("box: give one"));
        assert!(matches!(named(r#"{"macaddr":"A8BBCCDDEE0F","box":null}"#), Ok(Named::MacAddr(_))));
    }
}
