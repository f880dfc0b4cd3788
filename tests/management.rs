//! docs/management.md says what the management interface does: each of its examples is sent.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a test may panic")]

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use ngondo::site::{self, Place};
use protocol::{
    Activate, Answer, Command, Crecord, DeviceId, KeyIdentity, Outcome, Record, Role, matrix,
};
use serde_json::{Map, Value};
use stack::{Http, Signer, Stack};

/// The box of the examples; the real one has an id that SR drew.
const DEVICE: &str = "0102030405060708090a0b0c0d0e0f10";

/// The box that the page imports; it is known once that was answered.
const OTHER: &str = "1112131415161718191a1b1c1d1e1f20";

/// What differs from run to run: of the same form as in the example.
const DRAWN: [&str; 28] = [
    "lb",
    "agreement",
    "databases",
    "servers",
    "created",
    "changed",
    "time",
    "sold_at",
    "redeemed_at",
    "last_beat",
    "epoch",
    "addr",
    "activation",
    "credential",
    "proof",
    "asked",
    "decided",
    "number",
    "bridge",
    "good",
    "rows",
    "printed",
    "day",
    "file",
    "since",
    "last",
    "seen",
    "over",
];

/// One request of the page and what the page says is answered.
#[derive(Debug)]
struct Example {
    verb: String,
    body: String,
    status: u16,
    kind: String,
    answer: String,
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap().to_owned()
}

fn page() -> String {
    fs::read_to_string(root().join("docs/management.md")).unwrap()
}

/// First line and the rest of each ```` ```http ```` block.
fn blocks(page: &str) -> Vec<(String, String)> {
    let mut blocks = Vec::new();
    let mut lines = page.lines();
    while lines.by_ref().any(|line| line == "```http") {
        let block: Vec<&str> = lines.by_ref().take_while(|line| *line != "```").collect();
        let (first, rest) = block.split_first().unwrap();
        assert_eq!(rest.first(), Some(&""), "a blank line is missing behind {first}");
        blocks.push(((*first).to_owned(), rest.get(1..).unwrap().join("\n")));
    }
    blocks
}

fn examples() -> Vec<Example> {
    let blocks = blocks(&page());
    let pairs = blocks.chunks(2).map(|pair| match pair {
        [(request, body), (status, answer)] => {
            let verb = request.strip_prefix("POST /v1/").unwrap_or_else(|| panic!("{request}"));
            let (status, kind) = status.split_once(' ').unwrap();
            Example {
                verb: verb.to_owned(),
                body: body.clone(),
                status: status.parse().unwrap(),
                kind: kind.to_owned(),
                answer: answer.clone(),
            }
        }
        odd => panic!("{odd:?} has no answer"),
    });
    pairs.collect()
}

/// Waits until the last AUTH is in CRYPTO, from where the other AAR has it.
async fn in_crypto(stack: &Stack) {
    let store = store::Store::open(&stack.site.registry().unwrap()).await.unwrap();
    let heard = async || {
        let mut cursor = store::GuardCursor::START;
        !store.guards_changed_since(&mut cursor, 1).await.unwrap().is_empty()
    };
    let all = async {
        while !heard().await {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(std::time::Duration::from_mins(1), all).await.unwrap();
    store.close().await;
}

/// Registers and activates the box of the examples, which then authenticates.
async fn world(stack: &Stack) -> DeviceId {
    let identity = KeyIdentity {
        imei: Some("861821032479591".parse().unwrap()),
        serial: Some("G4PDW16623003677".parse().unwrap()),
        ..KeyIdentity::new("a8:bb:cc:dd:ee:0f".parse().unwrap())
    };
    let macaddr = identity.macaddr;
    let label = Some("stock-12".parse().unwrap());
    let record = Record { identity, label, request: None, rekey: false };
    let command = Command::Crecord(Crecord::Record(Box::new(record)));
    let Answer::Crecord(answer) = stack::command(&stack.door, command).await else { panic!() };
    let activate = Activate {
        device: answer.device,
        until: Some("2030-12-31".parse().unwrap()),
        subscriber: Some("Ada Ngo".parse().unwrap()),
        msisdn: Some("+237650000000".parse().unwrap()),
        ..Activate::default()
    };
    let activated = stack::command(&stack.door, Command::Activate(activate)).await;
    assert_eq!(activated.outcome(), Outcome::Ok);
    let credential = answer.credential.unwrap();
    let now_ms = stack.clock.now_ms();
    let device = ngondo::sim::SimDevice::of_credential(credential.expose(), macaddr, None, now_ms);
    let (_, answer) = stack::auth(&stack.door, &mut device.unwrap(), 1).await;
    assert_eq!(answer.outcome(), Outcome::Ok);
    in_crypto(stack).await;
    answer_device(stack).await
}

/// The id that SR drew.
async fn answer_device(stack: &Stack) -> DeviceId {
    let found = stack.door.lines("/v1/boxes/list", "{}".to_owned()).await.unwrap();
    found.first().unwrap()["box"].as_str().unwrap().parse().unwrap()
}

/// The ids that the page's stand for, as they become known.
struct Ids(BTreeMap<&'static str, String>);

impl Ids {
    fn put_in(&self, text: &str) -> String {
        self.0.iter().fold(text.to_owned(), |text, (shown, id)| text.replace(shown, id))
    }

    /// Takes the id of the box that an import answered.
    fn learn(&mut self, example: &Example, got: &Http) {
        let lines = example.answer.lines().zip(got.body.lines());
        for (_, answered) in lines.filter(|(shown, _)| shown.contains(OTHER)) {
            let answered: Value = serde_json::from_str(answered).unwrap();
            let id = answered.get("box").and_then(Value::as_str).unwrap_or(OTHER).to_owned();
            self.0.entry(OTHER).or_insert(id);
        }
    }
}

async fn send(stack: &Stack, example: &Example, ids: &Ids) -> Http {
    let pppx = (Role::Pppx, Place::First);
    let signer = Signer::new(&stack.site, site::ADMIN, pppx, &stack.clock);
    let (verb, body) = (example.verb.clone(), ids.put_in(&example.body));
    tokio::task::spawn_blocking(move || signer.manage(&verb, &body)).await.unwrap()
}

/// Holds that what was answered is what the page shows.
fn same(at: &str, shown: &Value, answered: &Value) {
    match (shown, answered) {
        (Value::Object(shown), Value::Object(answered)) => same_members(at, shown, answered),
        (Value::Array(shown), Value::Array(answered)) => {
            assert_eq!(shown.len(), answered.len(), "{at}");
            for (shown, answered) in shown.iter().zip(answered) {
                same(at, shown, answered);
            }
        }
        _ => assert_eq!(shown, answered, "{at}"),
    }
}

fn same_members(at: &str, shown: &Map<String, Value>, answered: &Map<String, Value>) {
    let names = |it: &Map<String, Value>| it.keys().cloned().collect::<BTreeSet<_>>();
    assert_eq!(names(shown), names(answered), "{at}");
    for (name, shown) in shown {
        let answered = answered.get(name).unwrap();
        let at = format!("{at} {name}");
        match name.as_str() {
            "code" => {
                let code: protocol::PurchaseCode = answered.as_str().unwrap().parse().unwrap();
                assert!(code.luhn_ok(), "{at}");
            }
            drawn if DRAWN.contains(&drawn) => {
                let alike = shown.is_string() == answered.is_string() || answered.is_null();
                assert!(alike, "{at}: {answered}");
            }
            _ => same(&at, shown, answered),
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn each_example_of_the_management_page_is_answered_as_shown() {
    let stack = Box::pin(Stack::start()).await;
    let mut ids = Ids([(DEVICE, world(&stack).await.to_string())].into());
    let examples = examples();
    for example in &examples {
        let at = format!("{} {}", example.verb, example.body);
        let got = send(&stack, example, &ids).await;
        assert_eq!(got.status, example.status, "{at}\n{}", got.body);
        assert!(
            got.head.contains(&format!("content-type: {}", example.kind)),
            "{at}\n{}",
            got.head
        );
        assert!(got.head.contains("ngondo-bridge: "), "{at}\n{}", got.head);
        ids.learn(example, &got);
        let shown = ids.put_in(&example.answer);
        assert_eq!(shown.lines().count(), got.body.lines().count(), "{at}\n{}", got.body);
        for (shown, answered) in shown.lines().zip(got.body.lines()) {
            let read = |it: &str| serde_json::from_str(it).unwrap_or_else(|_| panic!("{at}\n{it}"));
            same(&at, &read(shown), &read(answered));
        }
    }
    assert!(20 <= examples.len(), "{} examples: is the page still one?", examples.len());
    assert!(0 < Box::pin(stack.stop()).await.rows_of_equals().await);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_management_request_sent_again_gets_the_same_answer() {
    let stack = Box::pin(Stack::start()).await;
    let mut ids = Ids([(DEVICE, world(&stack).await.to_string())].into());
    for example in examples().iter().filter(|it| it.status == 200 && it.body.contains("request")) {
        let first = send(&stack, example, &ids).await;
        ids.learn(example, &first);
        let again = send(&stack, example, &ids).await;
        assert_eq!(unmarked(&again.body), unmarked(&first.body), "{}", example.body);
    }
    Box::pin(stack.stop()).await;
}

/// An answer without what tells the first from the second: codes that are shown again say so, and
/// a print file is sealed anew.
fn unmarked(body: &str) -> Vec<Value> {
    let read = |line: &str| {
        let mut value: Value = serde_json::from_str(line).unwrap();
        if let Some(members) = value.as_object_mut() {
            members.remove("duplicata");
            members.remove("file");
        }
        value
    };
    body.lines().map(read).collect()
}

/// The verbs that the services know, read from where they choose between them.
fn verbs_of_the_code() -> BTreeSet<String> {
    let read = |path: &str| fs::read_to_string(root().join(path)).unwrap();
    let mut verbs = BTreeSet::new();
    let files =
        ["services/aar/src/manage.rs", "services/sr/src/manage.rs", "services/lb/src/lib.rs"];
    for path in files {
        for line in read(path).lines().map(str::trim).filter(|line| line.starts_with("(\"")) {
            let words: Vec<&str> = line.split('"').collect();
            if let (Some(noun), Some(verb)) = (words.get(1), words.get(3)) {
                verbs.insert(format!("{noun}/{verb}"));
            }
        }
    }
    for line in read("services/topup/src/manage.rs").lines().map(str::trim) {
        if let Some((verb, _)) = line.strip_prefix('"').and_then(|it| it.split_once("\" => ")) {
            verbs.insert(format!("vouchers/{verb}"));
        }
    }
    verbs
}

/// What the table of rights on the page says of each line: name, server, who may, what it changes.
fn rights_of_the_page() -> Vec<[String; 4]> {
    let page = page();
    let (_, part) = page.split_once("\n## Rights\n").unwrap();
    let (part, _) = part.split_once("\n## ").unwrap();
    let rows = part.lines().filter(|line| line.starts_with("| `"));
    let cells = |line: &str| -> Vec<String> {
        line.trim_matches('|').split('|').map(|it| it.trim().to_owned()).collect()
    };
    rows.map(|line| <[String; 4]>::try_from(cells(line)).unwrap()).collect()
}

/// The same, as the code has it.
fn rights_of_the_code() -> Vec<[String; 4]> {
    let shown = |name: &str| match name {
        "CRECORD rekey" => "`CRECORD` with `rekey`".to_owned(),
        "ACTIVATE" => "`ACTIVATE`, and with `until`".to_owned(),
        "ACTIVATE code" => "`ACTIVATE` with `code`".to_owned(),
        name => format!("`{name}`"),
    };
    let needs = |deed: &matrix::Deed| match deed.name {
        "INIT" => "any module, for itself".to_owned(),
        _ => deed.needs.to_string(),
    };
    let changes = |deed: &matrix::Deed| if deed.reads { "no" } else { "yes" }.to_owned();
    let row = |it: &matrix::Deed| [shown(it.name), it.role.to_string(), needs(it), changes(it)];
    matrix::deeds().map(row).collect()
}

#[test]
fn the_table_of_rights_on_the_page_is_the_one_of_the_code() {
    assert_eq!(rights_of_the_page(), rights_of_the_code());
}

#[test]
fn each_verb_of_the_code_has_an_example() {
    let verbs = verbs_of_the_code();
    let of_the_matrix = matrix::deeds().map(|deed| deed.name.to_owned());
    assert_eq!(verbs, of_the_matrix.filter(|name| name.contains('/')).collect());
    let page = page();
    let shown: BTreeSet<String> = examples().into_iter().map(|it| it.verb).collect();
    for verb in &verbs {
        assert!(shown.contains(verb), "docs/management.md has no example of {verb}");
        assert!(
            page.contains(&format!("### {verb}\n")),
            "docs/management.md has no part on {verb}"
        );
    }
    for heading in page.lines().filter_map(|line| line.strip_prefix("### ")) {
        assert!(verbs.contains(heading), "docs/management.md has {heading}, which no service has");
    }
}

/// What the audit log says of the examples: which request did what.
async fn audited(stack: &Stack) -> BTreeSet<(String, String)> {
    let mut rows = BTreeSet::new();
    let mut page = Map::from_iter([("limit".to_owned(), Value::from(1_000))]);
    loop {
        let body = Value::Object(page.clone()).to_string();
        let lines = stack.door.lines("/v1/audit/list", body).await.unwrap();
        for line in &lines {
            let text = |name: &str| line.get(name).and_then(Value::as_str).unwrap_or_default();
            rows.insert((text("verb").to_owned(), text("request").to_owned()));
        }
        match lines.last().and_then(|it| it.get("after")) {
            Some(after) => page.insert("after".to_owned(), after.clone()),
            None => return rows,
        };
    }
}

/// Verbs that no example can bring to an end, and the tests that hold their row.
const NOT_IN_EXAMPLES: [(&str, &str); 2] = [
    ("vouchers/approve", "above_the_amount_another_person_decides"),
    ("alerts/ack", "an_alert_is_listed_until_somebody_acknowledges_it"),
];

/// Whether a verb changes nothing; one that there is not does not.
fn only_reads(verb: &str) -> bool {
    let (noun, verb) = verb.split_once('/').unwrap();
    matrix::verb(noun, verb).is_none_or(|deed| deed.reads)
}

#[tokio::test(flavor = "multi_thread")]
async fn each_change_of_the_page_has_its_row_in_the_audit_log() {
    let stack = Box::pin(Stack::start()).await;
    let mut ids = Ids([(DEVICE, world(&stack).await.to_string())].into());
    let mut changed = BTreeSet::new();
    for example in examples() {
        let got = send(&stack, &example, &ids).await;
        ids.learn(&example, &got);
        if got.status != 200 || only_reads(&example.verb) {
            continue;
        }
        let read = |text: &str| serde_json::from_str::<Value>(text).unwrap();
        let asked = read(example.body.lines().next().unwrap());
        let done = got
            .body
            .lines()
            .map(read)
            .any(|line| line["result"] == "OK" && line["unchanged"] != true);
        if done && asked["check"] != true && asked["preview"] != true {
            let request = asked["request"].as_str().unwrap().to_owned();
            changed.insert((example.verb.clone(), request));
        }
    }
    let rows = audited(&stack).await;
    // The LBs reach no CRYPTO: they keep an operator's word and its reason themselves.
    for change in changed.iter().filter(|(verb, _)| !verb.starts_with("servers/")) {
        assert!(rows.contains(change), "the audit log has no row of {change:?}");
    }
    for command in ["CRECORD", "ACTIVATE"] {
        assert!(rows.iter().any(|(verb, _)| verb == command), "{command}");
    }
    for verb in verbs_of_the_code().into_iter().filter(|it| !it.starts_with("servers/")) {
        let shown = changed.iter().any(|(it, _)| *it == verb);
        let elsewhere = NOT_IN_EXAMPLES.iter().any(|(it, _)| *it == verb);
        assert!(only_reads(&verb) || shown || elsewhere, "no example of {verb} changes anything");
    }
    Box::pin(stack.stop()).await;
}
