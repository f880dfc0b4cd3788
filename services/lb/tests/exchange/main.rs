//! LBs on real sockets: INIT*, the inventory, and the exchange between the twins.
#![expect(clippy::unwrap_used, clippy::panic, reason = "a test may panic")]

mod scene;

use protocol::Epoch;

use scene::{Balancer, init, inventory};

/// A port that nobody listens on.
const NOBODY: &str = "127.0.0.1:1";

async fn alone() -> Balancer {
    Balancer::start("lb-1", &inventory("127.0.0.1:2", NOBODY, 8404)).await
}

/// Two LBs that know each other, and the epoch that they have agreed on.
async fn twins() -> (Balancer, Balancer, u64) {
    let first = Balancer::start("lb-1", &inventory("127.0.0.1:2", NOBODY, 8404)).await;
    let second = Balancer::start("lb-2", &inventory("127.0.0.1:2", NOBODY, 8404)).await;
    let known = pair_inventory(&first, &second, 8404);
    first.edit(&known);
    first.reaches(2).await;
    second.edit(&known);
    second.reaches(2).await;
    // It went one higher where it had heard of the first's change before it read its own.
    let epoch = second.epoch();
    first.reaches(epoch).await;
    (first, second, epoch)
}

fn pair_inventory(first: &Balancer, second: &Balancer, topup_port: u16) -> String {
    inventory(first.addr().as_str(), second.addr().as_str(), topup_port)
}

async fn topup_of(lb: &Balancer) -> (Epoch, String) {
    let map = lb.map("").await;
    (map.epoch, map.topup.first.unwrap().addr.to_string())
}

#[tokio::test]
async fn answers_init_from_its_inventory() {
    let lb = alone().await;
    let map = lb.map("<role>TOPUP</role><instance>topup-1</instance>").await;
    let topup = map.topup.first.unwrap();
    assert_eq!((topup.addr.as_str(), topup.name), ("127.0.0.1:8404", "topup-1".parse().ok()));
    assert_eq!((map.ttl_s, map.from), (Some(30), "lb-1".parse().ok()));
    assert!(map.crypto.first.is_some());
    assert!(lb.map("<role>PPPX</role>").await.crypto.is_empty());
    let brief = "<role>TOPUP</role><instance>topup-1</instance><epoch>1</epoch><brief>1</brief>";
    let got = String::from_utf8(lb.post("/", &init(brief)).await.body.to_vec()).unwrap();
    assert!(got.contains("<epoch>1</epoch><ttl>30</ttl>") && !got.contains("<TOPUP>"), "{got}");
}

#[tokio::test]
async fn takes_no_other_command() {
    let got = alone().await.post("/", &init("").replace("INIT*", "AUTH*")).await;
    assert_eq!(got.status, 400);
}

#[tokio::test]
async fn an_edit_of_the_inventory_raises_the_epoch() {
    let lb = alone().await;
    lb.edit(&inventory("127.0.0.1:2", NOBODY, 9404));
    lb.reaches(2).await;
    assert_eq!(topup_of(&lb).await, (Epoch::new(2), "127.0.0.1:9404".to_owned()));
}

#[tokio::test]
async fn a_bad_inventory_changes_nothing_and_the_next_good_one_does() {
    let lb = alone().await;
    lb.edit("[topup-1]\nrole = TOPUP\naddr = nowhere\n");
    let problems = lb.problem().await;
    assert!(problems.contains("inventory.ini:3: "), "{problems}");
    assert_eq!(topup_of(&lb).await, (Epoch::new(1), "127.0.0.1:8404".to_owned()));
    lb.edit(&inventory("127.0.0.1:2", NOBODY, 9405));
    lb.reaches(2).await;
    assert_eq!(topup_of(&lb).await, (Epoch::new(2), "127.0.0.1:9405".to_owned()));
}

#[tokio::test]
async fn an_edit_on_either_twin_is_enough() {
    let (first, second, epoch) = twins().await;
    first.edit(&pair_inventory(&first, &second, 9404));
    second.reaches(epoch + 1).await;
    assert_eq!(topup_of(&second).await, (Epoch::new(epoch + 1), "127.0.0.1:9404".to_owned()));
    assert_eq!(second.inventory(), pair_inventory(&first, &second, 9404), "comments and all");

    second.edit(&pair_inventory(&first, &second, 9405));
    first.reaches(epoch + 2).await;
    assert_eq!(topup_of(&first).await, (Epoch::new(epoch + 2), "127.0.0.1:9405".to_owned()));
    assert_eq!(first.inventory(), second.inventory());
}

#[tokio::test]
async fn a_change_of_crypto_reaches_the_twin() {
    let (first, second, epoch) = twins().await;
    let moved = first.inventory().replace("crypto.db", "crypto-2.db");
    first.edit(&moved);
    second.reaches(epoch + 1).await;
    let map = second.map("<role>AAR</role>").await;
    assert_eq!(map.crypto.first.unwrap().as_str(), "sqlite:///var/lib/ngondo/crypto-2.db");
}

#[tokio::test]
async fn one_that_was_down_takes_what_its_twin_published() {
    let (first, mut second, epoch) = twins().await;
    let before = pair_inventory(&first, &second, 9404);
    second.down().await;
    first.edit(&before);
    first.reaches(epoch + 1).await;
    second.up().await;
    second.reaches(epoch + 1).await;
    assert_eq!(topup_of(&second).await, (Epoch::new(epoch + 1), "127.0.0.1:9404".to_owned()));
}

#[tokio::test]
async fn the_epoch_outlives_the_process() {
    let mut lb = alone().await;
    lb.edit(&inventory("127.0.0.1:2", NOBODY, 9404));
    lb.reaches(2).await;
    lb.down().await;
    lb.up().await;
    assert_eq!(topup_of(&lb).await.0, Epoch::new(2));
    lb.down().await;
    lb.edit(&inventory("127.0.0.1:2", NOBODY, 9405));
    lb.up().await;
    assert_eq!(topup_of(&lb).await, (Epoch::new(3), "127.0.0.1:9405".to_owned()));
}

#[tokio::test]
async fn a_dead_twin_whose_epoch_ran_ahead_does_not_block_the_next_change() {
    let lb = alone().await;
    lb.edit(&inventory("127.0.0.1:2", NOBODY, 9404));
    lb.reaches(2).await;
    lb.map("<role>AAR</role><instance>aar-1</instance><epoch>100</epoch>").await;
    lb.reaches(101).await;
    assert_eq!(topup_of(&lb).await, (Epoch::new(101), "127.0.0.1:9404".to_owned()));
}

#[tokio::test]
async fn lists_what_it_knows() {
    let lb = alone().await;
    lb.map("<role>TOPUP</role><instance>topup-1</instance><epoch>1</epoch>").await;
    let got = lb.post("/v1/servers/list", "{\"limit\":2,\"after\":\"lb-1\"}").await;
    let text = String::from_utf8(got.body.to_vec()).unwrap();
    let lines: Vec<serde_json::Value> =
        text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let [second, topup, end] = lines.as_slice() else { panic!("{text}") };
    assert_eq!((got.status, &second["instance"]), (200, &"lb-2".into()));
    assert_eq!(
        (&second["state"], &second["last_beat"]),
        (&"ready".into(), &serde_json::Value::Null)
    );
    assert_eq!((&topup["instance"], &topup["role"]), (&"topup-1".into(), &"TOPUP".into()));
    assert_eq!((&topup["place"], &topup["epoch"]), (&"first".into(), &1.into()));
    assert!(topup["last_beat"].is_string());
    assert_eq!((&end["end"], &end["after"]), (&true.into(), &serde_json::Value::Null));
    assert_eq!(lb.post("/v1/servers/list", "[").await.status, 400);
    assert_eq!(lb.post("/v1/servers/reboot", "{}").await.status, 404);
}

fn rule(server: &str, more: &str) -> String {
    let request = uuid::Uuid::now_v7();
    format!("{{\"request\":\"{request}\",\"instance\":\"{server}\"{more}}}")
}

async fn state(lb: &Balancer, server: &str) -> String {
    let got = lb.post("/v1/servers/why", &format!("{{\"instance\":\"{server}\"}}")).await;
    let why: serde_json::Value = serde_json::from_slice(&got.body).unwrap();
    why.pointer("/servers/0/state").and_then(serde_json::Value::as_str).unwrap().to_owned()
}

/// Waits until an LB says this of a server.
async fn comes_to(lb: &Balancer, server: &str, wanted: &str) {
    let deadline = tokio::time::Instant::now() + std::time::Duration::from_mins(1);
    let mut tick = tokio::time::interval(std::time::Duration::from_millis(20));
    while state(lb, server).await != wanted {
        assert!(tokio::time::Instant::now() < deadline, "{server} is not {wanted}");
        tick.tick().await;
    }
}

#[tokio::test]
async fn an_operators_word_reaches_the_twin_and_survives_the_restart_of_either() {
    let (mut first, mut second, epoch) = twins().await;
    let body = rule("lb-2", ",\"reason\":\"disque à changer\"");
    let got = first.post("/v1/servers/drain", &body).await;
    assert_eq!(got.status, 200);
    comes_to(&second, "lb-2", "drain").await;
    let map = first.map("<role>PPPX</role>").await;
    assert_eq!(map.lb.first.unwrap().name, "lb-1".parse().ok(), "callers ask the twin first");
    assert_eq!(map.epoch, Epoch::new(epoch), "a state raises no epoch");

    second.down().await;
    second.up().await;
    comes_to(&second, "lb-2", "drain").await;
    second.down().await;
    assert_eq!(first.post("/v1/servers/ready", &rule("lb-2", "")).await.status, 200);
    second.up().await;
    comes_to(&second, "lb-2", "ready").await;
    first.down().await;
    first.up().await;
    let got = first.post("/v1/servers/why", "{\"instance\":\"lb-2\"}").await;
    let why: serde_json::Value = serde_json::from_slice(&got.body).unwrap();
    let ruling = &why["servers"][0]["ruling"];
    assert_eq!((&ruling["state"], &ruling["version"]), (&"ready".into(), &2.into()));
}

#[tokio::test]
async fn the_last_of_a_role_is_not_taken_out_unless_it_is_forced() {
    let (first, _second, _) = twins().await;
    assert_eq!(first.post("/v1/servers/maintenance", &rule("lb-1", "")).await.status, 200);
    let got = first.post("/v1/servers/drain", &rule("lb-2", "")).await;
    let said = String::from_utf8(got.body.to_vec()).unwrap();
    assert_eq!(got.status, 409, "{said}");
    assert!(said.contains("SUSPENDED") && said.contains("lb-1 is in state maintenance"), "{said}");
    assert_eq!(state(&first, "lb-2").await, "ready");
    assert_eq!(first.post("/v1/servers/drain", &rule("lb-2", ",\"force\":true")).await.status, 200);
    assert_eq!(state(&first, "lb-2").await, "drain");
    let got = first.post("/v1/servers/drain", &rule("aar-9", "")).await;
    assert_eq!(got.status, 409);
    assert!(String::from_utf8_lossy(&got.body).contains("CODE_UNKNOWN"));
}

#[tokio::test]
async fn the_same_request_again_does_not_undo_what_was_said_since() {
    let (first, _second, _) = twins().await;
    let drain = rule("lb-2", "");
    assert_eq!(first.post("/v1/servers/drain", &drain).await.status, 200);
    assert_eq!(first.post("/v1/servers/drain", &drain).await.status, 200);
    assert_eq!(state(&first, "lb-2").await, "drain");
    assert_eq!(first.post("/v1/servers/drain", "{\"instance\":\"lb-2\"}").await.status, 400);
    assert_eq!(first.post("/v1/servers/thaw", &rule("lb-2", "")).await.status, 400);
}

#[tokio::test]
async fn one_that_answers_no_probe_is_dead_and_why_says_so() {
    let lb = alone().await;
    comes_to(&lb, "lb-2", "dead").await;
    let got = lb.post("/v1/servers/why", "{\"instance\":\"lb-2\"}").await;
    let why: serde_json::Value = serde_json::from_slice(&got.body).unwrap();
    assert_eq!(why["servers"][0]["why"], "does not answer probes");
}
