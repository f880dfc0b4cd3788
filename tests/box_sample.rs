//! samples/box/box.c: a box in C, against the vectors and against a back office.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a test may panic")]

use std::fs;
use std::io::{Read, Write};
use std::net::TcpListener;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::time::Duration;

use ngondo::sim;
use protocol::{Activate, Answer, Command, Crecord, CrecordAnswer, KeyIdentity, Outcome, Record};
use rand::SeedableRng;
use rand::rngs::StdRng;
use serde_json::{Value, json};
use stack::Stack;
use tempfile::TempDir;

/// The exit codes that box.md names.
const MAY_SURF: i32 = 0;
const REFUSED: i32 = 1;
const NO_ANSWER: i32 = 3;

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap().to_owned()
}

fn vectors() -> Value {
    serde_json::from_str(include_str!("../crates/crypto/tests/vectors.json")).unwrap()
}

fn text<'a>(value: &'a Value, name: &str) -> &'a str {
    value[name].as_str().unwrap()
}

/// The compiled sample, and what its box keeps.
struct Sample {
    folder: TempDir,
    macaddr: String,
    key: Vec<String>,
}

impl Sample {
    /// Compiles the sample for a box with this credential.
    fn new(credential: &str, macaddr: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let made = std::process::Command::new("make")
            .arg("-C")
            .arg(root().join("samples/box"))
            .arg(format!("OUT={}", folder.path().display()))
            .output()
            .unwrap();
        let said = String::from_utf8_lossy(&made.stderr);
        assert!(made.status.success(), "needs libmbedtls-dev, see .ci/setup: {said}");
        let sample = Self { folder, macaddr: macaddr.to_owned(), key: Vec::new() };
        sample.keep("credential", credential);
        sample
    }

    /// Gives the box its own RSA key.
    fn with_key(mut self, pem: &str) -> Self {
        let path = self.keep("key.pem", pem);
        self.key = vec!["-k".to_owned(), path];
        self
    }

    fn path(&self, name: &str) -> String {
        self.folder.path().join(name).display().to_string()
    }

    fn keep(&self, name: &str, text: &str) -> String {
        let path = self.path(name);
        fs::write(&path, text).unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o600)).unwrap();
        path
    }

    /// Runs the sample with one round: its exit code and what it printed.
    async fn run(&self, words: &[&str]) -> (i32, String) {
        let output = tokio::process::Command::new(self.path("box"))
            .args(["-c", &self.path("credential"), "-m", &self.macaddr])
            .args(["-s", &self.path("state"), "-t", "1"])
            .args(&self.key)
            .args(words)
            .output()
            .await
            .unwrap();
        (output.status.code().unwrap(), String::from_utf8(output.stdout).unwrap().trim().to_owned())
    }

    fn counter(&self) -> u64 {
        let state = fs::read_to_string(self.path("state")).unwrap();
        state.split_whitespace().next().unwrap().parse().unwrap()
    }
}

/// Registers a key and makes the sample its box; the box is not active yet.
async fn recorded(stack: &Stack, identity: KeyIdentity) -> (Sample, CrecordAnswer) {
    let macaddr = identity.macaddr.to_string();
    let record = Record { identity, label: None, request: None, rekey: false };
    let command = Command::Crecord(Crecord::Record(Box::new(record)));
    let answer = match stack::command(&stack.door, command).await {
        Answer::Crecord(answer) if answer.outcome == Outcome::Ok => answer,
        answer => panic!("{answer:?}"),
    };
    let sample = Sample::new(answer.credential.as_ref().unwrap().expose(), &macaddr);
    (sample, answer)
}

async fn activate(stack: &Stack, answer: &CrecordAnswer) {
    let activate =
        Activate { device: answer.device, code: answer.activation, ..Activate::default() };
    let activated = stack::command(&stack.door, Command::Activate(activate)).await;
    assert_eq!(activated.outcome(), Outcome::Ok);
}

/// A registered, active box that runs the sample, and where both PPPX are.
async fn active(stack: &Stack) -> (Sample, [String; 2]) {
    let identity = sim::made_identity(&mut StdRng::seed_from_u64(1));
    let (sample, answer) = recorded(stack, identity).await;
    activate(stack, &answer).await;
    (sample, pppx(stack))
}

fn pppx(stack: &Stack) -> [String; 2] {
    let pair = stack.site.pppx();
    [pair.first, pair.second].map(|addr| addr.unwrap().to_string())
}

/// An address where nobody listens.
fn nobody() -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    listener.local_addr().unwrap().to_string()
}

/// A server that answers one request with a document.
fn impostor(document: &'static str) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let addr = listener.local_addr().unwrap().to_string();
    std::thread::spawn(move || {
        let (mut stream, _) = listener.accept().unwrap();
        let mut asked = Vec::new();
        while !asked.ends_with(b"</xml>") {
            let mut some = [0; 1024];
            let count = stream.read(&mut some).unwrap();
            asked.extend(some.get(..count).unwrap_or_default());
        }
        let length = document.len();
        let head = format!("HTTP/1.1 200 OK\r\ncontent-length: {length}\r\n\r\n");
        stream.write_all(head.as_bytes()).unwrap();
        stream.write_all(document.as_bytes()).unwrap();
    });
    addr
}

#[tokio::test]
async fn the_sample_in_c_reproduces_every_vector() {
    let all = vectors();
    let (credential, macaddr) = (&all["credential"], text(&all, "macaddr"));
    let sealed = Sample::new(text(credential, "encrypted"), macaddr)
        .with_key(text(credential, "private_key_pkcs8_pem"));
    for sample in [Sample::new(text(credential, "plain"), macaddr), sealed] {
        let nonce = text(&all, "nonce");
        let mut cryptos = vec![(&all["auth"], "AUTH")];
        cryptos.extend(all["topup"].as_array().unwrap().iter().map(|it| (it, text(it, "cmd"))));
        for (vector, cmd) in cryptos {
            let (ms, counter) = (vector["unix_ms"].to_string(), vector["counter"].to_string());
            let mut words = vec!["crypto", &ms, &counter, nonce.get(..8).unwrap(), cmd];
            words.extend(vector["code"].as_str());
            words.extend(vector["request"].as_str());
            let made = sample.run(&words).await;
            assert_eq!(made, (MAY_SURF, text(vector, "crypto_base64").to_owned()), "{vector}");
        }
        for vector in all["proof"].as_array().unwrap() {
            let x = vector["lease_or_now"].as_i64().map(|it| it.to_string()).unwrap_or_default();
            let made = sample.run(&["proof", nonce, text(vector, "result"), &x]).await;
            assert_eq!(made, (MAY_SURF, text(vector, "proof_base64").to_owned()), "{vector}");
        }
    }
}

#[test]
fn box_md_is_worked_through_with_the_vectors() {
    let page = fs::read_to_string(root().join("docs/box.md")).unwrap();
    let all = vectors();
    let mut wanted = vec![
        text(&all, "box"),
        text(&all, "box_key"),
        text(&all, "macaddr"),
        text(&all["credential"], "plain"),
        text(&all["hkdf"]["of box_key"], "ngondo/auth/1"),
        text(&all["hkdf"]["of box_key"], "ngondo/proof/1"),
        text(&all["auth"], "crypto_base64"),
    ];
    wanted.extend(all["topup"].as_array().unwrap().iter().map(|it| text(it, "crypto_base64")));
    wanted.extend(all["proof"].as_array().unwrap().iter().map(|it| text(it, "proof_base64")));
    for number in wanted {
        assert!(page.contains(number), "docs/box.md does not hold {number}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_sample_in_c_authenticates_against_pppx() {
    let stack = Box::pin(Stack::start()).await;
    let identity = sim::made_identity(&mut StdRng::seed_from_u64(1));
    let (sample, answer) = recorded(&stack, identity).await;
    let [first, second] = pppx(&stack);
    let auth = ["auth", &first, &second];
    assert_eq!(sample.run(&auth).await, (REFUSED, "NOT_ACTIVATED".to_owned()));
    activate(&stack, &answer).await;
    let surfs = (MAY_SURF, "OK lease=14400 spread=30".to_owned());
    assert_eq!(sample.run(&auth).await, surfs);
    let counter = sample.counter();
    assert_eq!(sample.run(&auth).await, surfs);
    assert_eq!(sample.counter(), counter + 1);
    let device = answer.device.unwrap().to_string();
    let suspend = json!({ "request": uuid::Uuid::new_v4(), "box": device });
    stack.door.manage("/v1/boxes/suspend", &suspend).await.unwrap();
    // The other AAR reads of it within a second.
    let mut told = surfs.clone();
    while told == surfs {
        told = sample.run(&auth).await;
    }
    assert_eq!(told, (REFUSED, "SUSPENDED".to_owned()));
    assert!(0 < Box::pin(stack.stop()).await.rows_of_equals().await);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_sample_in_c_opens_what_came_under_its_own_key() {
    let stack = Box::pin(Stack::start()).await;
    let all = vectors();
    let mut identity = sim::made_identity(&mut StdRng::seed_from_u64(2));
    identity.pubkey = Some(text(&all["credential"], "pubkey_base64").parse().unwrap());
    let (sample, answer) = recorded(&stack, identity).await;
    let sample = sample.with_key(text(&all["credential"], "private_key_pkcs8_pem"));
    assert!(fs::read_to_string(sample.path("credential")).unwrap().contains("rsa-oaep-sha256"));
    activate(&stack, &answer).await;
    let [first, second] = pppx(&stack);
    assert_eq!(sample.run(&["auth", &first, &second]).await.0, MAY_SURF);
    Box::pin(stack.stop()).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_sample_in_c_asks_the_second_where_the_first_is_no_use() {
    let stack = Box::pin(Stack::start()).await;
    let (sample, [_, second]) = active(&stack).await;
    assert_eq!(sample.run(&["auth", &nobody(), &second]).await.0, MAY_SURF);
    let lies = "<xml><app>a</app><version>1</version><cmd>R-AUTH</cmd><time>1</time>\
        <result>STOLEN</result><proof>rApZwI6-QVUWwDHcvf9cgxpjckwtnMxsH8mZ_4QYvic</proof></xml>";
    assert_eq!(sample.run(&["auth", &impostor(lies), &second]).await.0, MAY_SURF);
    assert_eq!(sample.run(&["auth", &impostor(lies)]).await.0, NO_ANSWER);
    assert_eq!(sample.run(&["auth", &nobody()]).await.0, NO_ANSWER);
    Box::pin(stack.stop()).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_sample_in_c_sets_its_clock_and_its_counter() {
    let stack = Box::pin(Stack::start()).await;
    let (sample, [first, second]) = active(&stack).await;
    let auth = ["auth", &first, &second];
    assert_eq!(sample.run(&auth).await.0, MAY_SURF);
    // The AAR that did not hear the first AUTH knows of it half a second later, and lets it in till then.
    let put_right = async {
        while sample.counter() < 1_000_000_000_000 {
            sample.keep("state", "5 30\n");
            assert_eq!(sample.run(&auth).await.0, MAY_SURF, "REPLAYED is put right");
        }
    };
    sample.keep("state", "5 30\n");
    tokio::time::timeout(Duration::from_mins(1), put_right).await.unwrap();
    stack.clock.shift_ms(86_400_000);
    assert_eq!(sample.run(&auth).await.0, MAY_SURF, "STALE is put right");
    sample.keep("state", "99999999999999 30\n");
    assert_eq!(sample.run(&auth).await.0, MAY_SURF, "a counter of the future goes");
    assert!(sample.counter() < 99_999_999_999_999);
    Box::pin(stack.stop()).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_sample_in_c_gives_a_purchase_code_and_gives_it_again() {
    let stack = Box::pin(Stack::start()).await;
    let (sample, [first, second]) = active(&stack).await;
    let code = stack::sell(&stack.door, 1).await.remove(0).grouped();
    let given = sample.run(&["topup", &code, &first, &second]).await;
    assert_eq!(given, (MAY_SURF, "OK code2=10000000000000 ussd=*126*10000000000000#".to_owned()));
    assert_eq!(sample.run(&["topup", &code, &second]).await, given, "a box that lost power");
    let mistyped = sample.run(&["topup", "1234 5678 9012 3453", &nobody()]).await;
    assert_eq!(mistyped, (REFUSED, String::new()), "nobody was asked");
    Box::pin(stack.stop()).await;
}
