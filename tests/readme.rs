//! The shell blocks of README.md do what it says.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a test may panic")]

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;

use nix::sys::signal::{Signal, killpg};
use nix::unistd::Pid;
use tokio::process::Command;

/// A block may build everything anew; one that hangs must not hold up the rest for ever.
const LIMIT: Duration = Duration::from_mins(20);

/// The block that this test runs in: run by it again, it would never end.
const ITSELF: &str = "make test";

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap().to_owned()
}

/// The text between ```` ```sh ```` and ```` ``` ````, block by block.
fn blocks(text: &str) -> Vec<String> {
    let mut blocks = Vec::new();
    let mut lines = text.lines();
    while lines.by_ref().any(|line| line.trim_end() == "```sh") {
        let block: Vec<&str> = lines.by_ref().take_while(|line| line.trim_end() != "```").collect();
        blocks.push(block.join("\n"));
    }
    blocks
}

/// Runs a block from the root, as somebody who copies it would, and shows what it wrote where it
/// fails.
async fn run(block: &str) {
    let child = Command::new("sh")
        .args(["-euc", block])
        .current_dir(root())
        .process_group(0)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .kill_on_drop(true)
        .spawn()
        .unwrap();
    let group = Pid::from_raw(i32::try_from(child.id().unwrap()).unwrap());
    let Ok(output) = tokio::time::timeout(LIMIT, child.wait_with_output()).await else {
        killpg(group, Signal::SIGKILL).unwrap();
        panic!("after {LIMIT:?} this still ran:\n{block}");
    };
    let output = output.unwrap();
    let (said, complained) =
        (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success(), "{}:\n{block}\n{said}\n{complained}", output.status);
}

#[tokio::test]
async fn each_shell_block_of_the_readme_runs() {
    let blocks = blocks(&fs::read_to_string(root().join("README.md")).unwrap());
    assert!(blocks.iter().any(|block| block == "make demo"), "{blocks:?}");
    assert!(blocks.iter().any(|block| block == ITSELF), "{blocks:?}");
    for block in blocks.iter().filter(|block| *block != ITSELF) {
        run(block).await;
    }
}

#[test]
fn the_make_targets_that_the_readme_names_exist() {
    let makefile = fs::read_to_string(root().join("Makefile")).unwrap();
    let readme = fs::read_to_string(root().join("README.md")).unwrap();
    let mut named = 0;
    for (at, _) in readme.match_indices("make ") {
        let rest = readme.split_at(at).1.trim_start_matches("make ");
        let target: String =
            rest.chars().take_while(|it| it.is_ascii_lowercase() || *it == '-').collect();
        let in_code = matches!(readme.split_at(at).0.chars().next_back(), Some('`' | '\n'));
        if in_code && !target.is_empty() {
            assert!(makefile.contains(&format!("\n{target}:")), "README.md names `make {target}`");
            named += 1;
        }
    }
    assert!(2 <= named, "README.md names {named} targets");
}

#[test]
fn finds_blocks_of_shell_alone() {
    let text = "a\n```sh\nmake demo\n```\n```text\nnot this\n```\n```sh\none\ntwo\n```\n";
    assert_eq!(blocks(text), ["make demo", "one\ntwo"]);
}

#[test]
fn each_dependency_has_its_line_in_the_decision() {
    let decision = fs::read_to_string(root().join("docs/adr/0002-dependencies.md")).unwrap();
    let named: Vec<&str> = decision
        .lines()
        .filter(|line| line.starts_with("| "))
        .filter_map(|line| line.split('|').nth(1))
        .flat_map(|cell| cell.split(',').map(str::trim))
        .collect();
    let manifest = fs::read_to_string(root().join("Cargo.toml")).unwrap();
    let dependencies = manifest
        .lines()
        .skip_while(|line| *line != "[workspace.dependencies]")
        .skip(1)
        .take_while(|line| !line.starts_with('['))
        .filter(|line| !line.starts_with('#') && !line.contains("path ="))
        .filter_map(|line| line.split_once(" = ").map(|(name, _)| name));
    let mut counted = 0;
    for name in dependencies {
        assert!(named.contains(&name), "docs/adr/0002-dependencies.md does not name {name}");
        counted += 1;
    }
    assert!(30 <= counted, "{counted} dependencies: is the manifest still one?");
}
