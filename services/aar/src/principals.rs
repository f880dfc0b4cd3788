//! Reads the principals of CRYPTO into the list that this service goes by and gives to the others.

use chassis::{PrincipalList, Principals};
use store::Store;
use tokio::sync::Mutex;

use crate::error::Error;

/// Before every change.
const NOTHING: i64 = -1;

/// What was read last, and the right to read: a slow reader must not put an older list in the
/// place of a newer one.
#[derive(Debug)]
pub(crate) struct Reader(Mutex<i64>);

// === impl Reader ===

impl Reader {
    pub(crate) fn new() -> Self {
        Self(Mutex::new(NOTHING))
    }

    /// Forgets what was read: CRYPTO is another one now.
    pub(crate) async fn forget(&self) {
        *self.0.lock().await = NOTHING;
    }

    /// Puts what CRYPTO has now into `principals`.
    ///
    /// While CRYPTO has none at all there is no list: the modules then go by their ini, so that
    /// what is missing can be told and mended.
    pub(crate) async fn pull(
        &self,
        store: &Store,
        principals: &Principals,
        now_ms: i64,
    ) -> Result<(), Error> {
        let mut known = self.0.lock().await;
        let changed = store.last_principal_change().await.inspect_err(|_| {
            // It may have been restored when it is back, and have come to this number again.
            *known = NOTHING;
        })?;
        if *known == changed {
            principals.confirm(changed, now_ms);
            return Ok(());
        }
        let all = store.principals().await?;
        if all.is_empty() {
            tracing::warn!(
                "CRYPTO has no principal: make the first ones with `ngondo principals init`"
            );
        } else {
            principals.put(PrincipalList::new(changed, now_ms, all));
        }
        *known = changed;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use chassis::Standing;
    use protocol::{Kind, Principal, Right, Rights};

    use super::*;
    use crate::scene::{NOW_MS, Scene};

    fn shop(revoked: bool) -> Principal {
        let (name, rights) = ("akwa-1".parse().unwrap(), Rights::of(&[Right::Sell]));
        Principal { name, kind: Kind::Shop, rights, number: 1, revoked }
    }

    async fn put(scene: &Scene, principal: &Principal) {
        let mut tx = scene.store.begin().await.unwrap();
        tx.put_principal(principal, "ada", NOW_MS).await.unwrap();
        tx.commit().await.unwrap();
    }

    #[tokio::test]
    async fn what_crypto_has_is_the_list_and_follows_it() {
        let (scene, list, reader) = (Scene::new().await, Principals::default(), Reader::new());
        for revoked in [false, true] {
            put(&scene, &shop(revoked)).await;
            reader.pull(&scene.store, &list, NOW_MS).await.unwrap();
            assert_eq!(list.get(&shop(revoked).name, NOW_MS), Standing::Known(shop(revoked)));
        }
        assert_eq!(*list.watch().borrow(), 2);
    }

    #[tokio::test]
    async fn without_any_principal_there_is_no_list() {
        let (scene, list, reader) = (Scene::new().await, Principals::default(), Reader::new());
        reader.pull(&scene.store, &list, NOW_MS).await.unwrap();
        assert_eq!(list.get(&shop(false).name, NOW_MS), Standing::NotYet);
        put(&scene, &shop(false)).await;
        reader.pull(&scene.store, &list, NOW_MS).await.unwrap();
        assert_eq!(list.get(&shop(false).name, NOW_MS), Standing::Known(shop(false)));
    }

    #[tokio::test]
    async fn the_list_of_another_crypto_counts_although_its_number_is_the_same() {
        let (old, new) = (Scene::new().await, Scene::new().await);
        put(&old, &shop(true)).await;
        put(&new, &shop(false)).await;
        let (list, reader) = (Principals::default(), Reader::new());
        reader.pull(&old.store, &list, NOW_MS).await.unwrap();
        reader.forget().await;
        reader.pull(&new.store, &list, NOW_MS).await.unwrap();
        assert_eq!(list.get(&shop(true).name, NOW_MS), Standing::Known(shop(false)));
    }

    #[tokio::test]
    async fn a_database_that_was_away_is_read_anew_although_its_number_is_the_same() {
        let (old, new) = (Scene::new().await, Scene::new().await);
        put(&old, &shop(false)).await;
        put(&new, &shop(true)).await;
        let (list, reader) = (Principals::default(), Reader::new());
        reader.pull(&old.store, &list, NOW_MS).await.unwrap();
        old.store.close().await;
        assert!(reader.pull(&old.store, &list, NOW_MS).await.is_err());
        reader.pull(&new.store, &list, NOW_MS).await.unwrap();
        assert_eq!(list.get(&shop(true).name, NOW_MS), Standing::Known(shop(true)));
    }

    #[tokio::test]
    async fn a_database_that_is_gone_does_not_confirm_the_list() {
        let (scene, list, reader) = (Scene::new().await, Principals::default(), Reader::new());
        put(&scene, &shop(false)).await;
        reader.pull(&scene.store, &list, NOW_MS).await.unwrap();
        scene.store.close().await;
        let day_ms = 24 * 60 * 60 * 1000;
        assert!(reader.pull(&scene.store, &list, NOW_MS + 1).await.is_err());
        assert!(matches!(list.get(&shop(false).name, NOW_MS + day_ms), Standing::Known(_)));
        assert_eq!(list.get(&shop(false).name, NOW_MS + day_ms + 1), Standing::NotYet);
    }
}
