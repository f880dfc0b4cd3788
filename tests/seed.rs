//! The messages of the source document, sent as they stand there.

#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a test may panic, print and spawn"
)]

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use chassis::Clock;
use ngondo::sim;
use ngondo::sim::key::{KeyScript, SimKey};
use ngondo::site::{ADMIN, Place, Site};
use protocol::Role;
use rand::SeedableRng;
use rand::rngs::StdRng;
use serde_json::Value;
use stack::{Stack, binary};

/// Who has no file.
const NOBODY: &str = "nobody";

/// Sends a file of the source document with the tool, as somebody with a file or nobody, and gives
/// the status and the document.
fn send(site: &Site, name: &str, (from, to): (&str, &str)) -> (u64, String) {
    let file = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../crates/protocol/tests/golden/seed")
        .join(format!("{name}.xml"));
    assert!(file.exists(), "{}", file.display());
    let output = Command::new(binary("ngondo"))
        .args(["--json", "--lang", "en", "--config"])
        .arg(settings(site, from))
        .arg("send")
        .arg(file)
        .args(["--to", to])
        .output()
        .unwrap();
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    let line = text.lines().find(|it| it.starts_with('{'));
    let told: Value = serde_json::from_str(line.unwrap_or_else(|| panic!("{output:?}"))).unwrap();
    (told["status"].as_u64().unwrap(), told["answer"].as_str().unwrap().to_owned())
}

/// The settings of a tool that a principal uses, or nobody.
fn settings(site: &Site, from: &str) -> PathBuf {
    let path = site.dir().join(format!("tool-of-{from}.ini"));
    let file = site.fleet().file(from);
    let toki = if from == NOBODY { String::new() } else { format!("file = {}", file.display()) };
    fs::write(&path, format!("[toki]\n{toki}\n")).unwrap();
    path
}

#[tokio::test(flavor = "multi_thread")]
async fn each_message_of_the_source_gets_the_answer_that_the_protocol_gives_it() {
    let stack = Stack::start().await;
    let script = KeyScript {
        identity: sim::made_identity(&mut StdRng::seed_from_u64(1)),
        private: None,
        cut_percent: 0,
        seed: 1,
    };
    let key =
        SimKey::start("127.0.0.1:0".parse().unwrap(), script, Clock::default()).await.unwrap();
    let at = |role| {
        let endpoint = stack.site.endpoint(role, Place::First);
        format!("{}@{}", endpoint.name.unwrap(), endpoint.addr)
    };
    let (pppx, key_addr) = (at(Role::Pppx), key.addr().to_string());
    let expected: [(&str, &str, &str, u64, &[&str]); 21] = [
        (
            "init",
            "aar-1",
            &pppx,
            200,
            &["<cmd>R-INIT</cmd>", "<bridge>", "<AAR><first>", "</CRYPTO>"],
        ),
        ("init-star", "pppx-1", &at(Role::Lb), 200, &["<cmd>R-INIT*</cmd>", "<AAR><first>"]),
        ("crecord", NOBODY, &key_addr, 200, &["<cmd>R-CRECORD</cmd>", "<macaddr>"]),
        ("crecord", ADMIN, &pppx, 400, &["<cmd>R-CRECORD</cmd>", "MALFORMED", "macaddr"]),
        ("crecord-star", "pppx-1", &at(Role::Sr), 401, &["<cmd>R-CRECORD*</cmd>", "right record"]),
        ("auth", NOBODY, &pppx, 200, &["<cmd>R-AUTH</cmd>", "<result>BAD_CRYPTO</result>"]),
        ("auth-star", "pppx-1", &at(Role::Aar), 200, &["<cmd>R-AUTH*</cmd>", "BAD_CRYPTO"]),
        ("topup", NOBODY, &pppx, 200, &["<cmd>R-TOPUP</cmd>", "<result>CODE_UNKNOWN</result>"]),
        ("topup-star", "pppx-1", &at(Role::TopUp), 200, &["<cmd>R-TOPUP*</cmd>", "CODE_UNKNOWN"]),
        ("init", NOBODY, &pppx, 401, &["<cmd>R-INIT</cmd>", "UNAUTHENTICATED"]),
        ("auth-star", ADMIN, &at(Role::Aar), 403, &["FORBIDDEN", "module:PPPX"]),
        ("init-star", "pppx-2", &pppx, 403, &["FORBIDDEN"]),
        ("auth-star", "pppx-2", &pppx, 403, &["FORBIDDEN"]),
        ("r-init", NOBODY, &pppx, 400, &["MALFORMED"]),
        ("r-init-star", "pppx-1", &at(Role::Lb), 400, &["MALFORMED"]),
        ("r-crecord", NOBODY, &pppx, 400, &["MALFORMED"]),
        ("r-crecord-star", "pppx-1", &at(Role::Sr), 400, &["MALFORMED"]),
        ("r-auth", NOBODY, &pppx, 400, &["MALFORMED"]),
        ("r-auth-star", "pppx-1", &at(Role::Aar), 400, &["MALFORMED"]),
        ("r-topup", NOBODY, &pppx, 400, &["MALFORMED"]),
        ("r-topup-star", "pppx-1", &at(Role::TopUp), 400, &["MALFORMED"]),
    ];
    for (name, from, to, status, words) in expected {
        let (got, answer) = send(&stack.site, name, (from, to));
        assert_eq!(got, status, "{name} from {from} to {to}: {answer}");
        for word in words {
            assert!(answer.contains(word), "{name} from {from} to {to} lacks {word}: {answer}");
        }
    }
    key.stop().await;
    stack.stop().await.rows_of_equals().await;
}
