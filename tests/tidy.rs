//! What must stay true of the workspace itself.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a test may panic")]

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use cargo_metadata::{DependencyKind, Metadata, MetadataCommand};

/// Lowest first; a package depends on packages of strictly lower layers alone.
const LAYERS: [&[&str]; 7] = [
    &["protocol", "crypto"],
    &["config", "toki", "balance"],
    &["store", "report", "client"],
    &["chassis"],
    &["pppx", "lb", "aar", "sr", "topup"],
    &["ngondo"],
    &["stack"],
];

/// Which package alone may name a crate, and where in it.
const OWNERS: [(&str, &[&str]); 10] = [
    ("quick_xml", &["crates/protocol/src/wire", "crates/protocol/benches"]),
    ("::ini::", &["crates/config/src"]),
    ("sqlx", &["crates/store", "crates/report", "tests"]),
    ("rsa::", &["crates/crypto"]),
    ("aes_gcm", &["crates/crypto"]),
    ("x25519_dalek", &["crates/toki"]),
    ("aws_lc_rs", &["crates/crypto"]),
    ("axum_server", &["crates/chassis"]),
    // The tool simulates a key, and its load generator counts every connection.
    ("axum::", &["crates/chassis", "crates/ngondo/src"]),
    ("hyper_util", &["crates/client", "crates/chassis", "crates/ngondo/src/bench"]),
];

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap().to_owned()
}

fn metadata() -> Metadata {
    MetadataCommand::new().manifest_path(root().join("Cargo.toml")).exec().unwrap()
}

fn layer(name: &str) -> Option<usize> {
    LAYERS.iter().position(|layer| layer.contains(&name))
}

fn read(path: &str) -> String {
    fs::read_to_string(root().join(path)).unwrap_or_else(|error| panic!("{path}: {error}"))
}

/// Every file below a folder whose name ends so, without what is built.
fn files(folder: &Path, ending: &str) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        if path.is_dir() {
            if name != "target" && name != ".git" && name != "var" {
                found.extend(files(&path, ending));
            }
        } else if name.ends_with(ending) {
            found.push(path);
        }
    }
    found.sort();
    found
}

fn relative(path: &Path) -> String {
    path.strip_prefix(root()).unwrap().to_string_lossy().into_owned()
}

#[test]
fn dependencies_point_down() {
    let metadata = metadata();
    let ours: BTreeSet<String> =
        metadata.workspace_packages().iter().map(|it| it.name.to_string()).collect();
    for package in metadata.workspace_packages() {
        let own = layer(&package.name)
            .unwrap_or_else(|| panic!("{} has no layer: give it one in LAYERS", package.name));
        for dependency in &package.dependencies {
            let wrong = ours.contains(&dependency.name)
                && dependency.kind != DependencyKind::Development
                && layer(&dependency.name).unwrap() >= own;
            assert!(
                !wrong,
                "{} depends on {}, which is not below it",
                package.name, dependency.name
            );
        }
    }
}

#[test]
fn pure_crates_have_no_runtime() {
    for package in metadata().workspace_packages() {
        if !["protocol", "crypto", "toki", "balance"].contains(&package.name.as_str()) {
            continue;
        }
        for dependency in &package.dependencies {
            let impure = ["tokio", "hyper", "axum", "sqlx"].contains(&dependency.name.as_str());
            assert!(!impure, "{} is pure and names {}", package.name, dependency.name);
        }
    }
}

#[test]
fn versions_stand_in_one_place() {
    for package in metadata().workspace_packages() {
        let manifest = fs::read_to_string(&package.manifest_path).unwrap();
        for line in manifest.lines().skip_while(|it| !it.starts_with("[dependencies]")) {
            assert!(!line.contains("version ="), "{}: {line}", package.manifest_path);
        }
    }
}

#[test]
fn each_outside_crate_has_its_one_owner() {
    let sources = files(&root().join("crates"), ".rs")
        .into_iter()
        .chain(files(&root().join("services"), ".rs"))
        .chain(files(&root().join("tests"), ".rs"));
    for source in sources {
        let path = relative(&source);
        if path == "tests/tidy.rs" {
            continue;
        }
        let text = fs::read_to_string(&source).unwrap();
        for (name, homes) in OWNERS {
            let named = text.lines().any(|line| {
                let code = line.trim_start();
                !code.starts_with("//") && names(code, name)
            });
            let home = homes.iter().any(|home| path.starts_with(home));
            assert!(!named || home, "{path} names {name}, which belongs to {homes:?}");
        }
    }
}

/// Whether a line of code names a crate, not a word that merely ends like it.
fn names(code: &str, name: &str) -> bool {
    code.match_indices(name).any(|(at, _)| {
        let before = code[..at].chars().next_back();
        !before.is_some_and(|it| it.is_alphanumeric() || it == '_' || it == ':')
    })
}

#[test]
fn nothing_forbidden_is_built() {
    for package in metadata().packages {
        let banned = ["openssl-sys", "native-tls", "ring", "chrono"];
        assert!(!banned.contains(&package.name.as_str()), "{} is in the graph", package.name);
    }
}

#[test]
fn files_are_rooms_not_halls() {
    for folder in ["crates", "services"] {
        for source in files(&root().join(folder), ".rs") {
            let text = fs::read_to_string(&source).unwrap();
            let code = text.split("#[cfg(test)]\nmod tests {").next().unwrap();
            let lines = code.lines().count();
            assert!(lines <= 400, "{} has {lines} lines without its tests", relative(&source));
            let name = source.file_name().unwrap().to_str().unwrap();
            assert!(name != "mod.rs", "{}: name it after its folder", relative(&source));
            let told = name == "tests.rs" || text.starts_with("//!");
            assert!(told, "{} does not say what it is", relative(&source));
        }
    }
}

#[test]
fn no_test_sleeps_or_is_ignored() {
    for folder in ["crates", "services", "tests"] {
        for source in files(&root().join(folder), ".rs") {
            let path = relative(&source);
            if path == "tests/tidy.rs" {
                continue;
            }
            let text = fs::read_to_string(&source).unwrap();
            for wrong in ["#[ignore", "#[should_panic", "todo!(", "unimplemented!("] {
                assert!(!text.contains(wrong), "{path} holds {wrong}");
            }
            if path.starts_with("tests/") {
                assert!(!text.contains("thread::sleep"), "{path} sleeps: wait for the event");
            }
        }
    }
}

/// The sections that a page of docs has, for example `3` and `3 (AUTH)`.
fn sections(page: &str) -> BTreeSet<String> {
    let mut sections = BTreeSet::new();
    let mut current = String::new();
    for line in read(&format!("docs/{page}")).lines() {
        if let Some(title) = line.strip_prefix("## ") {
            current = title.chars().take_while(char::is_ascii_digit).collect();
            sections.insert(current.clone());
        } else if let Some(title) = line.strip_prefix("### ") {
            sections.insert(format!("{current} ({})", title.trim()));
        }
    }
    sections
}

#[test]
fn each_cited_section_exists() {
    for page in ["protocol.md", "toki.md"] {
        let sections = sections(page);
        let cite = format!("{page} §");
        for folder in ["crates", "services"] {
            for source in files(&root().join(folder), ".rs") {
                let text = fs::read_to_string(&source).unwrap();
                for cited in text.match_indices(&cite).map(|(at, it)| &text[at + it.len()..]) {
                    let number: String = cited.chars().take_while(char::is_ascii_digit).collect();
                    assert!(sections.contains(&number), "{} cites §{number}", relative(&source));
                }
            }
        }
    }
}

#[test]
fn each_message_has_its_golden_file() {
    let golden = root().join("crates/protocol/tests/golden");
    for command in ["INIT", "CRECORD", "ACTIVATE", "AUTH", "TOPUP", "CREDIT"] {
        for cmd in [
            command.to_owned(),
            format!("{command}*"),
            format!("R-{command}"),
            format!("R-{command}*"),
        ] {
            let wanted = format!("<cmd>{cmd}</cmd>");
            let found = files(&golden, ".xml")
                .iter()
                .filter(|it| !relative(it).contains("/refused/"))
                .any(|it| fs::read_to_string(it).unwrap().contains(&wanted));
            assert!(found, "no golden file holds {wanted}");
        }
    }
}

/// Every `fn name` of the sources, with where it stands.
fn functions() -> BTreeMap<String, String> {
    let mut functions = BTreeMap::new();
    for folder in ["crates", "services", "tests"] {
        for source in files(&root().join(folder), ".rs") {
            let text = fs::read_to_string(&source).unwrap();
            for line in text.lines() {
                if let Some((_, rest)) = line.split_once("fn ") {
                    let name: String =
                        rest.chars().take_while(|it| it.is_alphanumeric() || *it == '_').collect();
                    functions.insert(name, relative(&source));
                }
            }
        }
    }
    functions
}

#[test]
fn each_feature_names_a_test_that_exists() {
    let functions = functions();
    let mut rows = 0;
    for line in read("docs/features.md").lines().filter(|it| it.starts_with("| ")) {
        let Some(cell) = line.trim_end_matches('|').rsplit('|').next() else { continue };
        for name in cell.split('`').skip(1).step_by(2) {
            let name = name.rsplit("::").next().unwrap();
            assert!(
                functions.contains_key(name),
                "docs/features.md names {name}, which is no test"
            );
            rows += 1;
        }
    }
    assert!(rows >= 20, "docs/features.md names {rows} tests: is its table still one?");
}

#[test]
fn each_rust_name_of_the_glossary_exists() {
    let sources: String = ["crates", "services"]
        .iter()
        .flat_map(|folder| files(&root().join(folder), ".rs"))
        .map(|it| fs::read_to_string(it).unwrap())
        .collect();
    let mut names = 0;
    for line in read("docs/glossary.md").lines().filter(|it| it.starts_with("| ")) {
        let Some(cell) = line.split('|').nth(3) else { continue };
        for name in cell.split('`').skip(1).step_by(2) {
            let name = name.rsplit("::").next().unwrap();
            assert!(
                sources.contains(name),
                "docs/glossary.md names {name}, which the code does not"
            );
            names += 1;
        }
    }
    assert!(names >= 15, "docs/glossary.md names {names} Rust names");
}

#[test]
fn the_code_map_is_the_code() {
    let map = read("docs/architecture.md");
    for package in metadata().workspace_packages() {
        let folder = relative(package.manifest_path.parent().unwrap().as_std_path());
        assert!(
            map.contains(&format!("`{folder}`")),
            "docs/architecture.md does not name {folder}"
        );
    }
    for line in map.lines() {
        for path in line.split('`').skip(1).step_by(2) {
            let is_path = ["crates/", "services/", "docs/", "migrations/", "confs/", "tests/"]
                .iter()
                .any(|folder| path.starts_with(folder));
            assert!(!is_path || root().join(path).exists(), "docs/architecture.md names {path}");
        }
    }
}

#[test]
fn decisions_are_numbered_without_a_gap() {
    let numbers: Vec<usize> = files(&root().join("docs/adr"), ".md")
        .iter()
        .map(|it| it.file_name().unwrap().to_str().unwrap()[..4].parse().unwrap())
        .collect();
    assert_eq!(numbers, (1..=numbers.len()).collect::<Vec<_>>());
}

#[test]
fn each_mutant_can_be_made() {
    for patch in files(&root().join("tests/mutants"), ".patch") {
        let check = Command::new("git")
            .args(["apply", "--check"])
            .arg(&patch)
            .current_dir(root())
            .output()
            .unwrap();
        let said = String::from_utf8_lossy(&check.stderr);
        assert!(check.status.success(), "make it anew: {} {said}", relative(&patch));
    }
}

#[test]
fn no_merge_is_left_half_done() {
    let marks =
        ["<<<<<<<", "=======", ">>>>>>>"].map(|it| (format!("\n{it} "), format!("\n{it}\n")));
    for ending in [".rs", ".md", ".toml", ".ini", ".sql", ".ftl", ".sh", ".yml", "Makefile"] {
        for file in files(&root(), ending) {
            let text = fs::read_to_string(&file).unwrap();
            let left = marks.iter().any(|(one, other)| text.contains(one) || text.contains(other));
            assert!(!left, "{} holds a merge left half done", relative(&file));
        }
    }
}

#[test]
fn nothing_tells_of_this_machine() {
    let words = ["/work/", "/root/", "registry.npmjs", "static.crates.io"];
    for ending in [".rs", ".md", ".toml", ".ini", ".sql", ".ftl", ".c", "Makefile"] {
        for file in files(&root(), ending) {
            if relative(&file) == "tests/tidy.rs" {
                continue;
            }
            let text = fs::read_to_string(&file).unwrap();
            for word in words {
                assert!(!text.contains(word), "{} holds {word}", relative(&file));
            }
        }
    }
}
