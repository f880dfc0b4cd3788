//! Files and words that are wrong: told all at once, with where and what to do, and nothing done.

#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a test may panic"
)]

use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use ngondo::site::{self, Place, ROLES, Site, instance_name};
use protocol::Role;
use serde_json::Value;
use stack::{PACE, Stack, binary, lay};

/// Runs the tool in a folder, which is its user's home too.
fn tool(folder: &Path, args: &[&str]) -> Output {
    let mut command = Command::new(binary("ngondo"));
    command.args(["--lang", "en"]).args(args).current_dir(folder).env("HOME", folder);
    command.output().unwrap()
}

fn said(output: &Output) -> String {
    String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr)
}

/// Starts a service that is expected to refuse.
fn service(role: Role, ini: &Path) -> Output {
    let program = binary(&format!("ngondo-{}", role.lower()));
    Command::new(program).arg("--config").arg(ini).output().unwrap()
}

/// The free recharge codes, as the stock tells them.
async fn free(stack: &Stack) -> u64 {
    let lines = stack.door.lines("/v1/vouchers/stock", "{}".to_owned()).await.unwrap();
    lines.iter().filter_map(|line| line["free"].as_u64()).sum()
}

/// The verdicts that the tool prints with `--json`: line and result.
fn verdicts(output: &Output) -> Vec<(u64, String)> {
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    let lines = text.lines().filter_map(|line| serde_json::from_str::<Value>(line).ok());
    let verdict = |it: Value| Some((it["line"].as_u64()?, it["result"].as_str()?.to_owned()));
    lines.filter_map(verdict).collect()
}

fn import(stack: &Stack, file: &Path, more: &[&str]) -> Output {
    let ini = stack.site.tool_ini();
    let fixed = ["--json", "--config", ini.to_str().unwrap(), "vouchers", "import"];
    let file = [file.to_str().unwrap()];
    tool(stack.site.dir(), &[fixed.as_slice(), &file, more].concat())
}

const HEAD: &str = "operator,amount,currency,code,expires\n";

#[tokio::test(flavor = "multi_thread")]
async fn a_csv_with_bad_lines_gets_a_verdict_a_line_and_imports_nothing() {
    let stack = Stack::start().await;
    let file = stack.site.dir().join("codes.csv");
    let lines = "MTN,5000,XAF,12345678901234,2030-12-31\n\
                 MTN,five,XAF,12345678901235,2030-12-31\n\
                 MTN,5000\n\
                 MTN,5000,XAF,12345678901236,2030-13-31\n\
                 MTN,5000,XAF,12345678901237,\n\
                 MTN,5000,XAF,12345678901237,\n\
                 MTN,5000,XAF,not-a-code,\n";
    fs::write(&file, format!("\u{feff}{HEAD}{lines}")).unwrap();
    let judged = [
        (2, "OK"),
        (3, "MALFORMED"),
        (4, "MALFORMED"),
        (5, "MALFORMED"),
        (6, "OK"),
        (7, "ALREADY_RECORDED"),
        (8, "MALFORMED"),
    ]
    .map(|(line, result)| (line, result.to_owned()));

    let output = import(&stack, &file, &[]);
    assert_eq!(output.status.code(), Some(1), "{output:?}");
    assert_eq!(verdicts(&output), judged, "{}", said(&output));
    assert!(said(&output).contains("Nothing was imported"), "{}", said(&output));
    assert!(!said(&output).contains("12345678901235"), "a code stands in {}", said(&output));
    assert_eq!(free(&stack).await, 0);

    let output = import(&stack, &file, &["--valid-only"]);
    assert_eq!(output.status.code(), Some(0), "{output:?}");
    assert_eq!(verdicts(&output), judged, "{}", said(&output));
    assert_eq!(free(&stack).await, 2);
    stack.stop().await.rows_of_equals().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_that_is_no_list_of_codes_imports_nothing() {
    let stack = Stack::start().await;
    let file = stack.site.dir().join("codes.csv");
    for (text, told) in [
        ("", "codes.csv is empty"),
        ("MTN,5000,XAF,12345678901234,\n", "operator,amount,currency,code,expires"),
    ] {
        fs::write(&file, text).unwrap();
        let output = import(&stack, &file, &["--valid-only"]);
        assert_eq!(output.status.code(), Some(1), "{text}: {output:?}");
        assert!(said(&output).contains(told), "{output:?}");
    }
    let output = import(&stack, &stack.site.dir().join("nosuch.csv"), &[]);
    assert_eq!(output.status.code(), Some(1), "{output:?}");
    assert!(said(&output).contains("nosuch.csv"), "{output:?}");
    assert_eq!(free(&stack).await, 0);
    stack.stop().await.rows_of_equals().await;
}

#[test]
fn a_mistyped_code_is_told_where_no_server_runs() {
    let folder = tempfile::tempdir().unwrap();
    let nobody = "127.0.0.1:9";
    let output = tool(folder.path(), &["--pppx", nobody, "topup", "1234 5678 9012 3453"]);
    assert_eq!(output.status.code(), Some(1), "{output:?}");
    assert!(said(&output).contains("mistyped"), "{}", said(&output));
    assert!(said(&output).contains("No server was asked"), "{}", said(&output));
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0, "a request was begun");

    for code in ["123456789012345", "1234-5678-9012-345a"] {
        let output = tool(folder.path(), &["--pppx", nobody, "topup", code]);
        assert_eq!(output.status.code(), Some(2), "{output:?}");
        assert!(!said(&output).contains(code), "{}", said(&output));
    }
    // The same code without the error is asked of the server, which is not there.
    let output = tool(folder.path(), &["--pppx", nobody, "topup", "1234567890123452"]);
    assert!(!said(&output).contains("mistyped"), "{}", said(&output));
    assert_eq!(output.status.code(), Some(1), "{output:?}");
}

/// Breaks a good ini in four places and says what must be told of which line.
fn break_ini(ini: &Path) -> Vec<(usize, &'static [&'static str])> {
    let text = fs::read_to_string(ini).unwrap();
    let mut lines: Vec<String> = text.lines().map(str::to_owned).collect();
    let mut told: Vec<(usize, &'static [&'static str])> = Vec::new();
    for (start, broken, words) in [
        ("listen = ", "lissen = 127.0.0.1:1", ["lissen", "[module]", "listen"].as_slice()),
        ("interval = ", "interval = soon", &["[init]", "interval", "seconds"]),
        ("[limits]", "[limit]", &["[limit]", "[limits]"]),
    ] {
        let at = lines.iter().position(|it| it.starts_with(start));
        let at = at.unwrap_or_else(|| panic!("{start}"));
        lines[at] = broken.into();
        told.push((at + 1, words));
    }
    lines.push("nonsense".to_owned());
    told.push((lines.len(), &["not a line of an ini"]));
    fs::write(ini, lines.join("\n") + "\n").unwrap();
    told
}

/// Holds that each line is told with its words, and what is missing too.
#[track_caller]
fn assert_told(text: &str, ini: &Path, told: &[(usize, &[&str])]) {
    for (line, words) in told {
        let start = format!("{}:{line}: ", ini.display());
        let sentence = text.lines().find_map(|it| it.split_once(&start)).map(|(_, it)| it);
        let sentence = sentence.unwrap_or_else(|| panic!("{start} is not in:\n{text}"));
        assert!(words.iter().all(|it| sentence.contains(it)), "{words:?} in:\n{text}");
    }
    assert!(text.contains("[module] listen is missing"), "{text}");
}

#[tokio::test]
async fn a_bad_ini_is_told_whole_by_its_service_and_by_check_config() {
    let folder = tempfile::tempdir().unwrap();
    let site = lay(&folder, PACE).await;
    for role in ROLES {
        let ini = site.ini(role, Place::First);
        let told = break_ini(&ini);
        let output = service(role, &ini);
        assert_eq!(output.status.code(), Some(64), "{output:?}");
        assert_told(&said(&output), &ini, &told);

        let checked = tool(site.dir(), &["check-config", ini.to_str().unwrap()]);
        assert_eq!(checked.status.code(), Some(64), "{checked:?}");
        assert_told(&said(&checked), &ini, &told);
    }
    let unbroken = site.ini(Role::Aar, Place::Second);
    let checked = tool(site.dir(), &["check-config", unbroken.to_str().unwrap()]);
    assert_eq!(checked.status.code(), Some(0), "{checked:?}");
}

#[tokio::test]
async fn an_ini_of_another_role_or_no_ini_ends_with_64() {
    let folder = tempfile::tempdir().unwrap();
    let site = lay(&folder, PACE).await;
    let output = service(Role::Sr, &site.ini(Role::Aar, Place::First));
    assert_eq!(output.status.code(), Some(64), "{output:?}");
    assert!(said(&output).contains("role is AAR, but this program is SR"), "{}", said(&output));
    let output = service(Role::Sr, &site.dir().join("nosuch.ini"));
    assert_eq!(output.status.code(), Some(64), "{output:?}");
    assert!(said(&output).contains("nosuch.ini"), "{}", said(&output));
}

/// Runs the command that a message names between backticks.
fn mend(site: &Site, text: &str) {
    let command = text.split('`').nth(1).unwrap_or_else(|| panic!("no command in {text}"));
    let mut words = command.split(' ');
    let output = match words.next() {
        Some("ngondo") => tool(site.dir(), &words.collect::<Vec<_>>()),
        Some("chmod") => Command::new("chmod").args(words).output().unwrap(),
        other => panic!("{other:?} of {command}"),
    };
    assert!(output.status.success(), "{command}: {output:?}");
}

#[tokio::test]
async fn a_key_file_that_cannot_be_used_is_refused_with_the_command_that_mends_it() {
    let folder = tempfile::tempdir().unwrap();
    let site = lay(&folder, PACE).await;
    for role in ROLES {
        let ini = site.ini(role, Place::First);
        let keys = keys_of(&site, role);
        let good = fs::read(&keys).unwrap();

        fs::set_permissions(&keys, Permissions::from_mode(0o644)).unwrap();
        let output = service(role, &ini);
        assert_eq!(output.status.code(), Some(1), "{output:?}");
        let told = said(&output);
        let cure = format!("`chmod 600 {}`", keys.display());
        assert!(told.contains("can be read by others") && told.contains(&cure), "{told}");
        mend(&site, last(&told));
        assert_eq!(fs::metadata(&keys).unwrap().permissions().mode() & 0o777, 0o600);

        fs::remove_file(&keys).unwrap();
        let output = service(role, &ini);
        assert_eq!(output.status.code(), Some(1), "{output:?}");
        let told = said(&output);
        let file = keys.display();
        let cure = format!(
            "{file} is missing: make it with `ngondo keys export --role {role} --file {file}`"
        );
        assert!(told.contains(&cure), "{told}");
        mend(&site, last(&told));
        assert_eq!(fs::read(&keys).unwrap(), good, "{role}");
    }
}

#[tokio::test]
async fn a_file_of_tokis_that_cannot_be_used_is_refused_with_what_mends_it() {
    let folder = tempfile::tempdir().unwrap();
    let site = lay(&folder, PACE).await;
    let inventory = site.inventory(Place::First).display().to_string();
    let crypto = site.registry().unwrap().to_string();
    for role in ROLES {
        let (ini, file) = (site.ini(role, Place::First), toki_of(&site, role, Place::First));
        let name = instance_name(role, Place::First).unwrap();
        let good = fs::read(&file).unwrap();
        let refused = || {
            let output = service(role, &ini);
            assert_eq!(output.status.code(), Some(1), "{output:?}");
            last(&said(&output)).to_owned()
        };

        fs::set_permissions(&file, Permissions::from_mode(0o640)).unwrap();
        let told = refused();
        assert!(told.contains("can be read by others"), "{told}");
        mend(&site, &told);

        let twin = fs::read(toki_of(&site, role, Place::Second)).unwrap();
        let shop = fs::read(site.fleet().file(site::SHOP)).unwrap();
        let cut = good[..good.len() / 2].to_vec();
        for (other, why) in [(twin, "is the file of"), (shop, "no module"), (cut, "line")] {
            fs::write(&file, other).unwrap();
            let told = refused();
            assert!(told.contains(why) && told.contains(&format!("/{name}.toki")), "{told}");
            let cure = format!("put {name}.toki there, which `ngondo principals init ");
            assert!(told.contains(&cure), "{told}");
        }

        fs::remove_file(&file).unwrap();
        let told = refused();
        let cure = format!("/{name}.toki is missing: make it with `ngondo principals init ");
        assert!(told.contains(&cure), "{told}");
        mend(&site, &told.replace("inventory.ini", &inventory).replace("URL", &crypto));
        assert_eq!(fs::read(&file).unwrap(), good, "{role}");
    }
}

#[tokio::test]
async fn a_master_key_file_that_others_can_read_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let site = lay(&folder, PACE).await;
    let master = site.dir().join("master.keys");
    fs::set_permissions(&master, Permissions::from_mode(0o640)).unwrap();
    for args in [
        ["keys", "list", "--file", "master.keys"].as_slice(),
        &["keys", "export", "--role", "SR", "--file", "other.keys"],
    ] {
        let output = tool(site.dir(), args);
        assert_ne!(output.status.code(), Some(0), "{output:?}");
        assert!(said(&output).contains("chmod 600 "), "{}", said(&output));
    }
    assert!(!site.dir().join("other.keys").exists());
}

fn toki_of(site: &Site, role: Role, place: Place) -> PathBuf {
    site.fleet().file(instance_name(role, place).unwrap().as_str())
}

fn keys_of(site: &Site, role: Role) -> PathBuf {
    site.folder(role, Place::First).join(format!("{}.keys", role.lower()))
}

/// What a service says last is why it does not run.
fn last(text: &str) -> &str {
    text.trim_end().lines().last().unwrap_or_default()
}
