//! A stolen disk tells nothing: after a whole run, no planted value stands in any file.
//!
//! Source: reliability.md R13. There are no exceptions: every file of every server and of the tool
//! is searched, keys, logs, spools, write-ahead logs and older generations of inis among them.

#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::print_stdout,
    reason = "a test may panic, and print"
)]

mod needles;

use std::fs;
use std::path::PathBuf;
use std::process::Command as Process;

use chassis::Clock;
use crypto::{aad, authenticator};
use needles::{Needles, base64_within, hex};
use ngondo::door::Door;
use ngondo::journal::Journal;
use ngondo::record::Recorder;
use ngondo::sim::key::{KeyScript, SimKey};
use ngondo::sim::{SimDevice, Verdict};
use ngondo::site::{Site, seats};
use protocol::{
    Activate, Answer, Authenticator, Command, Credit, CreditOutcome, CryptoField, KeyIdentity,
    Outcome, PeerAddr, PurchaseCode, Request, RequestId, TopUp,
};
use rand::SeedableRng;
use rand::rngs::StdRng;
use serde_json::json;
use stack::{Programs, auth, binary, command};
use uuid::Uuid;

const MACADDR: &str = "a8:5c:9d:3e:f1:07";
const IMEI: &str = "861821032479591";
const SERIAL: &str = "G4PDW16623003677";
const IMSI: &str = "624010987654321";
const ICCID: &str = "8923701000987654321";
const LABEL: &str = "rayon-secret-41";
const SUBSCRIBER: &str = "Ngoumou Essomba Ada";
const MSISDN: &str = "+237655443322";
const OTHER_MSISDN: &str = "+237699887766";
const RECHARGE: &str = "73519264018375";
const WRONG_CODE: &str = "9182736450918279";
const REASON: &str = "volee a Bonanjo le soir";

fn v<T: std::str::FromStr<Err: std::fmt::Debug>>(text: &str) -> T {
    text.parse().unwrap()
}

/// All that is known before the run.
fn planted() -> Needles {
    let mut needles = Needles::default();
    needles.binary("macaddr", &v::<protocol::MacAddr>(MACADDR).octets());
    for (what, text) in [
        ("imei", IMEI),
        ("serial", SERIAL),
        ("imsi", IMSI),
        ("iccid", ICCID),
        ("label", LABEL),
        ("subscriber", SUBSCRIBER),
        ("msisdn", MSISDN),
        ("msisdn of TOPUP", OTHER_MSISDN),
        ("recharge code", RECHARGE),
        ("wrong code", WRONG_CODE),
        ("reason", REASON),
    ] {
        needles.text(what, text);
    }
    needles
}

fn identity() -> KeyIdentity {
    KeyIdentity {
        imei: Some(v(IMEI)),
        serial: Some(v(SERIAL)),
        imsi: Some(v(IMSI)),
        iccid: Some(v(ICCID)),
        ..KeyIdentity::new(v(MACADDR))
    }
}

/// Has every server log all that it can.
async fn talkative() -> Programs {
    let mut programs = Programs::start().await;
    for (role, place) in seats() {
        programs.kill(role, place);
        let ini = programs.site.ini(role, place);
        let text = fs::read_to_string(&ini).unwrap();
        fs::write(&ini, format!("{text}\n[log]\nlevel = trace\n")).unwrap();
    }
    for (role, place) in seats() {
        programs.spawn(role, place);
    }
    for (role, place) in seats() {
        programs.ready(role, place).await;
    }
    programs
}

/// Registers the planted key as the bench does, and activates its box with its code.
async fn record(programs: &Programs, needles: &mut Needles) -> SimDevice {
    let script = KeyScript { identity: identity(), private: None, cut_percent: 0, seed: 1 };
    let key = SimKey::start(v("127.0.0.1:0"), script, Clock::default()).await.unwrap();
    let addr: PeerAddr = key.addr().to_string().parse().unwrap();
    let journal = Journal::open(&programs.site.dir().join("journal")).unwrap();
    let key_door = Door::to_key(Clock::default());
    let bench = Recorder { door: &programs.door, key_door: &key_door, journal: &journal };
    let recorded = bench.record(&addr, Some(v(LABEL)), &mut |_step| {}).await.unwrap();
    let device = key.device().unwrap();
    let activation = recorded.activation.unwrap();
    needles.text("activation code", activation.digits());
    needles.binary("box key", device.key().expose());
    needles.binary("key of crypto", device.key().auth_key().expose());
    let activate = Activate {
        device: Some(recorded.device),
        subscriber: Some(v(SUBSCRIBER)),
        msisdn: Some(v(MSISDN)),
        ..Activate::default()
    };
    let wrong = Activate { code: Some(v(WRONG_CODE)), ..activate.clone() };
    let right = Activate { code: Some(activation), ..activate };
    let told = command(&programs.door, Command::Activate(wrong)).await;
    assert_eq!(told.outcome(), Outcome::CodeUnknown);
    let told = command(&programs.door, Command::Activate(right)).await;
    assert_eq!(told.outcome(), Outcome::Ok);
    key.stop().await;
    device
}

/// Authenticates, well and badly.
async fn authenticate(programs: &Programs, device: &mut SimDevice, needles: &mut Needles) {
    let (verdict, answer) = auth(&programs.anyone, device, 1).await;
    assert!(matches!(verdict, Verdict::Surf { .. }), "{verdict:?} {answer:?}");
    let now_ms = programs.anyone.clock().now_ms();
    let attempt = device.attempt(&mut StdRng::seed_from_u64(2), now_ms);
    let Command::Auth(sent) = Request::parse(attempt.document.as_bytes()).unwrap().command else {
        panic!("no AUTH")
    };
    needles.binary("authenticator", sent.crypto.authenticator().unwrap().as_bytes());
    let got = programs.anyone.document(attempt.document.clone().into()).await.unwrap();
    let document = String::from_utf8_lossy(&got.body).into_owned();
    assert!(document.contains("<result>OK"), "{document}");
    let broken = attempt.document.replace("<crypto>A", "<crypto>B");
    let got = programs.anyone.document(broken.into()).await.unwrap();
    let document = String::from_utf8_lossy(&got.body).into_owned();
    assert!(document.contains("BAD_CRYPTO"), "{document}");
}

/// The crypto of a TOPUP of the box.
fn spoken(device: &SimDevice, code: &PurchaseCode, request: &str, now_ms: i64) -> CryptoField {
    let aad = aad::code("TOPUP", "ngondo", chassis::VERSION, code.digits(), Some(request));
    let plain = authenticator::Opened {
        macaddr: device.macaddr().octets(),
        unix_ms: u64::try_from(now_ms).unwrap(),
        counter: 1,
    };
    let key = device.key().auth_key();
    let crypto = authenticator::make(*device.device().as_bytes(), [5; 12], &key, &plain, &aad);
    CryptoField::Given(Authenticator::from_bytes(crypto))
}

/// Runs the tool on the site.
fn tool(site: &Site, args: &[&str]) -> String {
    let output = Process::new(binary("ngondo"))
        .args(["--lang", "en", "--config"])
        .arg(site.tool_ini())
        .args(args)
        .output()
        .unwrap();
    assert!(output.status.success(), "{args:?}: {output:?}");
    String::from_utf8_lossy(&output.stdout).into_owned()
}

/// Imports the planted recharge code, sells one purchase code for it, redeems it as the box.
async fn top_up(programs: &Programs, device: &SimDevice, needles: &mut Needles) {
    let elsewhere = tempfile::tempdir().unwrap();
    let csv = elsewhere.path().join("codes.csv");
    let lines = format!("operator,amount,currency,code,expires\nMTN,5000,XAF,{RECHARGE},\n");
    fs::write(&csv, lines).unwrap();
    tool(&programs.site, &["vouchers", "import", csv.to_str().unwrap()]);
    let sale = ["vouchers", "sell", "--operator", "MTN", "--amount", "5000", "--json"];
    let sold: serde_json::Value = serde_json::from_str(tool(&programs.site, &sale).trim()).unwrap();
    let code: PurchaseCode = v(sold["vouchers"][0]["code"].as_str().unwrap());
    needles.text("purchase code", code.digits());

    let request = Uuid::new_v4();
    let door = &programs.anyone;
    let crypto = spoken(device, &code, &request.to_string(), door.clock().now_ms());
    needles.binary("authenticator of TOPUP", crypto.authenticator().unwrap().as_bytes());
    let asked = TopUp {
        request: Some(RequestId::from_uuid(request)),
        crypto,
        msisdn: Some(v(OTHER_MSISDN)),
        iccid: Some(v(ICCID)),
        ..TopUp::new(code)
    };
    let wrong = TopUp::new(v(WRONG_CODE));
    assert_eq!(command(door, Command::TopUp(wrong)).await.outcome(), Outcome::CodeUnknown);
    let Answer::TopUp(given) = command(door, Command::TopUp(asked.clone())).await else { panic!() };
    assert_eq!(
        given.code2.as_ref().map(protocol::RechargeCode::digits),
        Some(RECHARGE),
        "{given:?}"
    );
    let again = command(door, Command::TopUp(asked.clone())).await;
    assert_eq!(again.outcome(), Outcome::Ok);
    let stranger =
        TopUp { request: Some(RequestId::from_uuid(Uuid::new_v4())), ..TopUp::new(code) };
    let told = command(door, Command::TopUp(stranger)).await;
    assert_eq!(told.outcome(), Outcome::CodeUsed);

    // The box told the TOPUP, so the box alone may tell what became of it; anyone may try.
    let text = format!("Credite {OTHER_MSISDN} code {RECHARGE}");
    let credit = Credit {
        code: None,
        request: Some(RequestId::from_uuid(request)),
        outcome: CreditOutcome::Credited,
        text: Some(v(&text)),
        crypto: CryptoField::Missing,
    };
    command(door, Command::Credit(credit)).await;
}

/// Finds, changes and misspells, as people do.
async fn manage(programs: &Programs, device: &SimDevice) {
    let door = &programs.door;
    for (verb, body) in [
        ("boxes/find", json!({ "imei": IMEI })),
        ("boxes/find", json!({ "serial": SERIAL })),
        ("boxes/find", json!({ "macaddr": MACADDR })),
        ("boxes/list", json!({})),
    ] {
        assert!(door.lines(&format!("/v1/{verb}"), body.to_string()).await.is_ok(), "{verb}");
    }
    let suspend = json!({
        "request": Uuid::new_v4(), "box": device.device().to_string(), "reason": REASON,
    });
    let told = door.manage("/v1/boxes/suspend", &suspend).await.unwrap();
    assert_eq!(told["result"], "OK", "{told}");
    let imei: u64 = IMEI.parse().unwrap();
    for body in [json!({ "imei": imei }), json!({ IMEI: 1 }), json!({ "imei": MSISDN })] {
        assert!(door.manage("/v1/boxes/show", &body).await.is_err(), "{body}");
    }
    assert!(door.manage(&format!("/v1/boxes/{IMEI}"), &json!({})).await.is_err());
    let misplaced = format!(
        "<xml><app>a</app><version>1</version><cmd>TOPUP</cmd><time>{MSISDN}</time>\
         <code>{RECHARGE}</code><imei>{IMEI}</imei></xml>"
    );
    let got = door.document(misplaced.into()).await.unwrap();
    assert_eq!(got.status, 400);
}

#[test]
fn the_search_finds_each_form_of_a_planted_value() {
    let folder = tempfile::tempdir().unwrap();
    let scratch = folder.path().join("scratch");
    let needles = planted();
    let encode = |text: &str| base64_within(text.as_bytes(), 0, *b"-_");
    assert_eq!(encode("ngondo"), "bmdvbmRv");
    for (bytes, what) in [
        (IMEI.as_bytes().to_vec(), "imei"),
        (hex(IMEI.as_bytes(), "").into_bytes(), "imei"),
        (encode(&format!("{{\"imei\":\"{IMEI}\"}}")).into_bytes(), "imei"),
        (IMEI.parse::<u64>().unwrap().to_be_bytes().to_vec(), "imei"),
        (b"a85c9d3ef107".to_vec(), "macaddr"),
        (b"[168, 92, 157, 62, 241, 7]".to_vec(), "macaddr"),
        (b"A8-5C-9D-3E-F1-07".to_vec(), "macaddr"),
        (vec![0xa8, 0x5c, 0x9d, 0x3e, 0xf1, 0x07], "macaddr"),
        (SUBSCRIBER.to_uppercase().into_bytes(), "subscriber"),
        (b"237 655 44 33 22".to_vec(), ""),
        (b"237655443322".to_vec(), "msisdn"),
        (b"9182-7364-5091-8279".to_vec(), "wrong code"),
        (encode(&format!("x{RECHARGE}y")).into_bytes(), "recharge code"),
    ] {
        fs::write(&scratch, [b"before ".as_slice(), &bytes, b" after"].concat()).unwrap();
        let (found, files) = needles.grep(folder.path());
        assert_eq!(files.len(), 1);
        let expected = !what.is_empty();
        assert_eq!(found.iter().any(|it| it.contains(what)) && expected, expected, "{bytes:?}");
    }
    fs::write(&scratch, b"nothing of it").unwrap();
    assert!(needles.grep(folder.path()).0.is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn no_secret_stands_in_a_log_a_report_or_a_database() {
    let programs = talkative().await;
    let mut needles = planted();
    let mut device = record(&programs, &mut needles).await;
    authenticate(&programs, &mut device, &mut needles).await;
    top_up(&programs, &device, &mut needles).await;
    manage(&programs, &device).await;

    let folder = programs.site.dir().to_owned();
    let (found, _files) = needles.grep(&folder);
    assert!(found.is_empty(), "while it runs:\n{}", found.join("\n"));
    let reports = programs.stop().await;
    let rows = reports.rows_of_equals().await;
    let (found, files) = needles.grep(&folder);
    assert!(found.is_empty(), "after it has stopped:\n{}", found.join("\n"));

    for part in ["registry.db", "report-1.db", "report-2.db", "/state/spool/", ".keys", "pppx.ini"]
    {
        let searched = files.iter().any(|it| it.to_string_lossy().contains(part));
        assert!(searched, "{part} was not among {files:?}");
    }
    let logs: Vec<_> = files.iter().filter(|it| it.ends_with("log")).collect();
    let traced = |it: &&&PathBuf| fs::read_to_string(it).unwrap().contains("TRACE");
    assert_eq!(logs.iter().filter(traced).count(), 10, "each server wrote all that it could");
    println!("{} values, {} files, {rows} rows", needles.values, files.len());
}
