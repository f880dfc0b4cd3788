//! What the tests of this service share: a desk, a store in a temporary folder, boxes, codes.

use chassis::{Answered, ManageCall, Managed, ManagedBody, Peer};
use crypto::{BoxKey, KeyRing, MasterKeys, Purpose, aad, authenticator};
use jiff::tz::TimeZone;
use protocol::{
    Answer, Authenticator, CryptoField, DeviceId, Outcome, PurchaseCode, RequestId, TopUp,
    TopUpAnswer,
};
use serde_json::{Value, json};
use store::{Device, Keyed, Place, Product, State, Store};
use tempfile::TempDir;
use uuid::Uuid;

use crate::desk::{Asker, Desk};
use crate::{credit, manage, redeem, rules::Rules};

/// When everything happens.
pub(crate) const NOW_MS: i64 = 1_795_190_400_123;

const MACADDR: [u8; 6] = [0xa8, 0xbb, 0xcc, 0xdd, 0xee, 0x0f];

/// A desk and a store on a real file, gone with the scene.
pub(crate) struct Scene {
    pub(crate) store: Store,
    pub(crate) desk: Desk,
    folder: TempDir,
}

/// A box that can make a `crypto`.
pub(crate) struct Dongle {
    pub(crate) id: DeviceId,
    key: BoxKey,
    /// What its clock says.
    unix_ms: i64,
}

/// The keys of the vectors.
pub(crate) fn keys() -> KeyRing {
    let hex = "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f";
    MasterKeys::parse(&format!("00000001 {hex} current")).unwrap().derive(&Purpose::ALL)
}

pub(crate) fn desk() -> Desk {
    let ussd = [("MTN".parse().unwrap(), "*126*{code}#".to_owned())].into();
    let rules = Rules { ussd, ..Rules::default() };
    Desk::new(&keys(), rules, TimeZone::get("Africa/Douala").unwrap()).unwrap()
}

pub(crate) fn product(operator: &str, amount: &str) -> Product {
    Product::new(operator.parse().unwrap(), amount.parse().unwrap(), "XAF".parse().unwrap())
}

pub(crate) fn request(n: u16) -> RequestId {
    RequestId::from_uuid(Uuid::from_u128(u128::from(n)))
}

/// Nobody in particular, under this bridge.
pub(crate) fn asker(bridge: &str) -> Asker {
    Asker {
        app: "ngondo-box".parse().unwrap(),
        version: "1.0".parse().unwrap(),
        principal: None,
        client: None,
        bridge: bridge.parse().unwrap(),
        now_ms: NOW_MS,
    }
}

/// A code that was never sold, with a right Luhn digit.
pub(crate) fn unsold(n: u16) -> PurchaseCode {
    let digits = format!("{n:015}");
    PurchaseCode::complete(digits.as_bytes().try_into().unwrap()).unwrap()
}

// === impl Scene ===

impl Scene {
    pub(crate) async fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::migrate(&url(&folder)).await.unwrap();
        Self { store, desk: desk(), folder }
    }

    /// The same file, opened as the twin does.
    pub(crate) async fn twin(&self) -> Self {
        let store = Store::open(&url(&self.folder)).await.unwrap();
        Self { store, desk: desk(), folder: tempfile::tempdir().unwrap() }
    }

    /// The database's address.
    pub(crate) fn url(&self) -> protocol::DbUrl {
        url(&self.folder)
    }

    /// Where the database's files are.
    pub(crate) fn folder(&self) -> &std::path::Path {
        self.folder.path()
    }

    pub(crate) async fn topup(&self, topup: &TopUp, asker: &Asker) -> Answered {
        redeem::redeem(&self.desk, &self.store, topup, asker).await.unwrap()
    }

    pub(crate) async fn credit(&self, said: &protocol::Credit, asker: &Asker) -> Answered {
        credit::credit(&self.desk, &self.store, said, asker).await.unwrap()
    }

    pub(crate) async fn manage(&self, verb: &str, body: &str) -> Managed {
        self.manage_at(verb, body, (None, NOW_MS)).await
    }

    /// The same by somebody who proved a name.
    pub(crate) async fn manage_as(&self, verb: &str, body: &str, who: Option<&str>) -> Managed {
        self.manage_at(verb, body, (who, NOW_MS)).await
    }

    /// The same at another time.
    pub(crate) async fn manage_at(
        &self,
        verb: &str,
        body: &str,
        (who, now_ms): (Option<&str>, i64),
    ) -> Managed {
        let call = ManageCall {
            noun: "vouchers".to_owned(),
            verb: verb.to_owned(),
            query: String::new(),
            content_type: String::new(),
            body: body.to_owned().into(),
            bridge: "manage".parse().unwrap(),
            client: None,
            principal: who.map(|it| it.parse().unwrap()),
            rights: protocol::Rights::NONE,
            peer: Peer(([127, 0, 0, 1], 9).into()),
            arrived_ms: now_ms,
            deadline: tokio::time::Instant::now() + std::time::Duration::from_mins(1),
        };
        manage::manage(&self.desk, &self.store, &call).await
    }

    /// Takes `n` recharge codes of MTN 500 into stock: 90000001 and so on.
    pub(crate) async fn stock(&self, n: u32) {
        let header = json!({ "request": Uuid::from_u128(1) }).to_string();
        let line = |n| {
            let code = format!("9{n:07}");
            json!({ "operator": "MTN", "amount": "500", "currency": "XAF", "code": code })
        };
        let lines: Vec<String> = (1..=n).map(|n| line(n).to_string()).collect();
        let managed = self.manage("import", &format!("{header}\n{}", lines.join("\n"))).await;
        assert_eq!(managed.outcome, Outcome::Ok);
    }

    /// Sells `n` vouchers of MTN 500.
    pub(crate) async fn sell(&self, request: u128, n: u32) -> Vec<PurchaseCode> {
        let sale = json!({
            "request": Uuid::from_u128(request),
            "operator": "MTN",
            "amount": "500",
            "currency": "XAF",
            "count": n,
        });
        let sold = value(&self.manage("sell", &sale.to_string()).await);
        let vouchers = sold["vouchers"].as_array().unwrap();
        vouchers.iter().map(|it| it["code"].as_str().unwrap().parse().unwrap()).collect()
    }

    /// Stocks and sells one.
    pub(crate) async fn sold(&self) -> PurchaseCode {
        self.stock(3).await;
        self.sell(1, 1).await[0]
    }

    /// Records a box as SR does.
    pub(crate) async fn dongle(&self, n: u8, state: State) -> Dongle {
        let (keys, mut rng) = (keys(), crypto::random::system());
        let (id, key) = (DeviceId::from_bytes([n; 16]), BoxKey::random(&mut rng));
        let wrap = keys.get(Purpose::Wrap).unwrap().current();
        let nonce = crypto::random::bytes(&mut rng);
        let sealed = crypto::seal(wrap, &Place::Key.of(id), key.expose(), nonce);
        let (index_id, index) = keys.get(Purpose::Index).unwrap().current();
        let keyed =
            |text: &str| Keyed { key: index_id.bytes(), digest: crypto::index(index, text) };
        let mut device = Device {
            id,
            state,
            mac: keyed("mac/a8:bb:cc:dd:ee:0f"),
            imei: Some(keyed(&format!("imei/{n}"))),
            serial: None,
            key: sealed,
            pending: None,
            infos: Vec::new(),
            pubkey: None,
            subscriber: None,
            msisdn: None,
            activation_index: keyed(""),
            activation: None,
            until: None,
            labels: store::Labels::default(),
            replaces: None,
            fresh: false,
            created_ms: NOW_MS,
            changed: 0,
        };
        let mut tx = self.store.begin().await.unwrap();
        tx.insert_device(&mut device).await.unwrap();
        tx.commit().await.unwrap();
        Dongle { id, key, unix_ms: NOW_MS }
    }
}

// === impl Dongle ===

impl Dongle {
    /// A box that was never recorded.
    pub(crate) fn unknown() -> Self {
        let key = BoxKey::random(&mut crypto::random::system());
        Self { id: DeviceId::from_bytes([0xee; 16]), key, unix_ms: NOW_MS }
    }

    /// The same box when its clock says something else.
    pub(crate) fn at(&self, unix_ms: i64) -> Self {
        Self { id: self.id, key: self.key.clone(), unix_ms }
    }

    /// Makes the `crypto` that speaks for a command.
    pub(crate) fn crypto(
        &self,
        cmd: &str,
        digits: &str,
        request: Option<RequestId>,
    ) -> CryptoField {
        let request = request.map(|it| it.to_string());
        let aad = aad::code(cmd, "ngondo-box", "1.0", digits, request.as_deref());
        let unix_ms = u64::try_from(self.unix_ms).unwrap();
        let plain = authenticator::Opened { macaddr: MACADDR, unix_ms, counter: 1 };
        let id = *self.id.as_bytes();
        let crypto = authenticator::make(id, [7; 12], &self.key.auth_key(), &plain, &aad);
        CryptoField::Given(Authenticator::from_bytes(crypto))
    }

    /// A TOPUP of this box.
    pub(crate) fn topup(&self, code: PurchaseCode, request: Option<RequestId>) -> TopUp {
        let crypto = self.crypto("TOPUP", code.digits(), request);
        TopUp { request, crypto, ..TopUp::new(code) }
    }
}

fn url(folder: &TempDir) -> protocol::DbUrl {
    format!("sqlite://{}/crypto.db", folder.path().display()).parse().unwrap()
}

/// The answer of a TOPUP that was not refused without more.
pub(crate) fn topped(answered: &Answered) -> &TopUpAnswer {
    match &answered.answer {
        Answer::TopUp(answer) => answer,
        other => panic!("{other:?}"),
    }
}

/// The JSON document of a management answer.
pub(crate) fn value(managed: &Managed) -> Value {
    match &managed.body {
        ManagedBody::Json(value) => value.clone(),
        other => panic!("{other:?}"),
    }
}

/// The NDJSON lines of a management answer.
pub(crate) fn lines(managed: &Managed) -> Vec<Value> {
    match &managed.body {
        ManagedBody::Lines(lines) => lines
            .split(|byte| *byte == b'\n')
            .filter(|line| !line.is_empty())
            .map(|line| serde_json::from_slice(line).unwrap())
            .collect(),
        other => panic!("{other:?}"),
    }
}

/// The sentence of a problem document, with its status.
pub(crate) fn problem(managed: &Managed) -> (u16, &str) {
    match &managed.body {
        ManagedBody::Problem { detail, .. } => (managed.status, detail),
        other => panic!("{other:?}"),
    }
}
