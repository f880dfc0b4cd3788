//! Nothing secret stands in a log or a report, however much is logged.

#![expect(clippy::unwrap_used, reason = "a test may panic")]

use std::fmt::Write as _;
use std::fs::{self, File};
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command as Process, Stdio};
use std::time::Duration;

use chassis::Clock;
use ngondo::door::Door;
use ngondo::sim::{self, SimDevice};
use ngondo::site::{Site, seats};
use protocol::{Activate, Answer, Command, Crecord, Outcome, Record, TopUp};
use rand::SeedableRng;
use rand::rngs::StdRng;
use stack::{PACE, binary, lay, post_raw};

/// Servers that write all they can into `log` beside their inis; killed when dropped.
struct Talkative(Vec<Child>);

impl Talkative {
    async fn start(site: &Site) -> Self {
        let mut servers = Self(Vec::new());
        for (role, place) in seats() {
            let ini = site.ini(role, place);
            let mut text = File::options().append(true).open(&ini).unwrap();
            text.write_all(b"\n[log]\nlevel = trace\n").unwrap();
            let log = File::create(site.folder(role, place).join("log")).unwrap();
            let server = Process::new(binary(&format!("ngondo-{}", role.lower())))
                .arg("--config")
                .arg(ini)
                .stdout(Stdio::null())
                .stderr(log)
                .spawn();
            servers.0.push(server.unwrap());
        }
        let mut tick = tokio::time::interval(Duration::from_millis(5));
        for (role, place) in seats() {
            let question = b"GET /readyz HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n";
            let admin = site.admin(role, place);
            while !post_raw(&admin, question).is_ok_and(|it| it.status == 200) {
                tick.tick().await;
            }
        }
        servers
    }
}

impl Drop for Talkative {
    fn drop(&mut self) {
        for server in &mut self.0 {
            drop(server.kill().and_then(|()| server.wait()));
        }
    }
}

/// Takes a box the whole way, right and wrong, and gives every secret that was on it.
async fn live(door: &Door) -> Vec<(&'static str, Vec<u8>)> {
    let mut identity = sim::made_identity(&mut StdRng::seed_from_u64(1));
    identity.imsi = Some("624011234567890".parse().unwrap());
    identity.iccid = Some("8923701000000012345".parse().unwrap());
    let (macaddr, said) = (identity.macaddr, identity.clone());
    let record = Record { identity, label: None, request: None, rekey: false };
    let command = Command::Crecord(Crecord::Record(Box::new(record)));
    let Answer::Crecord(answer) = stack::command(door, command).await else { unreachable!() };
    let credential = answer.credential.unwrap();
    let activation = answer.activation.unwrap();
    let activate = Activate {
        device: answer.device,
        code: Some(activation),
        msisdn: Some("+237650123456".parse().unwrap()),
        subscriber: Some("Nkolo Bidima".parse().unwrap()),
        ..Activate::default()
    };
    let activated = stack::command(door, Command::Activate(activate)).await;
    assert_eq!(activated.outcome(), Outcome::Ok);
    let now_ms = door.clock().now_ms();
    let mut device = SimDevice::of_credential(credential.expose(), macaddr, None, now_ms).unwrap();
    let (_, authenticated) = stack::auth(door, &mut device, 2).await;
    assert_eq!(authenticated.outcome(), Outcome::Ok);
    let code = stack::sell(door, 1).await.remove(0);
    let topped = stack::command(door, Command::TopUp(TopUp::new(code))).await;
    let Answer::TopUp(topped) = topped else { unreachable!() };
    let wrong: protocol::PurchaseCode = "4111 1111 1111 1111".parse().unwrap();
    let refused = stack::command(door, Command::TopUp(TopUp::new(wrong))).await;
    assert_eq!(refused.outcome(), Outcome::CodeUnknown);
    let key = device.key().expose();
    let mut secrets = vec![("key", key.to_vec()), ("key", list(key).into_bytes())];
    let texts = [
        ("key", hex(key)),
        ("key", credential.expose().rsplit('"').nth(1).unwrap().to_owned()),
        ("macaddr", macaddr.to_string()),
        ("macaddr", hex(&macaddr.octets())),
        ("imei", said.imei.unwrap().to_string()),
        ("serial", said.serial.unwrap().to_string()),
        ("imsi", said.imsi.unwrap().to_string()),
        ("iccid", said.iccid.unwrap().to_string()),
        ("msisdn", "+237650123456".to_owned()),
        ("subscriber", "Nkolo Bidima".to_owned()),
        ("activation code", activation.digits().to_owned()),
        ("purchase code", code.digits().to_owned()),
        ("wrong code", wrong.digits().to_owned()),
        ("recharge code", topped.code2.unwrap().digits().to_owned()),
    ];
    secrets.extend(texts.map(|(name, text)| (name, text.into_bytes())));
    secrets
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut text, byte| {
        write!(text, "{byte:02x}").unwrap();
        text
    })
}

/// Bytes as `Debug` shows them.
fn list(bytes: &[u8]) -> String {
    format!("{bytes:?}")
}

fn holds(bytes: &[u8], wanted: &[u8]) -> bool {
    bytes.windows(wanted.len()).any(|it| it == wanted)
}

/// Every file below a folder that is a log, a spool or a database of this back office.
fn files(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(files(&path));
        } else {
            found.push(path);
        }
    }
    found
}

#[tokio::test(flavor = "multi_thread")]
async fn no_secret_stands_in_a_log_a_report_or_a_database() {
    let folder = tempfile::tempdir().unwrap();
    let site = lay(&folder, PACE).await;
    let servers = Talkative::start(&site).await;
    let door = Door::new(site.pppx(), Clock::default());
    let secrets = live(&door).await;
    drop(servers);
    let files = files(site.dir());
    let talked = |it: &&PathBuf| it.ends_with("log") && holds(&fs::read(it).unwrap(), b"TRACE");
    assert_eq!(files.iter().filter(talked).count(), 10, "each server wrote what it could");
    for file in files {
        let bytes = fs::read(&file).unwrap();
        for (name, secret) in &secrets {
            assert!(!holds(&bytes, secret), "{} holds a {name}", file.display());
        }
    }
}
