use std::net::Ipv4Addr;

use crypto::BoxKey;
use protocol::{DeviceId, PeerAddr, Proof};

use super::*;
use crate::door::Door;

const BOX: [u8; 16] = [7; 16];

async fn start(private: Option<PrivateKey>, cut_percent: u8) -> (SimKey, PeerAddr, Door) {
    let identity = crate::sim::made_identity(&mut StdRng::seed_from_u64(1));
    let script = KeyScript { identity, private, cut_percent, seed: 1 };
    let clock = Clock::default();
    let key = SimKey::start((Ipv4Addr::LOCALHOST, 0).into(), script, clock.clone()).await.unwrap();
    let addr = key.addr().to_string().parse().unwrap();
    (key, addr, Door::to_key(clock))
}

fn provision(text: &str, proof: Option<[u8; 32]>) -> Command {
    Command::Provision(Provision {
        device: DeviceId::from_bytes(BOX),
        credential: text.parse().unwrap(),
        pppx: None,
        ca: None,
        proof: proof.map(Proof::from_bytes),
    })
}

fn drawn() -> BoxKey {
    BoxKey::random(&mut crypto::random::system())
}

#[tokio::test]
async fn says_who_it_is() {
    let (key, addr, door) = start(None, 0).await;
    let answer = door.command_to(&addr, Command::Crecord(Crecord::Ask)).await.unwrap();
    assert_eq!(answer, Answer::Key(Box::new(key.identity().clone())));
    key.stop().await;
}

#[tokio::test]
async fn keeps_its_first_credential_unless_the_old_key_is_proven() {
    let (key, addr, door) = start(None, 0).await;
    let (old, new) = (drawn(), drawn());
    let first = credential::make_plain(BOX, &old);
    let second = credential::make_plain(BOX, &new);
    let ask = async |command| door.command_to(&addr, command).await.unwrap().outcome();
    assert_eq!(ask(provision(&first, None)).await, Outcome::Ok);
    assert_eq!(ask(provision(&second, None)).await, Outcome::Forbidden);
    assert_eq!(ask(provision(&second, Some([0; 32]))).await, Outcome::Forbidden);
    assert_eq!(key.device().unwrap().key(), &old);
    let proof = credential::provision_proof(&old.provision_key(), &second);
    assert_eq!(ask(provision(&second, Some(proof))).await, Outcome::Ok);
    assert_eq!(key.device().unwrap().key(), &new);
    key.stop().await;
}

#[tokio::test]
async fn opens_a_credential_under_its_public_key() {
    let (key, addr, door) = start(Some(PrivateKey::generate().unwrap()), 0).await;
    let der = key.identity().pubkey.clone().unwrap();
    let public = crypto::PublicKey::from_spki_der(der.as_der()).unwrap();
    let box_key = drawn();
    let mut rng = crypto::random::system();
    let text = credential::make_rsa(BOX, &box_key, &public, &mut rng).unwrap();
    let answer = door.command_to(&addr, provision(&text, None)).await.unwrap();
    assert_eq!(answer.outcome(), Outcome::Ok);
    assert_eq!(key.device().unwrap().key(), &box_key);
    key.stop().await;
}

#[tokio::test]
async fn a_cut_answer_is_lost_after_the_key_did_its_work() {
    let (key, addr, door) = start(None, 100).await;
    let text = credential::make_plain(BOX, &drawn());
    let failure = door.command_to(&addr, provision(&text, None)).await.unwrap_err();
    assert_eq!(failure.key(), "answer-lost");
    assert_eq!((key.cut(), key.provisioned()), (1, 1));
    key.stop().await;
}
