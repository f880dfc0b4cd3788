//! docs/operateur.fr.md shows the operator's day: each command is run, and prints what the page says.

#![expect(clippy::unwrap_used, reason = "a test may panic")]

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use chassis::Clock;
use ngondo::sim::key::{KeyScript, SimKey};
use ngondo::site::{House, Ports, Site};
use protocol::KeyIdentity;
use stack::{PACE, binary};
use tempfile::TempDir;
use tokio::process::Command;

/// A command of the page, and what the page says that it prints.
#[derive(Debug, Default)]
struct Step {
    command: String,
    printed: Vec<String>,
}

/// What stands between two fences of the page.
#[derive(Debug)]
enum Block {
    /// A file that the reader has.
    File { name: String, text: String },
    /// What he types, and what he sees.
    Console(Vec<Step>),
}

/// What the values that differ from run to run are in this one.
#[derive(Debug, Default)]
struct Drawn(BTreeMap<String, String>);

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap().to_owned()
}

fn read(path: &str) -> String {
    fs::read_to_string(root().join(path)).unwrap()
}

/// The fenced blocks of a page that are files or consoles.
fn blocks(page: &str) -> Vec<Block> {
    let mut blocks = Vec::new();
    let mut lines = page.lines();
    while let Some(fence) = lines.by_ref().find(|line| line.starts_with("```")) {
        let inside: Vec<&str> = lines.by_ref().take_while(|line| *line != "```").collect();
        if let Some(name) = fence.strip_prefix("```csv ") {
            let text = inside.join("\n") + "\n";
            blocks.push(Block::File { name: name.to_owned(), text });
        } else if fence == "```console" {
            blocks.push(Block::Console(steps(&inside)));
        }
    }
    blocks
}

fn steps(lines: &[&str]) -> Vec<Step> {
    let mut steps: Vec<Step> = Vec::new();
    for line in lines {
        match line.strip_prefix("$ ") {
            Some(command) => {
                steps.push(Step { command: command.to_owned(), printed: Vec::new() });
            }
            None => steps.last_mut().unwrap().printed.push((*line).to_owned()),
        }
    }
    steps
}

/// The words of a line; the four groups of a code are one.
fn words(line: &str) -> Vec<String> {
    let four = |word: &str| word.len() == 4 && word.bytes().all(|it| it.is_ascii_digit());
    let mut words: Vec<String> = Vec::new();
    let mut rest = line.split_whitespace().peekable();
    while let Some(word) = rest.next() {
        let mut word = word.to_owned();
        let mut groups = 1;
        while groups < 4 && word.rsplit(' ').next().is_some_and(four) {
            let Some(next) = rest.next_if(|next| four(next)) else { break };
            word.push(' ');
            word.push_str(next);
            groups += 1;
        }
        words.push(word);
    }
    words
}

/// What kind of drawn value a word is: a box, a code, a time, a mark of the audit log.
fn kind(word: &str) -> Option<&'static str> {
    let hex = |text: &str| text.bytes().all(|it| it.is_ascii_hexdigit());
    let digits = word.bytes().filter(u8::is_ascii_digit).count();
    match word.len() {
        32 if hex(word) => Some("box"),
        19 if digits == 16 && word.split(' ').count() == 4 => Some("code"),
        24 if word.ends_with('Z') && word.contains('T') && digits == 17 => Some("time"),
        10 if digits == 8 && word.split('-').count() == 3 => Some("day"),
        65.. if word.split_once(':').is_some_and(|(_, hash)| hash.len() == 64 && hex(hash)) => {
            Some("mark")
        }
        _ => None,
    }
}

// === impl Drawn ===

impl Drawn {
    /// A command of the page with the values of this run.
    fn filled(&self, command: &str) -> String {
        self.0.iter().fold(command.to_owned(), |command, (shown, drawn)| {
            let squeezed = |text: &str| text.replace(' ', "");
            command.replace(shown, drawn).replace(&squeezed(shown), &squeezed(drawn))
        })
    }

    /// Whether a printed line is the shown one, and notes what was drawn.
    fn is(&mut self, shown: &str, printed: &str) -> bool {
        let (shown, printed) = (words(shown), words(printed));
        shown.len() == printed.len()
            && shown.iter().zip(&printed).all(|(shown, printed)| self.word(shown, printed))
    }

    fn word(&mut self, shown: &str, printed: &str) -> bool {
        let plain = |word: &str| word.trim_end_matches([':', ',', '.', ';']).to_owned();
        let (shown, printed) = (plain(shown), plain(printed));
        // `box/ID`: what it is about, in the audit log.
        if let (Some(shown), Some(printed)) =
            (shown.strip_prefix("box/"), printed.strip_prefix("box/"))
        {
            return self.word(shown, printed);
        }
        match (kind(&shown), kind(&printed)) {
            (Some(one), Some(other)) if one == other => match one {
                // Many things happen at one time, and none is asked for by it.
                "time" | "day" | "mark" => true,
                _ => *self.0.entry(shown).or_insert_with(|| printed.clone()) == printed,
            },
            _ => shown == printed,
        }
    }
}

/// A back office, a key on the bench, and the operator's folder.
struct Desk {
    folder: TempDir,
    site: Site,
    house: House,
    key: SimKey,
}

// === impl Desk ===

impl Desk {
    async fn open() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let identity = KeyIdentity {
            imei: Some("861821032479591".parse().unwrap()),
            serial: Some("G4PDW16623003677".parse().unwrap()),
            model: Some("E3372h".parse().unwrap()),
            ..KeyIdentity::new("a8:bb:cc:dd:ee:0f".parse().unwrap())
        };
        let script = KeyScript { identity, private: None, cut_percent: 0, seed: 1 };
        let clock = Clock::default();
        let key = SimKey::start("127.0.0.1:0".parse().unwrap(), script, clock.clone());
        let key = key.await.unwrap();
        let addr = key.addr().to_string().parse().unwrap();
        let site = Site::lay(folder.path(), Ports::free().unwrap(), addr, PACE).await.unwrap();
        let house = Box::pin(House::start(&site, &clock)).await.unwrap();
        Self { folder, site, house, key }
    }

    /// Runs a line as a shell would that finds `ngondo` on its path.
    async fn run(&self, line: &str) -> String {
        let ngondo = binary("ngondo");
        let path = format!("{}:/usr/bin:/bin", ngondo.parent().unwrap().display());
        let output = Command::new("sh")
            .args(["-c", &format!("{line} 2>&1")])
            .current_dir(self.folder.path())
            .env_clear()
            .env("PATH", path)
            .env("HOME", self.folder.path())
            .env("LANG", "fr_FR.UTF-8")
            .kill_on_drop(true)
            .output()
            .await
            .unwrap();
        String::from_utf8(output.stdout).unwrap()
    }

    /// Waits until every AAR has read the box that was just recorded.
    async fn read_by_all(&self) {
        let door = stack::operator(&self.site, &Clock::default());
        let mut tick = tokio::time::interval(Duration::from_millis(20));
        let mut in_a_row = 0;
        while in_a_row < 8 {
            tick.tick().await;
            let lines = door.lines("/v1/boxes/list", "{}".to_owned()).await.unwrap();
            in_a_row = if lines.len() == 2 { in_a_row + 1 } else { 0 };
        }
    }

    async fn close(self) {
        self.key.stop().await;
        Box::pin(self.house.stop()).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn each_command_of_the_operators_day_prints_what_the_page_shows() {
    let desk = Box::pin(Desk::open()).await;
    let (mut drawn, mut transcript, mut wrong) = (Drawn::default(), String::new(), Vec::new());
    let mut steps = 0;
    for block in blocks(&read("docs/operateur.fr.md")) {
        let console = match block {
            Block::File { name, text } => {
                fs::write(desk.folder.path().join(name), text).unwrap();
                continue;
            }
            Block::Console(console) => console,
        };
        for Step { command, printed } in console {
            steps += 1;
            let line = drawn.filled(&command);
            let found = desk.run(&line).await;
            if command.starts_with("ngondo record") {
                desk.read_by_all().await;
            }
            writeln!(transcript, "$ {line}\n{}", found.trim_end()).unwrap();
            let found: Vec<&str> = found.trim_end().lines().collect();
            let same = printed.len() == found.len()
                && printed.iter().zip(&found).all(|(shown, printed)| drawn.is(shown, printed));
            if !same {
                wrong.push(command);
            }
        }
    }
    Box::pin(desk.close()).await;
    assert!(wrong.is_empty(), "other than the page says: {wrong:#?}\n\n{transcript}");
    assert!(20 <= steps, "{steps} commands: is the page still one?");
}

#[test]
fn the_french_readme_has_the_commands_of_the_english_one() {
    // Those are run by another test: what is the same need not run twice.
    let commands = |page: &str| -> Vec<String> {
        let mut lines = page.lines();
        let mut commands = Vec::new();
        while lines.by_ref().any(|line| line == "```sh" || line == "```text") {
            commands.extend(lines.by_ref().take_while(|line| *line != "```").map(str::to_owned));
        }
        commands
    };
    let french = commands(&read("README.fr.md"));
    assert!(french.contains(&"make demo".to_owned()), "{french:?}");
    assert_eq!(french, commands(&read("README.md")));
}

#[test]
fn each_page_that_the_french_pages_name_exists() {
    for (page, folder) in [("README.fr.md", ""), ("docs/operateur.fr.md", "docs/")] {
        for link in read(page).split("](").skip(1) {
            let link = link.split([')', '#']).next().unwrap();
            assert!(root().join(folder).join(link).exists(), "{page} names {link}");
        }
    }
}

#[test]
fn tells_what_is_drawn_from_what_is_not() {
    let mut drawn = Drawn::default();
    let (one, other) = ("01".repeat(16), "ab".repeat(16));
    assert!(drawn.is(&format!("Box {one}:  active"), &format!("Box {other}: active")));
    assert!(!drawn.is(&format!("Box {one}: active"), &format!("Box {}: active", "cd".repeat(16))));
    assert_eq!(
        drawn.filled(&format!("ngondo boxes show {one}")),
        format!("ngondo boxes show {other}")
    );
    assert!(drawn.is("code 1234 5678 9012 3452", "code 1111 2222 3333 4444"));
    assert_eq!(drawn.filled("topup 1234567890123452"), "topup 1111222233334444");
    assert!(!drawn.is("valeur 5000", "valeur 4000"));
    assert!(drawn.is("2026-11-20T16:00:00.000Z a", "2026-11-21T17:00:00.123Z  a"));
    assert!(!drawn.is("a b", "a"));
}
