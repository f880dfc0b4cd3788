//! What `ngondo.ini` and the command line say of the back office.

use std::path::{Path, PathBuf};

use config::Tool;
use protocol::{DbUrl, Pair, PeerAddr};

use crate::cli::Global;
use crate::error::{Failure, bad_config};
use crate::text::cause;

/// The settings of one run.
#[derive(Debug)]
pub(crate) struct Settings {
    /// The two PPPX.
    pub(crate) pppx: Pair<Option<PeerAddr>>,
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

    fn of(tool: Tool, pppx: &[PeerAddr], home: Option<&Path>) -> Self {
        let mut asked = pppx.iter().cloned();
        let pppx = match asked.next() {
            Some(first) => Pair::new(Some(first), asked.next()),
            None => tool.pppx,
        };
        let key = std::net::SocketAddr::new(tool.key_addr, tool.key_port).to_string().parse().ok();
        let state = || home.unwrap_or(Path::new(".")).join(".local/state/ngondo");
        let journal = tool.state.unwrap_or_else(state);
        Self { pppx, key, report: tool.report, journal }
    }
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

    #[test]
    fn the_command_line_wins_over_the_ini() {
        let asked = [addr("10.0.0.1:1"), addr("10.0.0.2:2")];
        let settings = Settings::of(Tool::without_ini(), &asked, None);
        assert_eq!(settings.pppx, Pair::new(Some(addr("10.0.0.1:1")), Some(addr("10.0.0.2:2"))));
        let settings = Settings::of(Tool::without_ini(), &asked[..1], None);
        assert_eq!(settings.pppx, Pair::new(Some(addr("10.0.0.1:1")), None));
    }

    #[test]
    fn without_an_ini_the_back_office_is_on_this_machine() {
        let settings = Settings::of(Tool::without_ini(), &[], Some(Path::new("/home/ada")));
        let pppx = settings.pppx.map(|it| it.unwrap().to_string());
        assert_eq!(pppx, Pair::new("127.0.0.1:8400".to_owned(), "127.0.0.1:8410".to_owned()));
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
