use std::collections::BTreeMap;
use std::sync::Mutex;

use axum::Router;
use axum::extract::State;
use crypto::{BoxKey, authenticator, credential, proof};
use protocol::{
    ActivateAnswer, Answer, AuthAnswer, Command, CrecordAnswer, DeviceId, Pair, Proof, Request,
};
use tokio::net::TcpListener;

use super::*;

/// A back office of one function: keeps keys in memory, lets every box surf.
struct Office {
    keys: Mutex<BTreeMap<DeviceId, BoxKey>>,
    /// Of so many AUTHs one gets a proof that is not its own.
    forged: Option<usize>,
    seen: Mutex<usize>,
}

impl Office {
    async fn start(forged: Option<usize>) -> PeerAddr {
        let office = Self { keys: Mutex::default(), forged, seen: Mutex::default() };
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let addr = listener.local_addr().unwrap().to_string().parse().unwrap();
        let router = Router::new().fallback(answer).with_state(Arc::new(office));
        drop(Tasks::default().spawn(async move { axum::serve(listener, router).await }));
        addr
    }

    fn judge(&self, command: &Command) -> Answer {
        match command {
            Command::Crecord(_) => {
                let key = BoxKey::random(&mut crypto::random::system());
                let mut keys = self.keys.lock().unwrap();
                let device =
                    DeviceId::from_bytes((1 + u128::try_from(keys.len()).unwrap()).to_be_bytes());
                let text = credential::make_plain(*device.as_bytes(), &key);
                keys.insert(device, key);
                let mut answer = CrecordAnswer::new(Outcome::Ok);
                (answer.device, answer.credential) = (Some(device), text.parse().ok());
                Answer::Crecord(answer)
            }
            Command::Auth(auth) => self.prove(auth.crypto.authenticator().unwrap().as_bytes()),
            _ => Answer::Activate(ActivateAnswer::new(Outcome::Ok)),
        }
    }

    fn prove(&self, crypto: &[u8; authenticator::LEN]) -> Answer {
        let device = DeviceId::from_bytes(authenticator::device_id(crypto));
        let key = self.keys.lock().unwrap().get(&device).unwrap().proof_key();
        let made = proof::make(&key, "OK", "14400", &authenticator::nonce(crypto));
        let mut seen = self.seen.lock().unwrap();
        *seen += 1;
        let forged = self.forged.is_some_and(|each| seen.is_multiple_of(each));
        let made = if forged { [0; 32] } else { made };
        let mut answer = AuthAnswer::new(Outcome::Ok);
        (answer.lease_s, answer.proof) = (Some(14_400), Some(Proof::from_bytes(made)));
        Answer::Auth(answer)
    }
}

async fn answer(State(office): State<Arc<Office>>, body: Bytes) -> String {
    let request = Request::parse(&body).unwrap();
    let mut document = String::new();
    Response { head: request.head, answer: office.judge(&request.command) }.print(&mut document);
    document
}

async fn load(to: PeerAddr, rate: Option<u32>) -> AuthReport {
    let door = Arc::new(Door::new(Pair::new(Some(to.clone()), None), Clock::default()));
    let (warm_up, duration) = (Duration::from_millis(50), Duration::from_millis(100));
    let script =
        AuthScript { to, connections: 3, warm_up, duration, boxes: 10, rate, seed: Some(1) };
    auth(&door, &script, &mut |_| {}).await.unwrap()
}

#[tokio::test]
async fn counts_what_was_proven() {
    let report = load(Office::start(None).await, Some(200)).await;
    assert_eq!(report.authenticated, 20, "a tenth of a second of 200 a second");
    assert!(report.errors.is_empty() && report.per_second.is_some());
    assert!(report.latency_us.p50 <= report.latency_us.max);
    let report = load(Office::start(None).await, None).await;
    assert!(0 < report.authenticated && report.errors.is_empty());
}

#[tokio::test]
async fn refuses_a_rate_when_a_proof_was_not_good() {
    let report = load(Office::start(Some(7)).await, Some(200)).await;
    let bad = report.error_count();
    assert!((2..=3).contains(&bad), "one in seven of 20: {bad}");
    assert_eq!(report.errors, BTreeMap::from([("no good proof".to_owned(), bad)]));
    assert_eq!((report.authenticated, report.per_second), (20 - bad, None));
}
