//! Clients of the first Oscartoki, where an ini lets them in.
//!
//! Source: toki.md §8 (The original form)

use config::SecretError;
use protocol::PrincipalName;
use toki::AnswerHeaders;
use toki::legacy::LegacyKey;

use crate::error::StartError;
use crate::refresh::report_chain;

/// What lets them in: one key for all, and for a few verbs that only read.
#[derive(Debug)]
pub(crate) struct Legacy {
    key: LegacyKey,
    principal: PrincipalName,
    routes: Vec<String>,
}

// === impl Legacy ===

impl Legacy {
    /// Reads their key.
    pub(crate) fn read(ini: &config::Legacy) -> Result<Self, StartError> {
        let path = ini.file.display();
        let cure = format!("install -m 600 /dev/stdin {path}");
        let text = config::read_secret(&ini.file, &cure)
            .map_err(|error: SecretError| StartError::Keys(report_chain(&error)))?;
        let key = LegacyKey::new(text.trim_end_matches(['\r', '\n'])).ok_or_else(|| {
            StartError::Keys(format!("{path}: the key must have more than five characters"))
        })?;
        tracing::warn!(
            principal = %ini.principal, routes = ini.routes.join(" "),
            "[legacy] is on: a toki that is overheard is good for half a minute there"
        );
        Ok(Self { key, principal: ini.principal, routes: ini.routes.clone() })
    }

    /// Whose rights a toki of that form has for a verb, and what its answer carries.
    pub(crate) fn admits(
        &self,
        toki: &str,
        cmd: &str,
        now_ms: i64,
    ) -> Option<(PrincipalName, AnswerHeaders)> {
        let open = self.routes.iter().any(|route| route == cmd);
        if !open || !self.key.check(toki, now_ms) {
            return None;
        }
        tracing::info!(principal = %self.principal, cmd, "a client of the first Oscartoki came in");
        let (made, key) = (self.key.make(now_ms), self.key.key_of(toki, now_ms));
        Some((self.principal, AnswerHeaders { toki: made, key }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW_MS: i64 = 1_795_190_400_123;

    fn legacy() -> Legacy {
        Legacy {
            key: LegacyKey::new("a long key").unwrap(),
            principal: "old-app".parse().unwrap(),
            routes: vec!["boxes/list".to_owned()],
        }
    }

    #[test]
    fn lets_in_for_the_verbs_of_the_ini_alone_and_answers_in_kind() {
        let legacy = legacy();
        let toki = legacy.key.make(NOW_MS);
        let (principal, answer) = legacy.admits(&toki, "boxes/list", NOW_MS).unwrap();
        assert_eq!(principal.as_str(), "old-app");
        assert!(legacy.key.check(&answer.toki, NOW_MS));
        assert!(legacy.key.check_key(&toki, &answer.key, NOW_MS));
        for other in ["", "boxes/retire", "boxes/list principal=ada", "vouchers/list"] {
            assert!(legacy.admits(&toki, other, NOW_MS).is_none(), "{other}");
        }
        assert!(legacy.admits(&toki, "boxes/list", NOW_MS + 60_000).is_none(), "too old");
        assert!(legacy.admits("", "boxes/list", NOW_MS).is_none());
    }
}
