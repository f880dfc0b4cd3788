use std::net::Ipv4Addr;

use protocol::Role;
use rand::SeedableRng;
use rand::rngs::StdRng;

use super::*;
use crate::door::Door;
use crate::journal::Journal;
use crate::record::Recorder;
use crate::sim::fleet::{self, FleetScript};
use crate::sim::key::{KeyScript, SimKey};
use crate::sim::made_identity;
use crate::site::{ADMIN, Pace, Ports};

async fn open(folder: &std::path::Path) -> (Site, House, Door) {
    let key = "127.0.0.2:80".parse().unwrap();
    let pace = Pace { init_s: 30, drain_s: 0 };
    let site = Site::lay(folder, Ports::free().unwrap(), key, pace).await.unwrap();
    let clock = Clock::default();
    let house = Box::pin(House::start(&site, &clock)).await.unwrap();
    let door = Door::signed(site.doors(), site.keys(ADMIN, &clock).unwrap(), clock);
    (site, house, door)
}

#[tokio::test]
async fn a_fleet_authenticates_with_the_twins_in_one_process() {
    let folder = tempfile::tempdir().unwrap();
    let (site, house, door) = open(folder.path()).await;
    assert_eq!(house.aar.second.as_ref().unwrap().addr.port(), {
        site.addr(Role::Aar, Place::Second).port()
    });
    let door = Arc::new(door);
    let devices = fleet::enrol_all(&door, 10, 1, &mut || {}).await.unwrap();
    let script = FleetScript {
        spread: Duration::from_millis(50),
        rounds: 2,
        patience: Duration::from_secs(30),
        seed: 1,
    };
    let summary = fleet::run(&door, devices, script, &mut |_| {}).await;
    assert_eq!((summary.authenticated, summary.refused, summary.failed), (20, 0, 0));
    assert_eq!(summary.attempts, 20);
    house.stop().await;
}

#[tokio::test]
async fn a_key_whose_answers_are_cut_still_gets_one_box() {
    let folder = tempfile::tempdir().unwrap();
    let (site, house, door) = open(folder.path()).await;
    let clock = Clock::default();
    let key_door = Door::to_key(clock.clone());
    let journal = Journal::open(&site.dir().join("journal")).unwrap();
    let recorder = Recorder { door: &door, key_door: &key_door, journal: &journal };
    for seed in 0..8 {
        let identity = made_identity(&mut StdRng::seed_from_u64(seed));
        let script = KeyScript { identity, private: None, cut_percent: 40, seed };
        let listen = (Ipv4Addr::LOCALHOST, 0).into();
        let key = SimKey::start(listen, script, clock.clone()).await.unwrap();
        let addr = key.addr().to_string().parse().unwrap();
        // A run may give up; the next one takes up its request.
        let made = loop {
            match recorder.record(&addr, None, &mut |_| {}).await {
                Ok(made) => break made,
                Err(failure) => assert_eq!(failure.key(), "answer-lost"),
            }
        };
        assert_eq!(key.device().unwrap().device(), made.device);
        key.stop().await;
    }
    house.stop().await;
}
