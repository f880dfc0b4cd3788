//! samples/toki: clients in other languages, against the vectors, against callees that are honest,
//! restarted, forgetful or liars, and against a back office.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a test may panic")]

#[path = "toki_samples/service.rs"]
mod service;

use std::fs;
use std::io::Write;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::OnceLock;

use ngondo::site::{ADMIN, Place};
use protocol::Role;
use stack::Stack;
use tempfile::TempDir;
use toki::legacy::LegacyKey;

use self::service::{Lie, Manner, Service};

/// The exit codes that samples/toki/README.md names.
const PROVED: i32 = 0;
const NOT_PROVED: i32 = 1;
const NO_ANSWER: i32 = 3;

/// What the vectors hold to be compared, in each language.
const COMPARED: usize = 119;

const LANGUAGES: [Sample; 4] = [Sample::Python, Sample::JavaScript, Sample::Java, Sample::Ruby];

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Sample {
    Python,
    JavaScript,
    Java,
    Ruby,
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap().to_owned()
}

fn vectors() -> PathBuf {
    root().join("crates/toki/tests/vectors.json")
}

/// Holds that a tool is there, or says where it comes from.
fn done(tool: &str, output: std::io::Result<std::process::Output>) -> std::process::Output {
    output.unwrap_or_else(|error| panic!("{tool} does not start ({error}): run .ci/setup"))
}

/// The folder of the compiled Java sample.
fn classes() -> &'static Path {
    static FOLDER: OnceLock<TempDir> = OnceLock::new();
    let folder = FOLDER.get_or_init(|| {
        let folder = tempfile::tempdir().unwrap();
        let source = root().join("samples/toki/java/Toki.java");
        let mut javac = Command::new("javac");
        javac.args(["-Xlint:all", "-Werror", "-d"]).arg(folder.path()).arg(source);
        let made = done("javac", javac.output());
        assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
        folder
    });
    folder.path()
}

/// Debian's Python where it is there, for that is where .ci/setup puts its cryptography.
fn python() -> &'static str {
    if Path::new("/usr/bin/python3").exists() { "/usr/bin/python3" } else { "python3" }
}

// === impl Sample ===

impl Sample {
    fn command(self) -> Command {
        let (program, source) = match self {
            Self::Python => (python(), "python/toki.py"),
            Self::JavaScript => ("node", "js/toki.js"),
            Self::Ruby => ("ruby", "ruby/toki.rb"),
            Self::Java => {
                let mut java = Command::new("java");
                java.arg("-cp").arg(classes()).arg("Toki");
                return java;
            }
        };
        let mut command = Command::new(program);
        command.arg(root().join("samples/toki").join(source));
        command
    }

    /// Runs the sample: its exit code and what it said.
    fn run(self, words: &[&str], input: &str) -> (i32, String, String) {
        let mut command = self.command();
        command.args(words).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let started = command.spawn().and_then(|mut child| {
            let mut pipe = child.stdin.take().unwrap();
            let input = input.to_owned();
            // Beside it, for both pipes may fill.
            let writer = std::thread::spawn(move || pipe.write_all(input.as_bytes()));
            let output = child.wait_with_output();
            // One that reads no input has closed its end.
            drop(writer.join().unwrap());
            output
        });
        let output = done(&format!("{self:?}"), started);
        let text = |bytes| String::from_utf8(bytes).unwrap();
        (output.status.code().unwrap(), text(output.stdout), text(output.stderr))
    }

    /// Asks a service for its boxes, so many times within one session.
    fn calls(self, file: &Path, to: &str, times: u32) -> (i32, String, String) {
        let (file, times) = (file.display().to_string(), times.to_string());
        let options = ["call", "--file", &file, "--to", to, "--times", &times];
        let request = ["POST", "/v1/boxes/list", r#"{"limit":1}"#];
        self.run(&[options.as_slice(), request.as_slice()].concat(), "")
    }
}

/// A principal's file for these callees.
fn key_file(folder: &TempDir, text: &str) -> PathBuf {
    let path = folder.path().join("shop-1.toki");
    fs::write(&path, text).unwrap();
    fs::set_permissions(&path, fs::Permissions::from_mode(0o600)).unwrap();
    path
}

/// What a sample says of so many answers, which went so.
fn proved(hows: &[&str]) -> String {
    let line = |(how, n)| format!("{n}: 200, proved, {how}\n{}\n", service::BODY);
    hows.iter().zip(1..).map(line).collect::<Vec<_>>().concat()
}

#[test]
fn every_sample_reproduces_every_vector() {
    let file = vectors().display().to_string();
    for sample in LANGUAGES {
        let all = (PROVED, format!("{COMPARED} checked, 0 differ\n"), String::new());
        assert_eq!(sample.run(&["--vectors", &file], ""), all, "{sample:?}");
    }
    let mut maker = Command::new(python());
    maker.arg(root().join("samples/toki/python/vectors.py")).args(["check", &file]);
    let checked = done("python3", maker.output());
    assert!(checked.status.success(), "{}", String::from_utf8_lossy(&checked.stdout));
}

#[test]
fn a_sample_tells_a_vector_that_differs() {
    let folder = tempfile::tempdir().unwrap();
    let text = fs::read_to_string(vectors()).unwrap();
    let changed = text.replacen("oeSHRmn_a60", "oeSHRmn_a61", 1);
    assert_ne!(text, changed);
    let file = folder.path().join("vectors.json");
    fs::write(&file, changed).unwrap();
    for sample in LANGUAGES {
        let (code, said, _) = sample.run(&["--vectors", &file.display().to_string()], "");
        assert_eq!((code, said), (1, format!("{COMPARED} checked, 1 differ\n")), "{sample:?}");
    }
}

#[test]
fn every_sample_calls_within_one_session() {
    for sample in LANGUAGES {
        let folder = tempfile::tempdir().unwrap();
        let service = Service::start(Manner::Honest);
        let file = key_file(&folder, &Service::file());
        let called = sample.calls(&file, &service.to(), 3);
        let within = ["opening", "in generation 1", "in generation 1"];
        assert_eq!(called, (PROVED, proved(&within), String::new()), "{sample:?}");
        assert_eq!(service.refused(), [""; 0], "{sample:?}");
    }
}

#[test]
fn every_sample_opens_anew_where_the_callee_says_so() {
    for sample in LANGUAGES {
        let folder = tempfile::tempdir().unwrap();
        // Just started, it wants to hear its nonce; then it loses its sessions.
        let service = Service::start(Manner::Forgetful);
        let file = key_file(&folder, &Service::file());
        let called = sample.calls(&file, &service.to(), 2);
        let twice = (PROVED, proved(&["opening", "opening"]), String::new());
        assert_eq!(called, twice, "{sample:?}");
        assert_eq!(service.refused(), ["unknown-session"; 2], "{sample:?}");
    }
}

#[test]
fn every_sample_sets_its_clock_and_follows_the_roll() {
    for sample in LANGUAGES {
        let folder = tempfile::tempdir().unwrap();
        let service = Service::start(Manner::Hurried);
        let file = key_file(&folder, &Service::file());
        let called = sample.calls(&file, &service.to(), 4);
        let hows = ["opening", "in generation 1", "in generation 2", "in generation 2"];
        assert_eq!(called, (PROVED, proved(&hows), String::new()), "{sample:?}");
        assert_eq!(service.refused(), ["stale"], "{sample:?}");
    }
}

#[test]
fn every_sample_refuses_a_liar() {
    // Side by side: there are many lies, and a Java program takes its time to start.
    std::thread::scope(|scope| {
        for sample in LANGUAGES {
            scope.spawn(move || Lie::ALL.map(|lie| refuses(sample, lie)));
        }
    });
}

fn refuses(sample: Sample, lie: Lie) {
    let folder = tempfile::tempdir().unwrap();
    let service = Service::start(Manner::Liar(lie));
    let file = key_file(&folder, &Service::file());
    let (code, said, why) = sample.calls(&file, &service.to(), 2);
    assert_eq!(code, NOT_PROVED, "{sample:?} {lie:?}: {why}");
    assert_eq!(said, proved(lie.honest_before()), "{sample:?} {lie:?}");
    assert!(why.starts_with("not proved: "), "{sample:?} {lie:?}: {why}");
    assert_eq!(service.asked(), 1 + lie.honest_before().len(), "{sample:?} {lie:?}");
}

#[test]
fn every_sample_says_that_nobody_answers() {
    for sample in LANGUAGES {
        let folder = tempfile::tempdir().unwrap();
        let nobody = Service::start(Manner::Honest);
        let (file, to) = (key_file(&folder, &Service::file()), nobody.to());
        nobody.stop();
        let (code, said, why) = sample.calls(&file, &to, 2);
        assert_eq!((code, said.as_str()), (NO_ANSWER, ""), "{sample:?}: {why}");
        assert!(why.starts_with("no answer: "), "{sample:?}: {why}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn every_sample_calls_a_back_office() {
    let stack = Box::pin(Stack::start()).await;
    let file = stack.site.dir().join("toki").join(format!("{ADMIN}.toki"));
    let to = format!("pppx-1@{}", stack.site.addr(Role::Pppx, Place::First));
    for sample in LANGUAGES {
        let (file, to) = (file.clone(), to.clone());
        let called = tokio::task::spawn_blocking(move || sample.calls(&file, &to, 2));
        let (code, said, why) = called.await.unwrap();
        assert_eq!(code, PROVED, "{sample:?}: {why}");
        assert!(said.starts_with("1: 200, proved, opening\n{"), "{sample:?}: {said}");
        assert!(said.contains("\n2: 200, proved, in generation 1\n{"), "{sample:?}: {said}");
    }
    Box::pin(stack.stop()).await;
}

const LEGACY: &str = "a key of the original";
const START_MS: i64 = 1_795_190_400_123;

/// Has a client of the original do a job for each of 300 milliseconds.
fn originals(sample: Sample, line: impl Fn(i64) -> String) -> Vec<(i64, String)> {
    let times = || START_MS..START_MS + 300;
    let input: String = times().map(|time| line(time) + "\n").collect();
    let (code, said, why) = sample.run(&["legacy"], &input);
    assert_eq!(code, PROVED, "{sample:?}: {why}");
    assert_eq!(said.lines().count(), 300, "{sample:?}: {why}");
    times().zip(said.lines().map(str::to_owned)).collect()
}

#[test]
fn ours_takes_what_clients_of_the_original_make() {
    let ours = LegacyKey::new(LEGACY).unwrap();
    for sample in [Sample::Python, Sample::JavaScript, Sample::Java] {
        let made = originals(sample, |time| format!("make\t{LEGACY}\t{time}"));
        let short = |toki: &str| toki.split('|').nth(1).unwrap().len() < 64;
        let dropped = made.iter().filter(|(_, toki)| short(toki)).count();
        assert_eq!(0 < dropped, sample == Sample::Java, "{sample:?} drops zeros: {dropped}");
        for (time, toki) in made {
            assert!(ours.check(&toki, time), "{sample:?} at {time}: {toki}");
            assert!(!ours.check(&toki, time + 45_000), "{sample:?} at {time}: {toki}");
        }
        let toki = ours.make(START_MS);
        for (time, key) in originals(sample, |time| format!("make-key\t{LEGACY}\t{toki}\t{time}")) {
            assert!(ours.check_key(&toki, &key, time), "{sample:?} at {time}: {key}");
        }
    }
}

#[test]
fn clients_of_the_original_take_what_ours_makes() {
    let ours = LegacyKey::new(LEGACY).unwrap();
    let other = LegacyKey::new("another key").unwrap();
    for sample in [Sample::Python, Sample::JavaScript, Sample::Java] {
        let all = |wanted: &str, line: &dyn Fn(i64) -> String| {
            for (time, verdict) in originals(sample, line) {
                assert_eq!(verdict, wanted, "{sample:?} at {time}");
            }
        };
        all("good", &|time| format!("check\t{LEGACY}\t{}\t{time}", ours.make(time)));
        all("bad", &|time| format!("check\t{LEGACY}\t{}\t{}", ours.make(time), time + 45_000));
        all("bad", &|time| format!("check\t{LEGACY}\t{}\t{time}", other.make(time)));
        let asked = ours.make(START_MS);
        all("good", &|time| format!("check-key\t{LEGACY}\t{asked}\t{}", ours.key_of(&asked, time)));
        all("bad", &|time| format!("check-key\t{LEGACY}\t{asked}\t{}", other.key_of(&asked, time)));
    }
}
