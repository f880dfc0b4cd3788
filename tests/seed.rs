//! The messages of the source document, sent as they stand there.

#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a test may panic, print and spawn"
)]

use std::path::Path;
use std::process::Command;

use chassis::Clock;
use ngondo::sim;
use ngondo::sim::key::{KeyScript, SimKey};
use ngondo::site::Place;
use protocol::{PeerAddr, Role};
use rand::SeedableRng;
use rand::rngs::StdRng;
use serde_json::Value;
use stack::{Stack, binary};

/// Sends a file of the source document with the tool, and gives the status and the document.
fn send(name: &str, to: &PeerAddr) -> (u64, String) {
    let file = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../crates/protocol/tests/golden/seed")
        .join(format!("{name}.xml"));
    assert!(file.exists(), "{}", file.display());
    let output = Command::new(binary("ngondo"))
        .args(["--json", "--lang", "en", "send"])
        .arg(file)
        .args(["--to", to.as_str()])
        .output()
        .unwrap();
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    let line = text.lines().find(|it| it.starts_with('{'));
    let told: Value = serde_json::from_str(line.unwrap_or_else(|| panic!("{output:?}"))).unwrap();
    (told["status"].as_u64().unwrap(), told["answer"].as_str().unwrap().to_owned())
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
    let key_addr: PeerAddr = key.addr().to_string().parse().unwrap();
    let at = |role| stack.site.addr(role, Place::First);
    let pppx = at(Role::Pppx);
    let expected: [(&str, &PeerAddr, u64, &[&str]); 19] = [
        ("init", &pppx, 200, &["<cmd>R-INIT</cmd>", "<bridge>", "<AAR><first>", "</CRYPTO>"]),
        ("init-star", &at(Role::Lb), 200, &["<cmd>R-INIT*</cmd>", "<AAR><first>"]),
        ("crecord", &key_addr, 200, &["<cmd>R-CRECORD</cmd>", "<macaddr>"]),
        ("crecord", &pppx, 400, &["<cmd>R-CRECORD</cmd>", "MALFORMED", "macaddr"]),
        ("crecord-star", &at(Role::Sr), 200, &["<cmd>R-CRECORD*</cmd>", "<result>"]),
        ("auth", &pppx, 200, &["<cmd>R-AUTH</cmd>", "<result>BAD_CRYPTO</result>"]),
        ("auth-star", &at(Role::Aar), 200, &["<cmd>R-AUTH*</cmd>", "BAD_CRYPTO"]),
        ("topup", &pppx, 200, &["<cmd>R-TOPUP</cmd>", "<result>CODE_UNKNOWN</result>"]),
        ("topup-star", &at(Role::TopUp), 200, &["<cmd>R-TOPUP*</cmd>", "CODE_UNKNOWN"]),
        ("init-star", &pppx, 403, &["FORBIDDEN"]),
        ("auth-star", &pppx, 403, &["FORBIDDEN"]),
        ("r-init", &pppx, 400, &["MALFORMED"]),
        ("r-init-star", &at(Role::Lb), 400, &["MALFORMED"]),
        ("r-crecord", &pppx, 400, &["MALFORMED"]),
        ("r-crecord-star", &at(Role::Sr), 400, &["MALFORMED"]),
        ("r-auth", &pppx, 400, &["MALFORMED"]),
        ("r-auth-star", &at(Role::Aar), 400, &["MALFORMED"]),
        ("r-topup", &pppx, 400, &["MALFORMED"]),
        ("r-topup-star", &at(Role::TopUp), 400, &["MALFORMED"]),
    ];
    for (name, to, status, words) in expected {
        let (got, answer) = send(name, to);
        assert_eq!(got, status, "{name} to {to}: {answer}");
        for word in words {
            assert!(answer.contains(word), "{name} to {to} lacks {word}: {answer}");
        }
    }
    key.stop().await;
    stack.stop().await.rows_of_equals().await;
}
