//! Clients of the first Oscartoki, where an ini lets them in.
//!
//! Source: toki.md §8 (The original form)

use std::path::{Path, PathBuf};
use std::sync::Arc;

use arc_swap::ArcSwap;
use protocol::PrincipalName;
use toki::AnswerHeaders;
use toki::legacy::LegacyKey;

use crate::error::StartError;
use crate::refresh::report_chain;

/// What lets them in: one key for all, and for a few verbs that only read.
#[derive(Debug)]
pub(crate) struct Legacy {
    key: ArcSwap<LegacyKey>,
    file: PathBuf,
    principal: PrincipalName,
    routes: Vec<String>,
}

// === impl Legacy ===

impl Legacy {
    /// Reads their key.
    pub(crate) fn read(ini: &config::Legacy) -> Result<Self, StartError> {
        let key = ArcSwap::from_pointee(read_key(&ini.file)?);
        tracing::warn!(
            principal = %ini.principal, routes = ini.routes.join(" "),
            "[legacy] is on: a toki that is overheard is good for half a minute there"
        );
        let (file, routes) = (ini.file.clone(), ini.routes.clone());
        Ok(Self { key, file, principal: ini.principal, routes })
    }

    /// Where their key is.
    pub(crate) fn file(&self) -> &Path {
        &self.file
    }

    /// Takes the key that the file holds now.
    pub(crate) fn read_again(&self) -> Result<(), StartError> {
        self.key.store(Arc::new(read_key(&self.file)?));
        Ok(())
    }

    /// Whose rights a toki of that form has for a verb, and what its answer carries.
    pub(crate) fn admits(
        &self,
        toki: &str,
        cmd: &str,
        now_ms: i64,
    ) -> Option<(PrincipalName, AnswerHeaders)> {
        let open = self.routes.iter().any(|route| route == cmd);
        let key = self.key.load();
        if !open || !key.check(toki, now_ms) {
            return None;
        }
        tracing::info!(principal = %self.principal, cmd, "a client of the first Oscartoki came in");
        let (made, key) = (key.make(now_ms), key.key_of(toki, now_ms));
        Some((self.principal, AnswerHeaders { toki: made, key }))
    }
}

fn read_key(file: &Path) -> Result<LegacyKey, StartError> {
    let path = file.display();
    let cure = format!("install -m 600 /dev/stdin {path}");
    let text =
        config::read_secret(file, &cure).map_err(|error| StartError::Keys(report_chain(&error)))?;
    LegacyKey::new(text.trim_end_matches(['\r', '\n'])).ok_or_else(|| {
        StartError::Keys(format!("{path}: the key must have more than five characters"))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW_MS: i64 = 1_795_190_400_123;

    fn legacy() -> Legacy {
        Legacy {
            key: ArcSwap::from_pointee(LegacyKey::new("a long key").unwrap()),
            file: PathBuf::from("old.key"),
            principal: "old-app".parse().unwrap(),
            routes: vec!["boxes/list".to_owned()],
        }
    }

    #[test]
    fn lets_in_for_the_verbs_of_the_ini_alone_and_answers_in_kind() {
        let legacy = legacy();
        let key = legacy.key.load();
        let toki = key.make(NOW_MS);
        let (principal, answer) = legacy.admits(&toki, "boxes/list", NOW_MS).unwrap();
        assert_eq!(principal.as_str(), "old-app");
        assert!(key.check(&answer.toki, NOW_MS));
        assert!(key.check_key(&toki, &answer.key, NOW_MS));
        for other in ["", "boxes/retire", "boxes/list principal=ada", "vouchers/list"] {
            assert!(legacy.admits(&toki, other, NOW_MS).is_none(), "{other}");
        }
        assert!(legacy.admits(&toki, "boxes/list", NOW_MS + 60_000).is_none(), "too old");
        assert!(legacy.admits("", "boxes/list", NOW_MS).is_none());
    }
}
