//! What `ngondo.ini` and the command line say of the back office.

use std::path::{Path, PathBuf};

use client::Endpoint;
use config::Tool;
use protocol::{DbUrl, Instance, Pair, PeerAddr};

use crate::cli::{Global, Named};
use crate::error::{Failure, bad_config};
use crate::text::cause;

/// The settings of one run.
#[derive(Debug)]
pub(crate) struct Settings {
    /// The two PPPX, with the instances that a toki for them names.
    pub(crate) pppx: Pair<Option<Endpoint>>,
    /// The file of the user's principal, where there is one.
    pub(crate) toki: Option<PathBuf>,
    /// The key on the bench.
    pub(crate) key: Option<PeerAddr>,
    /// The two REPORT databases, where the ini names them.
    pub(crate) report: Pair<Option<DbUrl>>,
    /// The folder of begun requests.
    pub(crate) journal: PathBuf,
}

// === impl Settings ===

impl Settings {
    /// Reads the first ini that is there; what the command line says wins.
    ///
    /// Source: architecture.md (The ini)
    pub(crate) fn find(global: &Global) -> Result<Self, Failure> {
        let home = crate::environment("HOME").map(PathBuf::from);
        let path = match &global.config {
            Some(path) => Some(path.clone()),
            None => usual_places(home.as_deref()).into_iter().find(|path| path.is_file()),
        };
        let tool = match path {
            Some(path) => Tool::load(&path).map_err(|problems| {
                bad_config!("config-unusable", cause = cause::problems(&problems))
            })?,
            None => Tool::without_ini(),
        };
        Ok(Self::of(tool, &global.pppx, home.as_deref()))
    }

    fn of(tool: Tool, asked: &[Named], home: Option<&Path>) -> Self {
        let listed = listed(&tool);
        let pppx = match asked {
            [] => listed,
            [first] => Pair::new(Some(named(first, listed.first.as_ref(), &listed)), None),
            [first, second, ..] => Pair::new(
                Some(named(first, listed.first.as_ref(), &listed)),
                Some(named(second, listed.second.as_ref(), &listed)),
            ),
        };
        let key = std::net::SocketAddr::new(tool.key_addr, tool.key_port).to_string().parse().ok();
        let state = || home.unwrap_or(Path::new(".")).join(".local/state/ngondo");
        let journal = tool.state.unwrap_or_else(state);
        Self { pppx, toki: tool.toki, key, report: tool.report, journal }
    }
}

/// The two PPPX of the ini.
fn listed(tool: &Tool) -> Pair<Option<Endpoint>> {
    let one = |addr: &Option<PeerAddr>, name: Option<Instance>| {
        addr.clone().map(|addr| Endpoint { name, ..Endpoint::from(addr) })
    };
    let (addrs, names) = (&tool.pppx, &tool.pppx_names);
    Pair::new(one(&addrs.first, names.first), one(&addrs.second, names.second))
}

/// A PPPX of the command line. Where no name is said it has that of the same address in the ini,
/// else that of the same place.
fn named(asked: &Named, place: Option<&Endpoint>, listed: &Pair<Option<Endpoint>>) -> Endpoint {
    let known = listed.present().find(|it| it.addr == asked.addr).or(place);
    let name = asked.name.or_else(|| known.and_then(|it| it.name));
    Endpoint { name, ..Endpoint::from(asked.addr.clone()) }
}

/// Where the ini is looked for, in this order.
fn usual_places(home: Option<&Path>) -> Vec<PathBuf> {
    let own = home.map(|home| home.join(".config/ngondo/ngondo.ini"));
    [Some(PathBuf::from("ngondo.ini")), own, Some(PathBuf::from("/etc/ngondo/ngondo.ini"))]
        .into_iter()
        .flatten()
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn addr(text: &str) -> PeerAddr {
        text.parse().unwrap()
    }

    fn told(pppx: &Pair<Option<Endpoint>>) -> Vec<String> {
        let one = |it: &Endpoint| format!("{}@{}", it.name.unwrap(), it.addr);
        pppx.present().map(one).collect()
    }

    #[test]
    fn the_command_line_wins_over_the_ini() {
        let asked = |all: &[&str]| {
            let asked: Vec<Named> = all.iter().map(|it| it.parse().unwrap()).collect();
            told(&Settings::of(Tool::without_ini(), &asked, None).pppx)
        };
        let both = ["pppx-1@10.0.0.1:1", "pppx-2@10.0.0.2:2"];
        assert_eq!(asked(&["10.0.0.1:1", "10.0.0.2:2"]), both);
        assert_eq!(asked(&["10.0.0.1:1"]), both[..1]);
        assert_eq!(asked(&["web-9@10.0.0.1:1"]), ["web-9@10.0.0.1:1"]);
        // The second one alone keeps its name.
        assert_eq!(asked(&["127.0.0.1:8410"]), ["pppx-2@127.0.0.1:8410"]);
    }

    #[test]
    fn without_an_ini_the_back_office_is_on_this_machine() {
        let settings = Settings::of(Tool::without_ini(), &[], Some(Path::new("/home/ada")));
        assert_eq!(told(&settings.pppx), ["pppx-1@127.0.0.1:8400", "pppx-2@127.0.0.1:8410"]);
        assert_eq!(settings.toki, None);
        assert_eq!(settings.journal, Path::new("/home/ada/.local/state/ngondo"));
        assert_eq!(settings.key, Some(addr("192.168.8.1:80")));
    }

    #[test]
    fn looks_for_the_ini_here_then_at_home_then_in_etc() {
        let places = usual_places(Some(Path::new("/home/ada")));
        let wanted =
            ["ngondo.ini", "/home/ada/.config/ngondo/ngondo.ini", "/etc/ngondo/ngondo.ini"];
        assert_eq!(places, wanted.map(PathBuf::from));
    }
}
