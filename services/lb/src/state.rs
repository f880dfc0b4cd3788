//! The LB's own file: the epoch that it published last, and for which content.
//!
//! # Format
//! `epoch = 7`, `digest = <64 hex digits>` and, where nobody has been seen running on it yet,
//! `edited = 1`, a line each.

use std::path::{Path, PathBuf};

use protocol::{AddressMap, DbUrl, Epoch, Pair, Role, Server};

use crate::chart::{Chart, Origin, content_of};

const NAME: &str = "lb.epoch";
const ROLES: [Role; 6] = [Role::Aar, Role::TopUp, Role::Lb, Role::Pppx, Role::Sr, Role::Gateway];

/// Where the epoch outlives the process.
#[derive(Debug, Clone)]
pub(crate) struct StateFile {
    path: PathBuf,
}

/// What the file says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Saved {
    epoch: Epoch,
    digest: String,
    edited: bool,
}

// === impl StateFile ===

impl StateFile {
    pub(crate) fn new(folder: &Path) -> Self {
        Self { path: folder.join(NAME) }
    }

    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// Reads the file; one that is missing or does not parse is as if it had never been written.
    pub(crate) fn load(&self) -> Option<Saved> {
        let text = std::fs::read_to_string(&self.path).ok()?;
        let saved = Saved::parse(&text);
        if saved.is_none() {
            tracing::warn!(file = %self.path.display(), "not readable: starting without it");
        }
        saved
    }

    /// Writes what the chart has now; one without a number of its own is not worth keeping.
    pub(crate) fn save(&self, chart: &Chart) -> std::io::Result<()> {
        if chart.origin() == Origin::Unnumbered {
            return Ok(());
        }
        let text = Saved::of(chart).print();
        if std::fs::read_to_string(&self.path).is_ok_and(|saved| saved == text) {
            return Ok(());
        }
        config::atomic::write(&self.path, text.as_bytes())
    }
}

// === impl Saved ===

impl Saved {
    pub(crate) fn of(chart: &Chart) -> Self {
        Self {
            epoch: chart.epoch(),
            digest: digest(chart.content()),
            edited: chart.origin() == Origin::Edited,
        }
    }

    /// The chart to start from: the inventory may have been changed while this LB was down.
    pub(crate) fn chart(&self, inventory: &AddressMap) -> Chart {
        if digest(&content_of(inventory)) != self.digest {
            return Chart::new(inventory, self.epoch.next(), Origin::Edited);
        }
        let origin = if self.edited { Origin::Edited } else { Origin::Settled };
        Chart::new(inventory, self.epoch, origin)
    }

    fn parse(text: &str) -> Option<Self> {
        let value = |key: &str| {
            text.lines().find_map(|line| line.split_once('=').filter(|(it, _)| it.trim() == key))
        };
        let (_, epoch) = value("epoch")?;
        let (_, digest) = value("digest")?;
        Some(Self {
            epoch: epoch.trim().parse().ok()?,
            digest: digest.trim().to_owned(),
            edited: value("edited").is_some_and(|(_, edited)| edited.trim() == "1"),
        })
    }

    fn print(&self) -> String {
        let edited = if self.edited { "edited = 1\n" } else { "" };
        format!("epoch = {}\ndigest = {}\n{edited}", self.epoch, self.digest)
    }
}

/// SHA-256 of a content, one line a place.
fn digest(content: &AddressMap) -> String {
    let mut text = String::new();
    for role in ROLES {
        line(&mut text, role.as_str(), content.servers(role), server);
    }
    line(&mut text, "report", &content.report, database);
    line(&mut text, "crypto", &content.crypto, database);
    crypto::sha256_hex(text.as_bytes())
}

fn line<T>(text: &mut String, name: &str, pair: &Pair<Option<T>>, print: fn(&T) -> String) {
    for place in [&pair.first, &pair.second] {
        text.push_str(name);
        text.push(' ');
        text.push_str(&place.as_ref().map(print).unwrap_or_default());
        text.push('\n');
    }
}

fn server(server: &Server) -> String {
    let name = server.name.map(|name| name.to_string()).unwrap_or_default();
    format!("{name} {}", server.addr)
}

fn database(url: &DbUrl) -> String {
    url.to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn map(port: u16) -> AddressMap {
        let server = Server::at(format!("127.0.0.1:{port}").parse().unwrap());
        AddressMap { topup: Pair { first: Some(server), second: None }, ..AddressMap::default() }
    }

    fn saved(file: &StateFile, chart: &Chart) -> Saved {
        file.save(chart).unwrap();
        file.load().unwrap()
    }

    fn file() -> (tempfile::TempDir, StateFile) {
        let folder = tempfile::tempdir().unwrap();
        let file = StateFile::new(folder.path());
        (folder, file)
    }

    #[test]
    fn starts_from_the_epoch_in_the_file() {
        let (_folder, file) = file();
        let chart = Chart::new(&map(1), Epoch::new(41), Origin::Settled);
        let again = saved(&file, &chart).chart(&map(1));
        assert_eq!((again.epoch(), again.origin()), (Epoch::new(41), Origin::Settled));
    }

    #[test]
    fn a_change_while_it_was_down_is_a_change() {
        let (_folder, file) = file();
        let chart = Chart::new(&map(1), Epoch::new(41), Origin::Settled);
        let again = saved(&file, &chart).chart(&map(2));
        assert_eq!((again.epoch(), again.origin()), (Epoch::new(42), Origin::Edited));
    }

    #[test]
    fn a_change_that_nobody_runs_on_is_still_one_after_a_restart() {
        let (_folder, file) = file();
        let chart = Chart::new(&map(2), Epoch::new(42), Origin::Edited);
        let again = saved(&file, &chart).chart(&map(2));
        assert_eq!((again.epoch(), again.origin()), (Epoch::new(42), Origin::Edited));
    }

    #[test]
    fn a_content_without_a_number_is_not_kept() {
        let (_folder, file) = file();
        file.save(&Chart::new(&map(1), Epoch::new(1), Origin::Unnumbered)).unwrap();
        assert_eq!(file.load(), None);
    }

    #[test]
    fn a_torn_file_is_as_none() {
        let (_folder, file) = file();
        std::fs::write(file.path(), "epoch = 4").unwrap();
        assert_eq!(file.load(), None);
    }

    #[test]
    fn every_place_has_its_own_digest() {
        let first = digest(&map(1));
        let mut moved = map(1);
        std::mem::swap(&mut moved.topup.first, &mut moved.topup.second);
        assert_ne!(first, digest(&moved));
        assert_ne!(first, digest(&map(2)));
        assert_eq!(first, digest(&map(1)));
    }
}
