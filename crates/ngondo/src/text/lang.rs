//! The two languages, and which one this run speaks.

use std::str::FromStr;

use unic_langid::LanguageIdentifier;

/// A language of the catalogue.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Lang {
    /// French, the default.
    #[default]
    Fr,
    /// English.
    En,
}

/// Neither `fr` nor `en`.
#[derive(Debug, thiserror::Error)]
#[error("not a language of this tool: fr or en")]
pub struct UnknownLang;

// === impl Lang ===

impl Lang {
    /// Every language that has a catalogue.
    pub const ALL: [Self; 2] = [Self::Fr, Self::En];

    /// Chooses by what the user asked for, else by his locale, else French.
    ///
    /// `locale` is the first that is set and not empty of `LC_ALL`, `LC_MESSAGES`, `LANG`.
    pub fn choose(asked: Option<Self>, locale: Option<&str>) -> Self {
        asked.unwrap_or_else(|| locale.and_then(Self::of_locale).unwrap_or_default())
    }

    /// Reads a locale like `en_GB.UTF-8`; other languages than ours are none.
    fn of_locale(locale: &str) -> Option<Self> {
        let language = locale.split(['_', '.', '-', '@']).next()?;
        language.parse().ok()
    }

    /// The language for the plural rules.
    pub(super) fn identifier(self) -> LanguageIdentifier {
        let code = match self {
            Self::Fr => "fr",
            Self::En => "en",
        };
        code.parse().unwrap_or_default()
    }

    /// The text of the catalogue.
    pub(super) fn source(self) -> &'static str {
        match self {
            Self::Fr => include_str!("fr.ftl"),
            Self::En => include_str!("en.ftl"),
        }
    }
}

impl FromStr for Lang {
    type Err = UnknownLang;

    fn from_str(text: &str) -> Result<Self, UnknownLang> {
        match text {
            "fr" => Ok(Self::Fr),
            "en" => Ok(Self::En),
            _ => Err(UnknownLang),
        }
    }
}
