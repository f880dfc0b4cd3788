//! The ini of the operators' tool.

use std::net::IpAddr;
use std::path::{Path, PathBuf};

use protocol::{DbUrl, Instance, Pair, PeerAddr};

use crate::load;
use crate::problem::{Fault, Problems};
use crate::reader;
use crate::schema::TOOL;
use crate::setting::Settings;
use crate::shown::Shown;
use crate::spec::SectionSpec;

/// What `ngondo.ini` says.
#[derive(Debug, Clone)]
pub struct Tool {
    /// The proxies that the tool asks.
    pub pppx: Pair<Option<PeerAddr>>,
    /// Their instances.
    pub pppx_names: Pair<Option<Instance>>,
    /// The file of its user's principal, where it is named.
    pub toki: Option<PathBuf>,
    /// The fixed address of a key over USB-Ethernet.
    pub key_addr: IpAddr,
    /// The port where a key answers.
    pub key_port: u16,
    /// The two REPORT databases, where they are named.
    pub report: Pair<Option<DbUrl>>,
    /// The folder of begun requests, where it is named.
    pub state: Option<PathBuf>,
    /// Every value, for people.
    pub shown: Vec<Shown>,
}

// === impl Tool ===

impl Tool {
    /// Reads `ngondo.ini`.
    ///
    /// # Errors
    /// [`Problems`]: all that is wrong, each with its line.
    ///
    /// Source: architecture.md (The ini)
    pub fn load(path: &Path) -> Result<Self, Problems> {
        let document = load::document(path)?;
        let schema: Vec<&'static SectionSpec> = TOOL.iter().collect();
        let reading = reader::read(&document, &schema, path.parent().unwrap_or(Path::new("")));
        let mut faults = document.faults;
        faults.extend(reading.faults);
        if faults.is_empty() {
            Self::build(&reading.settings, reading.shown)
                .ok_or_else(|| Problems::one(path, Fault::Empty))
        } else {
            Err(Problems::of(path, faults))
        }
    }

    /// What holds where there is no `ngondo.ini`.
    pub fn without_ini() -> Self {
        let schema: Vec<&'static SectionSpec> = TOOL.iter().collect();
        let reading = reader::read(&crate::ini::Document::default(), &schema, Path::new(""));
        Self {
            pppx: pppx(&reading.settings),
            pppx_names: pppx_names(&reading.settings),
            toki: None,
            key_addr: reading.settings.get("bench", "key_addr"),
            key_port: reading.settings.get("bench", "key_port"),
            report: report(&reading.settings),
            state: None,
            shown: reading.shown,
        }
    }

    fn build(settings: &Settings, shown: Vec<Shown>) -> Option<Self> {
        Some(Self {
            pppx: pppx(settings),
            pppx_names: pppx_names(settings),
            toki: settings.find("toki", "file"),
            key_addr: settings.find("bench", "key_addr")?,
            key_port: settings.find("bench", "key_port")?,
            report: report(settings),
            state: settings.find("tool", "state"),
            shown,
        })
    }
}

fn pppx(settings: &Settings) -> Pair<Option<PeerAddr>> {
    Pair::new(settings.find("pppx", "first"), settings.find("pppx", "second"))
}

fn pppx_names(settings: &Settings) -> Pair<Option<Instance>> {
    Pair::new(settings.find("pppx", "first_name"), settings.find("pppx", "second_name"))
}

fn report(settings: &Settings) -> Pair<Option<DbUrl>> {
    Pair::new(settings.find("report", "first"), settings.find("report", "second"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn load(text: &str) -> Result<Tool, Problems> {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("ngondo.ini");
        std::fs::write(&path, text).unwrap();
        Tool::load(&path).map_err(|Problems(mut all)| {
            for problem in &mut all {
                problem.file = "ngondo.ini".into();
            }
            Problems(all)
        })
    }

    #[test]
    fn what_is_not_said_has_its_default() {
        let tool = load("[pppx]\nfirst = 10.0.0.1:8400\n").unwrap();
        let first = tool.pppx.first.unwrap();
        assert_eq!(first.as_str(), "10.0.0.1:8400");
        let none = Tool::without_ini();
        assert_eq!(none.pppx.first.unwrap().as_str(), "127.0.0.1:8400");
        assert_eq!(none.pppx.second.unwrap().as_str(), "127.0.0.1:8410");
        let names = none.pppx_names.map(|it| it.unwrap().to_string());
        assert_eq!(names, Pair::new("pppx-1".to_owned(), "pppx-2".to_owned()));
        assert_eq!(none.toki, None);
        assert_eq!((none.key_addr.to_string(), none.key_port), ("192.168.8.1".to_owned(), 80));
    }

    #[test]
    fn a_relative_state_is_beside_the_ini() {
        let text = "[toki]\nfile = toki/ada.toki\n[report]\nfirst = sqlite:///r1.db\n\
            [tool]\nstate = journal\n";
        let tool = load(text).unwrap();
        assert!(tool.state.unwrap().ends_with("journal"));
        assert!(tool.toki.unwrap().ends_with("toki/ada.toki"));
        assert_eq!(tool.report.first.unwrap().as_str(), "sqlite:///r1.db");
        assert_eq!(tool.report.second, None);
    }

    #[test]
    fn tells_all_problems() {
        let problems = load("[pppx]\nfirst = here\n[bnech]\nkey_port = 80\n").unwrap_err();
        assert_eq!(
            problems.to_string(),
            "ngondo.ini:2: [pppx] first must be HOST:PORT, such as 10.0.0.2:8402: it has no port\n\
             ngondo.ini:3: unknown section [bnech]: did you mean [bench]?"
        );
    }
}
