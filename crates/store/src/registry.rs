//! The store that the address map names, which may move.

use std::sync::{PoisonError, RwLock};

use protocol::{AddressMap, DbUrl};

use crate::{Store, StoreError};

/// The store that the address map names: another one after CRYPTO moved.
#[derive(Debug)]
pub struct Registry {
    current: RwLock<(DbUrl, Store)>,
}

// === impl Registry ===

impl Registry {
    /// Opens the store at the address.
    ///
    /// # Errors
    /// Those of [`Store::open`].
    pub async fn open(url: &DbUrl) -> Result<Self, StoreError> {
        let store = Store::open(url).await?;
        Ok(Self { current: RwLock::new((url.clone(), store)) })
    }

    /// The store now.
    pub fn load(&self) -> Store {
        self.current.read().unwrap_or_else(PoisonError::into_inner).1.clone()
    }

    /// Opens the store at another address, and says whether it is another one.
    ///
    /// # Errors
    /// Those of [`Store::open`]; the store then stays the one that it was.
    pub async fn follow(&self, url: &DbUrl) -> Result<bool, StoreError> {
        if self.url() == *url {
            return Ok(false);
        }
        let store = Store::open(url).await?;
        let mut current = self.current.write().unwrap_or_else(PoisonError::into_inner);
        *current = (url.clone(), store);
        Ok(true)
    }

    /// Follows the CRYPTO of a map, and says whether it is another one. One that does not open is
    /// in the log, and the old one stays.
    pub async fn follow_map(&self, map: &AddressMap) -> bool {
        let Some(url) = &map.crypto.first else { return false };
        match self.follow(url).await {
            Ok(moved) => {
                if moved {
                    tracing::info!(%url, "CRYPTO moved");
                }
                moved
            }
            Err(error) => {
                let error: &(dyn std::error::Error + 'static) = &error;
                tracing::error!(%url, error, "CRYPTO's new address does not serve; kept the old");
                false
            }
        }
    }

    fn url(&self) -> DbUrl {
        self.current.read().unwrap_or_else(PoisonError::into_inner).0.clone()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scene::{Scene, device, url};

    #[tokio::test]
    async fn follows_to_another_file_and_stays_where_there_is_none() {
        let (old, new) = (Scene::new().await, Scene::new().await);
        new.add(device(1)).await;
        let registry = Registry::open(&url(&old.folder)).await.unwrap();
        assert!(!registry.follow(&url(&old.folder)).await.unwrap());

        let nowhere = tempfile::tempdir().unwrap();
        assert!(registry.follow(&url(&nowhere)).await.is_err());
        assert_eq!(registry.load().device(device(1).id).await.unwrap(), None);

        assert!(registry.follow(&url(&new.folder)).await.unwrap());
        assert!(registry.load().device(device(1).id).await.unwrap().is_some());
    }
}
