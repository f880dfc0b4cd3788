//! Every server is restarted in its turn while boxes, benches and customers go on: nobody is
//! refused.

#![expect(clippy::print_stdout, reason = "a test may print")]

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use chassis::Tasks;
use ngondo::door::Door;
use ngondo::sim::{SimDevice, Verdict, fleet};
use ngondo::site::{Pace, seats};
use protocol::{Command, Outcome, PurchaseCode, RequestId, TopUp};
use stack::{Programs, auth, command, enrol, sell};
use uuid::Uuid;

/// Boxes that ask all the time.
const BOXES: u32 = 16;

/// What goes on until it is told to end, and how often it went well.
#[derive(Default)]
struct Traffic {
    end: AtomicBool,
    auths: AtomicU64,
    records: AtomicU64,
    topups: AtomicU64,
}

// === impl Traffic ===

impl Traffic {
    fn goes_on(&self) -> bool {
        !self.end.load(Ordering::Acquire)
    }

    async fn boxes(&self, door: &Door, mut device: SimDevice) {
        let mut seed = 0;
        while self.goes_on() {
            seed += 1;
            let (verdict, answer) = auth(door, &mut device, seed).await;
            assert!(matches!(verdict, Verdict::Surf { .. }), "{verdict:?} {answer:?}");
            self.auths.fetch_add(1, Ordering::AcqRel);
        }
    }

    async fn bench(&self, door: &Door) {
        let mut seed = 1_000_000;
        while self.goes_on() {
            seed += 1;
            enrol(door, seed).await;
            self.records.fetch_add(1, Ordering::AcqRel);
        }
    }

    async fn customers(&self, door: &Door, codes: &[PurchaseCode]) {
        // A code that was redeemed is redeemed again by the same request: it gives the same.
        let orders: Vec<_> = codes.iter().map(|code| (*code, Uuid::new_v4())).collect();
        for (code, request) in orders.iter().cycle() {
            if !self.goes_on() {
                return;
            }
            let request = Some(RequestId::from_uuid(*request));
            let topup = TopUp { request, ..TopUp::new(*code) };
            let answer = command(door, Command::TopUp(topup)).await;
            assert_eq!(answer.outcome(), Outcome::Ok, "{answer:?}");
            self.topups.fetch_add(1, Ordering::AcqRel);
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn restarting_one_server_at_a_time_at_load_refuses_nobody_and_loses_no_row() {
    let mut programs = Programs::start_at(Pace { init_s: 2, drain_s: 1 }).await;
    let (door, anyone) = (programs.door.clone(), programs.anyone.clone());
    let devices = fleet::enrol_all(&door, BOXES, 1, &mut || {}).await.unwrap();
    let codes = sell(&door, 50).await;
    let (traffic, tasks) = (Arc::new(Traffic::default()), Tasks::default());
    let mut going: Vec<_> = devices
        .into_iter()
        .map(|device| {
            let (traffic, anyone) = (Arc::clone(&traffic), Arc::clone(&anyone));
            tasks.spawn(async move { traffic.boxes(&anyone, device).await })
        })
        .collect();
    let (its, at) = (Arc::clone(&traffic), Arc::clone(&door));
    going.push(tasks.spawn(async move { its.bench(&at).await }));
    let its = Arc::clone(&traffic);
    going.push(tasks.spawn(async move { its.customers(&anyone, &codes).await }));

    for (role, place) in seats() {
        programs.terminate(role, place).await;
        programs.spawn(role, place);
        programs.ready(role, place).await;
    }
    traffic.end.store(true, Ordering::Release);
    for task in going {
        task.await.expect("nobody was refused");
    }
    let counts = [&traffic.auths, &traffic.records, &traffic.topups]
        .map(|count| count.load(Ordering::Acquire));
    let rows = programs.stop().await.rows_of_equals().await;
    // At PPPX and at its server; a record is a CRECORD and an ACTIVATE.
    let [auths, records, topups] = counts;
    let known = 2 * (auths + 2 * records + topups);
    assert!(counts.iter().all(|it| 0 < *it) && known <= rows, "{counts:?}, {rows} rows");
    println!("{auths} AUTH, {records} boxes recorded, {topups} TOPUP, all good; {rows} rows");
}
