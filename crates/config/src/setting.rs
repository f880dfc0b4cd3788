//! Values, typed.

use std::collections::BTreeMap;
use std::net::IpAddr;
use std::path::{Path, PathBuf};
use std::time::Duration;

use jiff::tz::TimeZone;
use protocol::{
    App, DbUrl, Epoch, FormError, Instance, PeerAddr, PrincipalName, RechargeCode, Role, Time,
    Ussd, Weight, matrix,
};

use crate::cidr::Cidr;
use crate::code_form::CodeForm;
use crate::listen_addr::ListenAddr;
use crate::spec::Kind;

/// One value of an ini, typed.
#[derive(Debug, Clone)]
pub enum Setting {
    /// Of [`Kind::App`].
    App(App),
    /// Of [`Kind::Instance`].
    Instance(Instance),
    /// Of [`Kind::Role`].
    Role(Role),
    /// Of [`Kind::Listen`].
    Listen(ListenAddr),
    /// Of [`Kind::Peer`].
    Peer(PeerAddr),
    /// Of [`Kind::Database`].
    Database(DbUrl),
    /// Of [`Kind::Ip`].
    Ip(IpAddr),
    /// Of [`Kind::Network`].
    Network(Cidr),
    /// Of [`Kind::Path`], no longer relative to the ini.
    Path(PathBuf),
    /// Of [`Kind::Seconds`] and [`Kind::Millis`].
    Duration(Duration),
    /// Of [`Kind::Count`].
    Count(u64),
    /// Of [`Kind::Flag`].
    Flag(bool),
    /// Of [`Kind::Word`].
    Word(&'static str),
    /// Of [`Kind::Zone`].
    Zone(TimeZone),
    /// Of [`Kind::Epoch`].
    Epoch(Epoch),
    /// Of [`Kind::Time`].
    Time(Time),
    /// Of [`Kind::Weight`].
    Weight(Weight),
    /// Of [`Kind::Digest`].
    Digest(String),
    /// Of [`Kind::Principal`].
    Principal(PrincipalName),
    /// Of [`Kind::Routes`].
    Routes(Vec<String>),
    /// Of [`Kind::Dial`].
    Dial(Box<str>),
    /// Of [`Kind::CodeForm`].
    CodeForm(CodeForm),
}

/// The values of an ini: what stands there, else the default.
#[derive(Debug, Clone, Default)]
pub struct Settings(BTreeMap<(&'static str, String), Setting>);

/// A type that a setting can be taken as.
pub trait FromSetting: Sized {
    /// Takes the value, `None` where the setting is of another kind.
    fn from_setting(setting: &Setting) -> Option<Self>;
}

/// Reads a value of a kind; a relative path is meant beside `folder`.
pub(crate) fn parse(kind: Kind, text: &str, folder: &Path) -> Result<Setting, Option<FormError>> {
    let form = Some;
    Ok(match kind {
        Kind::App => Setting::App(text.parse().map_err(form)?),
        Kind::Instance => Setting::Instance(text.parse().map_err(form)?),
        Kind::Role => Setting::Role(text.to_uppercase().parse().map_err(|_| None)?),
        Kind::Listen => Setting::Listen(text.parse().map_err(|_| None)?),
        Kind::Peer => Setting::Peer(text.parse().map_err(form)?),
        Kind::Database => Setting::Database(text.parse().map_err(form)?),
        Kind::Ip => Setting::Ip(text.parse().map_err(|_| None)?),
        Kind::Network => Setting::Network(text.parse().map_err(form)?),
        Kind::Path => Setting::Path(folder.join(text)),
        Kind::Seconds { min, max } => {
            Setting::Duration(Duration::from_secs(count(text, min, max)?))
        }
        Kind::Millis { min, max } => {
            Setting::Duration(Duration::from_millis(count(text, min, max)?))
        }
        Kind::Count { min, max } => Setting::Count(count(text, min, max)?),
        Kind::Flag => Setting::Flag(flag(text).ok_or(None)?),
        Kind::Word(words) => Setting::Word(words.iter().find(|word| **word == text).ok_or(None)?),
        Kind::Zone => Setting::Zone(TimeZone::get(text).map_err(|_| None)?),
        Kind::Epoch => Setting::Epoch(text.parse().map_err(form)?),
        Kind::Time => Setting::Time(text.parse().map_err(form)?),
        Kind::Weight => Setting::Weight(text.parse().map_err(form)?),
        Kind::Digest => Setting::Digest(digest(text).ok_or(None)?),
        Kind::Principal => Setting::Principal(text.parse().map_err(form)?),
        Kind::Routes => Setting::Routes(routes(text).ok_or(None)?),
        Kind::Dial => Setting::Dial(dial(text).ok_or(None)?),
        Kind::CodeForm => Setting::CodeForm(text.parse().map_err(|()| None)?),
    })
}

fn count(text: &str, min: u64, max: u64) -> Result<u64, Option<FormError>> {
    let digits = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    let number = if digits { text.parse().ok() } else { None };
    number.filter(|number| (min..=max).contains(number)).ok_or(None)
}

fn flag(text: &str) -> Option<bool> {
    match text {
        "yes" | "1" | "true" => Some(true),
        "no" | "0" | "false" => Some(false),
        _ => None,
    }
}

fn digest(text: &str) -> Option<String> {
    let hex = text.len() == 64 && text.bytes().all(|byte| byte.is_ascii_hexdigit());
    hex.then(|| text.to_lowercase())
}

/// Each a verb that is known and changes nothing.
fn routes(text: &str) -> Option<Vec<String>> {
    let reads = |route: &str| {
        let (noun, verb) = route.split_once('/')?;
        matrix::verb(noun, verb)?.reads.then(|| route.to_owned())
    };
    text.split_ascii_whitespace().map(reads).collect()
}

/// The longest recharge code must fit into what is dialled.
fn dial(text: &str) -> Option<Box<str>> {
    let filled = text.replace("{code}", &"0".repeat(RechargeCode::LEN));
    let once = text.matches("{code}").count() == 1;
    (once && filled.parse::<Ussd>().is_ok()).then(|| text.into())
}

// === impl Settings ===

impl Settings {
    pub(crate) fn put(&mut self, section: &'static str, key: String, setting: Setting) {
        self.0.insert((section, key), setting);
    }

    /// The keys of a section that are there, with the values of one type.
    pub fn each<T: FromSetting>(&self, section: &str) -> impl Iterator<Item = (&str, T)> {
        self.0
            .iter()
            .filter(move |((of, _), _)| *of == section)
            .filter_map(|((_, key), setting)| Some((key.as_str(), T::from_setting(setting)?)))
    }

    /// The value of a key that may be absent.
    pub fn find<T: FromSetting>(&self, section: &str, key: &str) -> Option<T> {
        let mut all = self.0.iter();
        let (_, setting) = all.find(|((of, name), _)| *of == section && *name == key)?;
        T::from_setting(setting)
    }

    /// The value of a key that is required, or has a default.
    ///
    /// # Panics
    /// Where the schema has no such key, or one of another kind: a fault of the program, which its
    /// first start shows.
    #[expect(clippy::panic, reason = "a key that the schema does not have is a fault of the code")]
    pub fn get<T: FromSetting>(&self, section: &str, key: &str) -> T {
        match self.find(section, key) {
            Some(value) => value,
            None => panic!("the schema has no [{section}] {key} of this kind with a default"),
        }
    }
}

/// Takes a setting of one kind as one type.
macro_rules! from_setting {
    ($($kind:ident => $type:ty),+ $(,)?) => {$(
        impl FromSetting for $type {
            fn from_setting(setting: &Setting) -> Option<Self> {
                match setting {
                    Setting::$kind(value) => Some(value.clone()),
                    _ => None,
                }
            }
        }
    )+};
}

from_setting! {
    App => App, Instance => Instance, Role => Role, Listen => ListenAddr, Peer => PeerAddr,
    Database => DbUrl, Ip => IpAddr, Network => Cidr, Path => PathBuf, Duration => Duration, Count => u64,
    Flag => bool, Word => &'static str, Zone => TimeZone, Epoch => Epoch, Time => Time,
    Weight => Weight, Digest => String, Dial => Box<str>, Principal => PrincipalName,
    Routes => Vec<String>,
    CodeForm => CodeForm,
}

impl FromSetting for usize {
    fn from_setting(setting: &Setting) -> Option<Self> {
        u64::from_setting(setting).and_then(|count| count.try_into().ok())
    }
}

impl FromSetting for u16 {
    fn from_setting(setting: &Setting) -> Option<Self> {
        u64::from_setting(setting).and_then(|count| count.try_into().ok())
    }
}

impl FromSetting for u32 {
    fn from_setting(setting: &Setting) -> Option<Self> {
        u64::from_setting(setting).and_then(|count| count.try_into().ok())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn reads(kind: Kind, text: &str) -> bool {
        parse(kind, text, Path::new("/etc/ngondo")).is_ok()
    }

    #[test]
    fn takes_whole_numbers_within_their_limits() {
        let kind = Kind::Seconds { min: 5, max: 3600 };
        for (text, good) in [
            ("5", true),
            ("3600", true),
            ("4", false),
            ("3601", false),
            ("30s", false),
            ("+30", false),
            ("", false),
            ("99999999999999999999", false),
        ] {
            assert_eq!(reads(kind, text), good, "{text}");
        }
    }

    #[test]
    fn takes_known_words_and_zones() {
        assert!(reads(Kind::Zone, "Africa/Douala") && !reads(Kind::Zone, "Africa/Duala"));
        assert!(reads(Kind::Word(&["text", "json"]), "json") && !reads(Kind::Word(&["text"]), "x"));
        assert!(reads(Kind::Role, "aar") && reads(Kind::Role, "AAR") && !reads(Kind::Role, "arr"));
        assert!(reads(Kind::Flag, "yes") && !reads(Kind::Flag, "on"));
        assert!(reads(Kind::Digest, &"0a".repeat(32)) && !reads(Kind::Digest, "0a"));
    }

    #[test]
    fn takes_what_can_be_dialled_with_the_longest_code() {
        assert!(reads(Kind::Dial, "*126*{code}#") && reads(Kind::Dial, "#150*{code}#"));
        for wrong in ["*126#", "*{code}*{code}#", "*126*{code}# 1", "*126*{Code}#"] {
            assert!(!reads(Kind::Dial, wrong), "{wrong}");
        }
        assert!(!reads(Kind::Dial, &format!("*{}{{code}}#", "1".repeat(31))));
    }

    #[test]
    fn takes_verbs_that_only_read() {
        assert!(
            reads(Kind::Routes, "boxes/list") && reads(Kind::Routes, "boxes/list  servers/list")
        );
        for wrong in ["boxes/retire", "boxes/list boxes/retire", "boxes/paint", "list", "AUTH"] {
            assert!(!reads(Kind::Routes, wrong), "{wrong}");
        }
    }

    #[test]
    fn a_relative_path_is_beside_the_ini() {
        let path = |text| match parse(Kind::Path, text, Path::new("/etc/ngondo")) {
            Ok(Setting::Path(path)) => path,
            other => panic!("{other:?}"),
        };
        assert_eq!(path("aar.keys"), Path::new("/etc/ngondo/aar.keys"));
        assert_eq!(path("/srv/aar.keys"), Path::new("/srv/aar.keys"));
    }
}
