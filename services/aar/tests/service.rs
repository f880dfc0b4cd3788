//! AAR on a real socket: its start, one AUTH, its restart.
#![expect(clippy::unwrap_used, reason = "a test may panic")]

use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::time::Duration;

use aar::Aar;
use chassis::{Clock, Running, StartError};
use client::{Ask, Client, Endpoint, Keys, Method, Retry, Timeouts};
use config::Module;
use crypto::authenticator::{self, Opened};
use crypto::{BoxKey, KeyRing, MasterKeys, Purpose, Secret32, aad, random};
use http::{HeaderName, HeaderValue};
use protocol::{Answer, Auth, Authenticator, Command, CryptoField, DeviceId, Head, Outcome};
use protocol::{Kind, PeerAddr, Principal, Request, Response, Right, Rights, Role, Time};
use store::{Device, Keyed, Place, State, Store};
use tempfile::TempDir;
use toki::{PrincipalFile, RootFile};
use tokio::time::Instant;

const DEVICE: DeviceId = DeviceId::from_bytes([1; 16]);
const MACADDR: [u8; 6] = [0xa8, 0xbb, 0xcc, 0xdd, 0xee, 0x0f];

fn ini(folder: &TempDir) -> Module {
    let path = folder.path().join("aar.ini");
    let (crypto, report) = (url(folder, "crypto"), url(folder, "report"));
    let text = format!(
        "[module]\ninstance = aar-1\nrole = AAR\nlisten = 127.0.0.1:0\nstate = state\n\
         [admin]\nlisten = 127.0.0.1:0\n[pppx]\nfirst = 127.0.0.1:9\n\
         [limits]\ndrain = 0\n[crypto]\nfirst = {crypto}\n[report]\nfirst = {report}\n"
    );
    std::fs::write(&path, text).unwrap();
    Module::load(&path, Role::Aar, config::schema(Role::Aar)).unwrap()
}

fn url(folder: &TempDir, name: &str) -> String {
    format!("sqlite://{}/{name}.db", folder.path().display())
}

fn write_keys(folder: &TempDir) -> KeyRing {
    let master = MasterKeys::generate("00000001".parse().unwrap(), &mut random::system());
    let keys = master.derive(config::purposes(Role::Aar));
    write_secret(&folder.path().join("aar.keys"), &keys.print());
    let file = PrincipalFile::of(
        &root(),
        &"aar-1".parse().unwrap(),
        &["aar-1", "pppx-1"].map(|it| it.parse().unwrap()),
    );
    write_secret(&folder.path().join("aar-1.toki"), &file.print());
    keys
}

fn write_secret(path: &Path, text: &str) {
    std::fs::write(path, text.as_bytes()).unwrap();
    std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o600)).unwrap();
}

fn key() -> BoxKey {
    BoxKey::new(Secret32::new([3; 32]))
}

/// Puts an active box into a new store, as SR and an ACTIVATE would.
async fn migrate_with_a_box(folder: &TempDir, keys: &KeyRing) {
    let store = Store::migrate(&url(folder, "crypto").parse().unwrap()).await.unwrap();
    let mut tx = store.begin().await.unwrap();
    tx.insert_device(&mut a_box(keys)).await.unwrap();
    for principal in principals() {
        tx.ensure_principal(&principal, 0).await.unwrap();
    }
    tx.commit().await.unwrap();
    store.close().await;
}

fn a_box(keys: &KeyRing) -> Device {
    let wrap = keys.get(Purpose::Wrap).unwrap().current();
    let seal = |under, place: Place, plain: &[u8]| {
        crypto::seal(under, &place.of(DEVICE), plain, random::bytes(&mut random::system()))
    };
    let index = Keyed { key: wrap.0.bytes(), digest: [4; 32] };
    let infos = br#"{"macaddr":"a8:bb:cc:dd:ee:0f"}"#;
    Device {
        id: DEVICE,
        state: State::Active,
        mac: index,
        imei: None,
        serial: None,
        key: seal(wrap, Place::Key, key().expose()),
        pending: None,
        infos: seal((wrap.0, &key().infos_key()), Place::Infos, infos),
        pubkey: None,
        subscriber: None,
        msisdn: None,
        activation_index: index,
        activation: None,
        until: None,
        labels: store::Labels::default(),
        replaces: None,
        fresh: true,
        created_ms: 0,
        changed: 0,
    }
}

async fn auth(running: &Running<Aar>, counter: u64) -> Answer {
    let now_ms = running.ctx.clock.now_ms();
    let unix_ms = u64::try_from(now_ms).unwrap();
    let plain = Opened { macaddr: MACADDR, unix_ms, counter };
    let nonce = authenticator::box_nonce([5; 4], counter);
    let aad = aad::auth("ngondo-box", "1.0");
    let bytes = authenticator::make(*DEVICE.as_bytes(), nonce, &key().auth_key(), &plain, &aad);
    let crypto = CryptoField::Given(Authenticator::from_bytes(bytes));
    let (app, version) = ("ngondo-box".parse().unwrap(), "1.0".parse().unwrap());
    let head = Head::new(app, version, Time::from_unix_ms(now_ms));
    let request = Request { head, command: Command::Auth(Auth { crypto }) };
    let mut document = String::new();
    request.star("b-1".parse().unwrap(), None, None).print(&mut document);
    let answer = post(running, "/", "application/xml", &document).await;
    Response::parse(answer.as_bytes()).unwrap().answer
}

/// Asks as a PPPX does, for the administrator where it is a verb.
async fn post(running: &Running<Aar>, path: &str, media: &str, body: &str) -> String {
    let name = running.ctx.config.instance;
    let file = root().caller(&"pppx-1".parse().unwrap(), &[name]);
    let clock = Clock::default();
    let client = Client::with_keys(Timeouts::default(), Keys::new(file, move || clock.now_ms()));
    let addr: PeerAddr = running.addr.to_string().parse().unwrap();
    let admin = (HeaderName::from_static("ngondo-principal"), HeaderValue::from_static("admin"));
    let ask = Ask {
        method: Method::POST,
        path: path.to_owned(),
        content_type: media.parse().unwrap(),
        headers: if path == "/" { Vec::new() } else { vec![admin] },
        body: body.to_owned().into(),
        deadline: Instant::now() + Duration::from_mins(1),
        retry: Retry::Safe,
        answer_limit: 1 << 20,
    };
    let endpoint = Endpoint { name: Some(name), ..addr.into() };
    let got = client.ask_one(&endpoint, &ask).await.unwrap();
    String::from_utf8(got.body.to_vec()).unwrap()
}

fn root() -> RootFile {
    RootFile::parse(&format!("root 1 {}", "61".repeat(32))).unwrap()
}

/// Who asks in these scenes.
fn principals() -> [Principal; 2] {
    let reader = Rights::of(&[Right::Read]);
    let pppx = Rights::of(&[Right::Module(Role::Pppx)]);
    [("admin", Kind::Operator, reader), ("pppx-1", Kind::Module, pppx)].map(
        |(name, kind, rights)| Principal {
            name: name.parse().unwrap(),
            kind,
            rights,
            number: 1,
            revoked: false,
        },
    )
}

/// A REPORT to ship to, so that stopping does not wait for one.
async fn migrate_report(folder: &TempDir) {
    let url = url(folder, "report").parse().unwrap();
    report::ReportDb::migrate(&url).await.unwrap();
}

async fn start(folder: &TempDir) -> Running<Aar> {
    chassis::start::<Aar>(ini(folder), Clock::default()).await.unwrap()
}

#[tokio::test]
async fn does_not_start_before_the_database_is_migrated_and_says_how() {
    let folder = tempfile::tempdir().unwrap();
    write_keys(&folder);
    let started = chassis::start::<Aar>(ini(&folder), Clock::default()).await;
    let error: StartError = started.err().unwrap();
    assert!(error.to_string().contains("ngondo migrate"), "{error}");
}

#[tokio::test]
async fn serves_an_auth_and_refuses_its_replay_after_a_restart() {
    let folder = tempfile::tempdir().unwrap();
    let keys = write_keys(&folder);
    migrate_with_a_box(&folder, &keys).await;
    migrate_report(&folder).await;

    let first = start(&folder).await;
    assert_eq!(auth(&first, 5).await.outcome(), Outcome::Ok);
    let body = format!(r#"{{"box":"{DEVICE}"}}"#);
    let shown = post(&first, "/v1/boxes/show", "application/json", &body).await;
    assert!(shown.contains(r#""state":"active""#), "{shown}");
    first.stop().await;

    let second = start(&folder).await;
    assert_eq!(auth(&second, 4).await.outcome(), Outcome::Replayed);
    assert_eq!(auth(&second, 6).await.outcome(), Outcome::Ok);
    second.stop().await;
}

#[tokio::test]
async fn what_the_twin_did_a_moment_ago_is_read_before_anybody_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let keys = write_keys(&folder);
    let twin = Store::migrate(&url(&folder, "crypto").parse().unwrap()).await.unwrap();
    let mut tx = twin.begin().await.unwrap();
    for principal in principals() {
        tx.ensure_principal(&principal, 0).await.unwrap();
    }
    tx.commit().await.unwrap();
    migrate_report(&folder).await;
    let running = start(&folder).await;

    let mut device = Device { state: State::Registered, ..a_box(&keys) };
    let mut tx = twin.begin().await.unwrap();
    tx.insert_device(&mut device).await.unwrap();
    tx.commit().await.unwrap();
    assert_eq!(auth(&running, 5).await.outcome(), Outcome::NotActivated, "not unknown");

    device.state = State::Active;
    let mut tx = twin.begin().await.unwrap();
    tx.update_device(&mut device).await.unwrap();
    tx.commit().await.unwrap();
    assert_eq!(auth(&running, 6).await.outcome(), Outcome::Ok);
    twin.close().await;
    running.stop().await;
}
