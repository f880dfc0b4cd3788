//! The operator's day with many boxes, through the tool: imported, chosen, changed, exported.

#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test may panic")]

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::fs;
use std::io::{BufRead as _, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use chassis::Clock;
use ngondo::sim::key::{KeyScript, SimKey};
use ngondo::sim::{self, Verdict};
use protocol::{Activate, DeviceId, Outcome};
use rand::SeedableRng as _;
use rand::rngs::StdRng;
use serde_json::{Value, json};
use stack::{Stack, auth, binary, command};

/// The tool, as its user runs it on the server.
fn tool(stack: &Stack, args: &[&str]) -> Command {
    let ini = stack.site.tool_ini();
    let mut command = Command::new(binary("ngondo"));
    command.args(["--lang", "en", "--config", ini.to_str().unwrap()]).args(args);
    command.current_dir(stack.site.dir()).env("HOME", stack.site.dir());
    command
}

fn run(stack: &Stack, args: &[&str]) -> Output {
    tool(stack, args).output().unwrap()
}

fn said(output: &Output) -> String {
    String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr)
}

fn rows(output: &Output) -> Vec<Value> {
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    text.lines().filter_map(|line| serde_json::from_str(line).ok()).collect()
}

fn file(stack: &Stack, name: &str, bytes: impl AsRef<[u8]>) -> PathBuf {
    let path = stack.site.dir().join(name);
    fs::write(&path, bytes).unwrap();
    path
}

fn keys(count: u32, group: &str) -> String {
    let mut text = "imei;serial;label;group;tags\r\n".to_owned();
    for n in 0..count {
        writeln!(text, "86182103{n:07};G4PDW{n:09};stock {n};{group};nord n{}", n % 7).unwrap();
    }
    text
}

/// All boxes, by pages.
async fn boxes(stack: &Stack) -> Vec<Value> {
    let mut all = Vec::new();
    let mut after = Value::Null;
    loop {
        let body = json!({ "limit": 1_000, "after": after }).to_string();
        let mut page = stack.door.lines("/v1/boxes/list", body).await.unwrap();
        let end = page.pop().unwrap();
        all.append(&mut page);
        match end.get("after") {
            Some(next) => after = next.clone(),
            None => return all,
        }
    }
}

/// Waits until AAR has read what SR wrote.
async fn known(stack: &Stack, count: usize) {
    let counted = async || {
        let body = json!({ "limit": 1, "count": true }).to_string();
        stack.door.lines("/v1/boxes/list", body).await.unwrap().pop().unwrap()["count"].clone()
    };
    let all = async {
        while counted().await != count {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(std::time::Duration::from_mins(1), all).await.unwrap();
}

async fn audit_is_whole(stack: &Stack) -> u64 {
    let rows = stack.door.lines("/v1/audit/list", json!({ "limit": 1 }).to_string()).await.unwrap();
    let verified = stack.door.manage("/v1/audit/verify", &json!({})).await.unwrap();
    assert_eq!(verified["whole"], true, "{verified}");
    rows[0]["number"].as_u64().unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn an_import_that_is_killed_again_and_again_registers_each_key_once() {
    const KEYS: u32 = 2_600;
    let stack = Stack::start().await;
    let csv = file(&stack, "keys.csv", keys(KEYS, "akwa"));
    let args = ["--json", "boxes", "import", csv.to_str().unwrap(), "--out", "registered.csv"];
    for lines in [0, 3, 1_001, 2_000] {
        let mut child = tool(&stack, &args).stdout(Stdio::piped()).spawn().unwrap();
        let mut told = BufReader::new(child.stdout.take().unwrap()).lines();
        for _ in 0..lines {
            told.next().unwrap().unwrap();
        }
        child.kill().unwrap();
        child.wait().unwrap();
        assert!(!stack.site.dir().join("registered.csv").exists(), "half a file is none");
    }
    let output = run(&stack, &args);
    assert_eq!(output.status.code(), Some(0), "{}", said(&output));
    let told = rows(&output);
    let end = json!({ "end": true, "ok": KEYS, "already": 0, "refused": 0 });
    assert_eq!(told.last(), Some(&end), "what was done before the cut is told again");
    known(&stack, usize::try_from(KEYS).unwrap()).await;
    let made: BTreeSet<_> = told.iter().filter_map(|row| row["box"].as_str()).collect();
    let listed = boxes(&stack).await;
    let there: BTreeSet<_> = listed.iter().filter_map(|row| row["box"].as_str()).collect();
    assert_eq!(made, there);
    assert_eq!(audit_is_whole(&stack).await, u64::from(KEYS), "a row a key");
    let written = fs::read_to_string(stack.site.dir().join("registered.csv")).unwrap();
    assert_eq!(written.lines().count(), usize::try_from(KEYS).unwrap() + 1);
    assert!(written.starts_with("line,result,reason,box,activation,credential\n2,OK,,"));

    let again = run(&stack, &args);
    assert_eq!(again.status.code(), Some(0), "{}", said(&again));
    let end = json!({ "end": true, "ok": 0, "already": KEYS, "refused": 0 });
    assert_eq!(rows(&again).last(), Some(&end), "a finished import is over");
    assert!(0 < stack.stop().await.rows_of_equals().await);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_with_bad_lines_gets_verdicts_and_changes_nothing_unless_wished() {
    let stack = Stack::start().await;
    let lines = "imei,serial,label\n861821030000001,G4PDW000001,Bépanda\n\
        8.61821E+14,G4PDW000002,\n861821030000003,=cmd|x,\n861821030000001,G4PDW000001,\n\
        ,G4PDW000005,\n861821030000006,G4PDW000006,\"open\n861821030000007,G4PDW000007,a\n";
    let wide: Vec<u8> =
        format!("\u{feff}{lines}").encode_utf16().flat_map(u16::to_le_bytes).collect();
    let western: Vec<u8> = lines.chars().map(|it| u8::try_from(u32::from(it)).unwrap()).collect();
    let bad = [(3, "MALFORMED"), (4, "MALFORMED"), (6, "MALFORMED"), (7, "MALFORMED")];
    for bytes in [lines.as_bytes().to_vec(), wide, western] {
        let csv = file(&stack, "keys.csv", bytes);
        let output = run(&stack, &["--json", "boxes", "import", csv.to_str().unwrap()]);
        assert_eq!(output.status.code(), Some(1), "{}", said(&output));
        let told = rows(&output);
        let refused: Vec<_> = told
            .iter()
            .filter_map(|row| Some((row["line"].as_u64()?, row["result"].as_str()?)))
            .collect();
        assert_eq!(refused, bad, "{}", said(&output));
        assert_eq!(boxes(&stack).await.len(), 0);
    }
    let csv = stack.site.dir().join("keys.csv");
    let csv = csv.to_str().unwrap();
    let checked = run(&stack, &["--json", "boxes", "import", csv, "--check", "--valid-only"]);
    let end = json!({ "end": true, "ok": 2, "already": 1, "refused": 4 });
    assert_eq!(
        rows(&checked).last().unwrap(),
        &json!({ "error": "boxes-lines-refused", "text": rows(&checked).last().unwrap()["text"] })
    );
    assert!(rows(&checked).contains(&end), "{}", said(&checked));
    assert_eq!(boxes(&stack).await.len(), 0);
    let imported = run(&stack, &["--json", "boxes", "import", csv, "--valid-only"]);
    assert!(rows(&imported).contains(&end), "{}", said(&imported));
    known(&stack, 2).await;
    let labels: BTreeSet<_> =
        boxes(&stack).await.iter().map(|it| it["label"].as_str().unwrap().to_owned()).collect();
    assert_eq!(labels, ["Bépanda", "a"].map(str::to_owned).into());
    for (text, why) in [("imei,colour\n1,red\n", "colour"), ("", "empty")] {
        let csv = file(&stack, "other.csv", text);
        let output = run(&stack, &["boxes", "import", csv.to_str().unwrap()]);
        assert_eq!(output.status.code(), Some(1));
        assert!(said(&output).contains(why), "{}", said(&output));
    }
    stack.stop().await.rows_of_equals().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_bulk_action_shows_whom_it_means_then_has_a_line_for_each_failure() {
    let stack = Stack::start().await;
    let mut devices = Vec::new();
    for seed in 0..12 {
        devices.push(stack.enrol(seed).await.device().to_string());
    }
    let csv = file(&stack, "stock.csv", keys(1, "stock"));
    run(&stack, &["boxes", "import", csv.to_str().unwrap()]);
    known(&stack, 13).await;
    let named: Vec<&str> = devices.iter().map(String::as_str).collect();
    let tagged = [["boxes", "tag"].as_slice(), &named, &["--add", "nord", "--into", "akwa"]];
    let output = run(&stack, &tagged.concat());
    assert_eq!(output.status.code(), Some(0), "{}", said(&output));
    assert!(said(&output).contains("12 boxes changed, 0 were so before."), "{}", said(&output));

    let preview = run(&stack, &["boxes", "suspend", "--tag", "nord", "--preview"]);
    let told = said(&preview);
    assert!(told.contains("13 boxes are meant.") && told.contains("… and 3 more."), "{told}");
    assert_eq!(told.lines().count(), 13, "{told}");
    let states =
        |rows: Vec<Value>, state: &str| rows.iter().filter(|it| it["state"] == state).count();
    assert_eq!(states(boxes(&stack).await, "active"), 12, "nothing has changed");

    let done = run(&stack, &["--json", "boxes", "suspend", "--tag", "nord", "--reason", "unpaid"]);
    assert_eq!(done.status.code(), Some(1), "{}", said(&done));
    let told = rows(&done);
    let refused: Vec<_> = told.iter().filter(|row| row["result"] == "NOT_ACTIVATED").collect();
    assert_eq!(refused.len(), 1, "{}", said(&done));
    assert_eq!(refused[0]["reason"], "the box is registered");
    assert!(told.contains(&json!({ "end": true, "changed": 12, "unchanged": 0, "refused": 1 })));
    assert_eq!(states(boxes(&stack).await, "suspended"), 12);

    let none = run(&stack, &["boxes", "suspend"]);
    assert_eq!(none.status.code(), Some(2), "{}", said(&none));
    let again = run(&stack, &["boxes", "suspend", "--group", "akwa"]);
    assert!(said(&again).contains("0 boxes changed, 12 were so before."), "{}", said(&again));
    audit_is_whole(&stack).await;
    stack.stop().await.rows_of_equals().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_export_is_a_list_that_comes_back() {
    let stack = Stack::start().await;
    let device = stack.enrol(1).await.device();
    let activate = Activate {
        device: Some(device),
        subscriber: Some("=HYPERLINK(\"x\")".parse().unwrap()),
        msisdn: Some("+237650001234".parse().unwrap()),
        ..Activate::default()
    };
    command(&stack.door, protocol::Command::Activate(activate)).await;
    stack.enrol(2).await;
    let output = run(&stack, &["boxes", "export", "--file", "all.csv", "--state", "active"]);
    assert_eq!(output.status.code(), Some(0), "{}", said(&output));
    let text = fs::read_to_string(stack.site.dir().join("all.csv")).unwrap();
    assert_eq!(text.lines().count(), 3, "{text}");
    assert!(text.contains("'=HYPERLINK"), "a spreadsheet would run it: {text}");
    assert!(text.contains("+237650001234"), "{text}");
    assert_eq!(mode(&stack.site.dir().join("all.csv")), 0o600);
    let date = ["boxes", "until", "--from", "all.csv", "--date", "2031-01-31"];
    let output = run(&stack, &date);
    assert!(said(&output).contains("2 boxes changed"), "{}", said(&output));
    let ending = run(&stack, &["--json", "boxes", "list", "--ends-by", "2031-01-31"]);
    assert_eq!(rows(&ending).len(), 3, "{}", said(&ending));
    let past = run(&stack, &["boxes", "until", &device.to_string(), "--date", "2020-01-31"]);
    assert!(said(&past).contains("the day is over"), "{}", said(&past));
    let found = run(&stack, &["--json", "boxes", "find", "+237650001234"]);
    assert_eq!(rows(&found)[0]["box"], device.to_string(), "{}", said(&found));
    stack.stop().await.rows_of_equals().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_box_gets_a_new_key_on_the_bench_and_the_old_one_dies() {
    let stack = Stack::start().await;
    let script = KeyScript {
        identity: sim::made_identity(&mut StdRng::seed_from_u64(5)),
        private: None,
        cut_percent: 0,
        seed: 5,
    };
    let listen = "127.0.0.1:0".parse().unwrap();
    let key = SimKey::start(listen, script, Clock::default()).await.unwrap();
    let addr = key.addr().to_string();
    let recorded = run(&stack, &["--json", "record", "--key", &addr]);
    let device = rows(&recorded)[0]["box"].as_str().unwrap().to_owned();
    known(&stack, 1).await;
    let mut old = key.device().unwrap();
    assert_eq!(auth(&stack.door, &mut old, 1).await.1.outcome(), Outcome::NotActivated);
    let output = run(&stack, &["boxes", "rekey", &device, "--key", &addr, "--reason", "copied"]);
    assert_eq!(output.status.code(), Some(0), "{}", said(&output));
    let mut new = key.device().unwrap();
    assert_eq!(new.device(), old.device());
    // Until AAR has read of the new key, nobody answers that the box believes.
    let mut told = Verdict::None { retry_s: None };
    while let Verdict::None { .. } = told {
        told = auth(&stack.door, &mut new, 2).await.0;
    }
    assert_eq!(told, Verdict::Shut(Outcome::NotActivated), "its own back office knows it");
    // The other AAR reads of it within a second.
    let mut told = Outcome::NotActivated;
    while told == Outcome::NotActivated {
        told = auth(&stack.door, &mut old, 3).await.1.outcome();
    }
    assert_eq!(told, Outcome::BadCrypto);
    let history = run(&stack, &["boxes", "history", &device]);
    assert!(said(&history).contains("copied"), "{}", said(&history));
    key.stop().await;
    stack.stop().await.rows_of_equals().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_broken_box_is_replaced_and_a_retired_one_deleted() {
    let stack = Stack::start().await;
    let old = stack.enrol(1).await.device().to_string();
    let csv = file(&stack, "stock.csv", keys(1, "stock"));
    run(&stack, &["boxes", "import", csv.to_str().unwrap()]);
    known(&stack, 2).await;
    let listed = boxes(&stack).await;
    let spare = listed.iter().find(|it| it["state"] == "registered").unwrap();
    let new: DeviceId = spare["box"].as_str().unwrap().parse().unwrap();
    let by = new.to_string();
    let output = run(&stack, &["boxes", "replace", &old, "--by", &by, "--reason", "burnt"]);
    assert_eq!(output.status.code(), Some(0), "{}", said(&output));
    let shown = run(&stack, &["boxes", "show", &by]);
    assert!(said(&shown).contains("replaced") && said(&shown).contains(&old), "{}", said(&shown));
    let refused = run(&stack, &["boxes", "delete", &by]);
    assert_eq!(refused.status.code(), Some(1));
    assert!(said(&refused).contains("retire it first"), "{}", said(&refused));
    let deleted = run(&stack, &["boxes", "delete", &old]);
    assert_eq!(deleted.status.code(), Some(0), "{}", said(&deleted));
    let gone = run(&stack, &["boxes", "show", &old]);
    assert!(said(&gone).contains("No box has the id"), "{}", said(&gone));
    audit_is_whole(&stack).await;
    stack.stop().await.rows_of_equals().await;
}

fn mode(path: &Path) -> u32 {
    use std::os::unix::fs::PermissionsExt as _;
    fs::metadata(path).unwrap().permissions().mode() & 0o777
}
