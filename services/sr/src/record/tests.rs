use std::sync::Arc;

use crypto::credential::{self, CredentialKey};
use crypto::{BoxKey, MasterKeys, PrivateKey};
use protocol::{KeyIdentity, PubKey};
use rand::SeedableRng as _;
use rand::rngs::StdRng;
use store::{Place, State};
use tempfile::TempDir;

use super::*;

const NOW_MS: i64 = 1_795_190_400_000;
const DAY_MS: i64 = 86_400_000;

struct Scene {
    store: Store,
    keys: KeyRing,
    folder: TempDir,
}

impl Scene {
    async fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let url = format!("sqlite://{}/crypto.db", folder.path().display());
        let store = Store::migrate(&url.parse().unwrap()).await.unwrap();
        Self { store, keys: keys("00000001"), folder }
    }

    async fn ask(&self, record: &Record) -> Recorded {
        self.ask_at(record, NOW_MS).await
    }

    async fn ask_at(&self, record: &Record, now_ms: i64) -> Recorded {
        self.try_ask(record, "b-1", None, now_ms).await.unwrap()
    }

    async fn try_ask(
        &self,
        record: &Record,
        bridge: &str,
        principal: Option<&str>,
        now_ms: i64,
    ) -> Result<Recorded, Error> {
        let principal = principal.map(|it| it.parse().unwrap());
        let ask =
            Ask { record, bridge: bridge.parse().unwrap(), principal, now_ms, verb: "CRECORD" };
        super::record(&self.store, &self.keys, &ask, &mut random::system()).await
    }

    async fn first(&self, record: &Record) -> CrecordAnswer {
        answer(self.ask(record).await)
    }

    async fn change(&self, id: DeviceId, change: impl FnOnce(&mut Device)) {
        let mut tx = self.store.begin().await.unwrap();
        let mut device = tx.device(id).await.unwrap().unwrap();
        change(&mut device);
        tx.update_device(&mut device).await.unwrap();
        tx.commit().await.unwrap();
    }
}

fn keys(id: &str) -> KeyRing {
    let mut rng = StdRng::seed_from_u64(7);
    let id = id.parse().unwrap();
    MasterKeys::generate(id, &mut rng).derive(&[Purpose::Wrap, Purpose::Index, Purpose::Pepper])
}

fn record() -> Record {
    let mut identity = KeyIdentity::new("02:f8:ad:6f:70:a0".parse().unwrap());
    identity.imei = Some("861821032479591".parse().unwrap());
    identity.serial = Some("G4PDW16623003677".parse().unwrap());
    let request = Some("0192f0c1-2b3c-7d4e-8f50-123456789abc".parse().unwrap());
    Record { identity, label: Some("Bastos 12".parse().unwrap()), request, rekey: false }
}

fn with_request(n: u128) -> Record {
    let request = protocol::RequestId::from_uuid(Uuid::from_u128(n));
    Record { request: Some(request), ..record() }
}

fn answer(recorded: Recorded) -> CrecordAnswer {
    match recorded {
        Recorded::Answer(answer, _) => answer,
        other => panic!("{other:?}"),
    }
}

fn key_of(answer: &CrecordAnswer) -> BoxKey {
    let text = answer.credential.as_ref().unwrap().expose();
    match credential::parse(text).unwrap().key {
        CredentialKey::Plain(key) => key,
        CredentialKey::Rsa(_) => panic!("no public key was sent"),
    }
}

#[tokio::test]
async fn the_key_in_the_credential_is_the_one_that_is_sealed() {
    let scene = Scene::new().await;
    let answer = scene.first(&record()).await;
    assert_eq!(answer.outcome, Outcome::Ok);
    assert!(answer.activation.unwrap().luhn_ok());
    let device = scene.store.device(answer.device.unwrap()).await.unwrap().unwrap();
    assert_eq!((device.state, device.fresh), (State::Registered, true));

    let wrap = scene.keys.get(Purpose::Wrap).unwrap();
    let sealed = crypto::open(wrap, &Place::Key.of(device.id), &device.key).unwrap();
    assert_eq!(&sealed[..], key_of(&answer).expose());
    assert!(crypto::open(wrap, &Place::Pending.of(device.id), &device.key).is_err());

    let infos_key = key_of(&answer).infos_key();
    let under = (crypto::key_id_of(&device.infos).unwrap(), &infos_key);
    let infos = crypto::open_with(under, &Place::Infos.of(device.id), &device.infos).unwrap();
    let expected = r#"{"macaddr":"02:f8:ad:6f:70:a0","imei":"861821032479591","serial":"G4PDW16623003677","label":"Bastos 12"}"#;
    assert_eq!(str::from_utf8(&infos).unwrap(), expected);
}

#[tokio::test]
async fn nothing_that_names_the_box_is_in_the_file() {
    let scene = Scene::new().await;
    let answer = scene.first(&record()).await;
    scene.store.close().await;
    let file = std::fs::read(scene.folder.path().join("crypto.db")).unwrap();
    let code = answer.activation.unwrap();
    for text in
        ["02:f8:ad:6f:70:a0", "861821032479591", "G4PDW16623003677", "Bastos", code.digits()]
    {
        assert!(!file.windows(text.len()).any(|it| it == text.as_bytes()), "{text}");
    }
    let key = key_of(&answer);
    assert!(!file.windows(32).any(|it| it == key.expose()), "the box key");
}

#[tokio::test]
async fn the_same_request_gets_the_same_full_answer_for_a_day() {
    let scene = Scene::new().await;
    let first = scene.first(&record()).await;
    assert_eq!(answer(scene.ask_at(&record(), NOW_MS + DAY_MS - 1).await), first);
    let late = answer(scene.ask_at(&record(), NOW_MS + DAY_MS).await);
    assert_eq!(late.outcome, Outcome::AlreadyRecorded);
    assert_eq!((late.device, late.activation, late.credential), (first.device, None, None));
}

#[tokio::test]
async fn another_request_or_principal_learns_no_secret() {
    let scene = Scene::new().await;
    let first = scene.first(&record()).await;
    let other = answer(scene.ask(&with_request(2)).await);
    let bench = scene.try_ask(&record(), "b-1", Some("bench-2"), NOW_MS).await.unwrap();
    for told in [other, answer(bench)] {
        assert_eq!(told.outcome, Outcome::AlreadyRecorded);
        assert_eq!((told.device, told.credential), (first.device, None));
    }
}

#[tokio::test]
async fn without_a_request_the_same_bridge_gets_the_same_answer() {
    let scene = Scene::new().await;
    let record = Record { request: None, ..record() };
    let first = scene.first(&record).await;
    assert_eq!(scene.first(&record).await, first);
    let other = scene.try_ask(&record, "b-2", None, NOW_MS).await.unwrap();
    assert_eq!(answer(other).outcome, Outcome::AlreadyRecorded);
}

#[tokio::test]
async fn the_full_answer_ends_with_what_ends_it() {
    let scene = Scene::new().await;
    let first = scene.first(&record()).await;
    let mut tx = scene.store.begin().await.unwrap();
    tx.end_answers(first.device.unwrap()).await.unwrap();
    tx.commit().await.unwrap();
    assert_eq!(answer(scene.ask(&record()).await).outcome, Outcome::AlreadyRecorded);
}

#[tokio::test]
async fn refuses_the_same_imei_with_another_serial_and_changes_nothing() {
    let scene = Scene::new().await;
    let first = scene.first(&record()).await.device.unwrap();
    let before = scene.store.last_device_change().await.unwrap();
    let mut changed = with_request(2);
    changed.identity.serial = Some("Y4QDU17621000872".parse().unwrap());
    assert_eq!(scene.ask(&changed).await, Recorded::Claims(Refusal::SerialDiffers, first));
    assert_eq!(scene.store.last_device_change().await.unwrap(), before);
    let alerts = scene.store.alerts(store::Alerts::Open, None, 9).await.unwrap();
    let told: Vec<_> = alerts.iter().map(|it| (it.kind, it.subject.clone())).collect();
    assert_eq!(told, [(AlertKind::Identity, format!("box/{first}"))]);
}

#[tokio::test]
async fn keys_that_share_a_made_up_macaddr_are_told_apart() {
    let scene = Scene::new().await;
    let first = scene.first(&record()).await;
    let mut second = with_request(2);
    second.identity.imei = Some("866850029360451".parse().unwrap());
    second.identity.serial = Some("Y4QDU17621000872".parse().unwrap());
    let second = answer(scene.ask(&second).await);
    assert_eq!(second.outcome, Outcome::Ok);
    assert_ne!(second.device, first.device);
}

#[tokio::test]
async fn a_macaddr_of_a_recorded_key_does_not_record_another() {
    let scene = Scene::new().await;
    let mut whole = record();
    whole.identity.macaddr = "a8:bb:cc:dd:ee:0f".parse().unwrap();
    let first = scene.first(&whole).await.device.unwrap();
    let mut bare = with_request(2);
    bare.identity = KeyIdentity::new(whole.identity.macaddr);
    assert_eq!(scene.ask(&bare).await, Recorded::Claims(Refusal::MacNotUnique, first));
}

#[tokio::test]
async fn a_rekey_keeps_the_box_and_its_old_key() {
    let scene = Scene::new().await;
    let first = scene.first(&record()).await;
    let before = scene.store.device(first.device.unwrap()).await.unwrap().unwrap();
    let rekey = Record { rekey: true, ..with_request(2) };
    let second = answer(scene.ask(&rekey).await);
    assert_eq!((second.outcome, second.device), (Outcome::Ok, first.device));
    assert_eq!(second.activation, None);
    assert!(key_of(&second) != key_of(&first));

    let after = scene.store.device(first.device.unwrap()).await.unwrap().unwrap();
    assert_eq!((&after.key, &after.infos), (&before.key, &before.infos));
    let place = Place::Pending.of(after.id);
    let pending =
        crypto::open(scene.keys.get(Purpose::Wrap).unwrap(), &place, &after.pending.unwrap());
    assert_eq!(&pending.unwrap()[..], key_of(&second).expose());
    assert_eq!(answer(scene.ask(&rekey).await), second, "the same request again");
    let old = answer(scene.ask(&record()).await);
    assert_eq!(old.outcome, Outcome::AlreadyRecorded, "the first credential is no longer given");
}

#[tokio::test]
async fn an_old_rekey_request_makes_no_second_key() {
    let scene = Scene::new().await;
    scene.first(&record()).await;
    let rekey = Record { rekey: true, ..with_request(2) };
    scene.ask(&rekey).await;
    let late = answer(scene.ask_at(&rekey, NOW_MS + DAY_MS).await);
    assert_eq!(late.outcome, Outcome::AlreadyRecorded);
}

#[tokio::test]
async fn a_stolen_key_gets_that_state_even_for_a_rekey() {
    let scene = Scene::new().await;
    let first = scene.first(&record()).await;
    scene.change(first.device.unwrap(), |device| device.state = State::Stolen).await;
    let rekey = Record { rekey: true, ..with_request(2) };
    assert_eq!(scene.ask(&rekey).await, Recorded::Refused(Refusal::Stolen));
}

#[tokio::test]
async fn a_key_with_a_public_key_alone_can_read_its_credential() {
    let scene = Scene::new().await;
    let private = PrivateKey::generate().unwrap();
    let mut record = record();
    record.identity.pubkey = Some(PubKey::from_der(&private.public_der().unwrap()).unwrap());
    let answer = scene.first(&record).await;
    let text = answer.credential.unwrap();
    let CredentialKey::Rsa(sealed) = credential::parse(text.expose()).unwrap().key else {
        panic!("in the clear")
    };
    let key = credential::open_rsa(&sealed, &private).unwrap();
    let device = scene.store.device(answer.device.unwrap()).await.unwrap().unwrap();
    let place = Place::Key.of(device.id);
    let kept = crypto::open(scene.keys.get(Purpose::Wrap).unwrap(), &place, &device.key).unwrap();
    assert_eq!(&kept[..], key.expose());
}

#[tokio::test]
async fn a_public_key_that_cannot_be_used_is_malformed_and_records_nothing() {
    let scene = Scene::new().await;
    let mut record = record();
    record.identity.pubkey = Some(PubKey::from_der(&[1, 2, 3]).unwrap());
    let error = scene.try_ask(&record, "b-1", None, NOW_MS).await.unwrap_err();
    assert_eq!(Outcome::from(&error), Outcome::Malformed);
    assert_eq!(scene.store.last_device_change().await.unwrap(), 0);
}

#[tokio::test]
async fn a_database_that_is_gone_is_busy() {
    let scene = Scene::new().await;
    scene.store.close().await;
    let error = scene.try_ask(&record(), "b-1", None, NOW_MS).await.unwrap_err();
    assert_eq!(Outcome::from(&error), Outcome::Busy);
}

#[tokio::test]
async fn finds_a_key_that_was_indexed_under_an_older_master_key() {
    let mut scene = Scene::new().await;
    let first = scene.first(&record()).await;
    let mut rng = StdRng::seed_from_u64(7);
    let old = MasterKeys::generate("00000001".parse().unwrap(), &mut rng).print();
    let new = MasterKeys::generate("00000002".parse().unwrap(), &mut rng).print();
    let both = format!("{}\n{}", new.trim(), old.trim().trim_end_matches(" current"));
    let both = MasterKeys::parse(&both).unwrap();
    scene.keys = both.derive(&[Purpose::Wrap, Purpose::Index, Purpose::Pepper]);
    assert_eq!(scene.first(&record()).await, first, "the same request");
    let again = answer(scene.ask(&with_request(2)).await);
    assert_eq!((again.outcome, again.device), (Outcome::AlreadyRecorded, first.device));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_thousand_records_of_one_key_make_one_box() {
    let scene = Arc::new(Scene::new().await);
    let mut tasks = tokio::task::JoinSet::new();
    for n in 0..1_000_u128 {
        let scene = Arc::clone(&scene);
        tasks.spawn(async move { answer(scene.ask(&with_request(n)).await) });
    }
    let answers = tasks.join_all().await;
    let ok = answers.iter().filter(|it| it.outcome == Outcome::Ok);
    assert_eq!(ok.count(), 1);
    let Some(first) = answers.first() else { panic!("no answer") };
    assert!(answers.iter().all(|it| it.device == first.device));
    assert_eq!(scene.store.last_device_change().await.unwrap(), 1);
}
