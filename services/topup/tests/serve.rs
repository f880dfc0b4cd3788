//! The service over a real socket: from the purchase of a code to its redemption, on both twins.

#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test may panic")]

use std::io::Write;
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;
use std::time::Duration;

use chassis::{Clock, PrincipalList, Running};
use client::{Ask, Client, Endpoint, Keys, Method, Retry, Timeouts};
use crypto::{KeyId, MasterKeys, random};
use http::{HeaderName, HeaderValue};
use protocol::{Kind, PeerAddr, Principal, Right, Rights, Role};
use store::Store;
use tempfile::TempDir;
use toki::{PrincipalFile, RootFile};
use tokio::time::Instant;
use topup::Topup;

const HEADER: &str = r#"{"request":"0192f0c1-2b3c-7d4e-8f50-000000000001"}"#;
const SALE: &str = r#"{"request":"0192f0c1-2b3c-7d4e-8f50-000000000002","operator":"MTN","amount":"500","currency":"XAF"}"#;
const LINE: &str = r#"{"operator":"MTN","amount":"500","currency":"XAF","code":"98765432109876"}"#;

struct Scene {
    twins: [Running<Topup>; 2],
    _folder: TempDir,
}

// === impl Scene ===

impl Scene {
    async fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let keys = MasterKeys::generate(KeyId::new([0, 0, 0, 1]), &mut random::system());
        let keys = keys.derive(config::purposes(Role::TopUp)).print();
        write_secret(&folder.path().join("topup.keys"), &keys);
        Store::migrate(&url(folder.path()).parse().unwrap()).await.unwrap();
        let twins = [start(folder.path(), 1).await, start(folder.path(), 2).await];
        Self { twins, _folder: folder }
    }

    /// Asks a twin and gives its whole answer.
    async fn ask(&self, twin: usize, path: &str, body: &str) -> String {
        let media_type = if path == "/" { "text/xml" } else { "application/json" };
        exchange(&self.twins[twin], path, media_type, body).await
    }

    async fn stop(self) {
        for twin in self.twins {
            twin.stop().await;
        }
    }
}

async fn start(folder: &Path, n: u8) -> Running<Topup> {
    let ini = format!(
        "[module]\ninstance = topup-{n}\nrole = TOPUP\nlisten = 127.0.0.1:0\nstate = state-{n}\n\
         [admin]\nlisten = 127.0.0.1:0\n[keys]\nfile = topup.keys\n[limits]\ndrain = 0\n\
         [pppx]\nfirst = 127.0.0.1:9\n[crypto]\nfirst = {}\n[ussd]\nMTN = *126*{{code}}#\n",
        url(folder)
    );
    let path = folder.join(format!("topup-{n}.ini"));
    std::fs::write(&path, ini).unwrap();
    let module = config::Module::load(&path, Role::TopUp, config::schema(Role::TopUp)).unwrap();
    let name = module.instance;
    let file = PrincipalFile::of(
        &root(),
        &name.as_str().parse().unwrap(),
        &[name, "pppx-1".parse().unwrap()],
    );
    write_secret(&module.toki, &file.print());
    let running = chassis::start::<Topup>(module, Clock::default()).await.unwrap();
    let now_ms = running.ctx.clock.now_ms();
    running.ctx.principals.put(PrincipalList::new(1, now_ms, principals()));
    running
}

fn url(folder: &Path) -> String {
    format!("sqlite://{}/crypto.db", folder.display())
}

fn write_secret(path: &Path, text: &str) {
    let mut options = std::fs::OpenOptions::new();
    let mut file = options.create_new(true).write(true).mode(0o600).open(path).unwrap();
    file.write_all(text.as_bytes()).unwrap();
}

/// Asks as a PPPX does, for the shop where it is a verb; gives status line and body.
async fn exchange(twin: &Running<Topup>, path: &str, media_type: &str, body: &str) -> String {
    let name = twin.ctx.config.instance;
    let file = root().caller(&"pppx-1".parse().unwrap(), &[name]);
    let clock = Clock::default();
    let client = Client::with_keys(Timeouts::default(), Keys::new(file, move || clock.now_ms()));
    let addr: PeerAddr = twin.addr.to_string().parse().unwrap();
    let shop = (HeaderName::from_static("ngondo-principal"), HeaderValue::from_static("shop"));
    let ask = Ask {
        method: Method::POST,
        path: path.to_owned(),
        content_type: media_type.parse().unwrap(),
        headers: if path == "/" { Vec::new() } else { vec![shop] },
        body: body.to_owned().into(),
        deadline: Instant::now() + Duration::from_mins(1),
        retry: Retry::Safe,
        answer_limit: 1 << 20,
    };
    let endpoint = Endpoint { name: Some(name), ..addr.into() };
    let got = client.ask_one(&endpoint, &ask).await.unwrap();
    format!("HTTP/1.1 {}\r\n\r\n{}", got.status, std::str::from_utf8(&got.body).unwrap())
}

fn root() -> RootFile {
    RootFile::parse(&format!("root 1 {}", "61".repeat(32))).unwrap()
}

/// Who asks in these scenes.
fn principals() -> [Principal; 2] {
    let shop = Rights::of(&[Right::Sell, Right::Admin, Right::Read]);
    let pppx = Rights::of(&[Right::Module(Role::Pppx)]);
    [("shop", Kind::Operator, shop), ("pppx-1", Kind::Module, pppx)].map(|(name, kind, rights)| {
        Principal { name: name.parse().unwrap(), kind, rights, number: 1, revoked: false }
    })
}

fn command(cmd: &str, bridge: &str, elements: &str) -> String {
    format!(
        "<xml><app>app</app><version>1</version><cmd>{cmd}</cmd><time>1795190400</time>\
         <bridge>{bridge}</bridge>{elements}</xml>"
    )
}

/// Stocks one recharge code, sells one voucher, and gives the purchase code.
async fn sold(scene: &Scene) -> String {
    let stocked = scene.ask(0, "/v1/vouchers/import", &format!("{HEADER}\n{LINE}\n")).await;
    assert!(stocked.contains(r#"{"line":1,"result":"OK"}"#), "{stocked}");
    let sold = scene.ask(1, "/v1/vouchers/sell", SALE).await;
    let (_, code) = sold.split_once(r#""code":""#).unwrap();
    code[..16].to_owned()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_voucher_is_redeemed_once_whichever_twin_is_asked() {
    let scene = Scene::new().await;
    let code = format!("<code>{}</code>", sold(&scene).await);
    let first = scene.ask(0, "/", &command("TOPUP*", "b-1", &code)).await;
    let given = "<cmd>R-TOPUP*</cmd>";
    assert!(first.starts_with("HTTP/1.1 200") && first.contains(given), "{first}");
    let elements = "<bridge>b-1</bridge><result>OK</result><code2>98765432109876</code2>\
         <operator>MTN</operator><amount>500</amount><currency>XAF</currency>\
         <ussd>*126*98765432109876#</ussd></xml>";
    assert!(first.ends_with(elements), "{first}");
    let again = scene.ask(1, "/", &command("TOPUP*", "b-1", &code)).await;
    assert!(again.ends_with(elements), "{again}");
    let other = scene.ask(1, "/", &command("TOPUP*", "b-2", &code)).await;
    assert!(other.contains("<result>CODE_USED</result>"), "{other}");
    let credit = format!("{code}<outcome>CREDITED</outcome><text>OK</text>");
    let credited = scene.ask(1, "/", &command("CREDIT*", "b-3", &credit)).await;
    assert!(credited.contains("<result>OK</result>"), "{credited}");
    let found = scene.ask(0, "/v1/vouchers/find", r#"{"serial":1}"#).await;
    assert!(found.contains(r#""state":"redeemed""#), "{found}");
    assert!(found.contains(r#""credit":"CREDITED""#), "{found}");
    scene.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_source_document_s_topup_is_answered_and_another_command_is_not() {
    let scene = Scene::new().await;
    let topup = command("TOPUP*", "b-1", "<code>1234567890123452</code>");
    let unknown = scene.ask(0, "/", &topup).await;
    assert!(unknown.starts_with("HTTP/1.1 200"), "{unknown}");
    assert!(unknown.contains("<result>CODE_UNKNOWN</result>"), "{unknown}");
    let auth = scene.ask(0, "/", &command("AUTH*", "b-2", "")).await;
    assert!(auth.starts_with("HTTP/1.1 400"), "{auth}");
    let answer = scene.ask(0, "/", &command("R-TOPUP*", "b-3", "<code2>1234</code2>")).await;
    assert!(answer.starts_with("HTTP/1.1 400"), "{answer}");
    scene.stop().await;
}
