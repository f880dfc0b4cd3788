//! A bench on a bad line: answers are lost, and no key is.

#![expect(
    clippy::unwrap_used,
    clippy::print_stdout,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::expect_used,
    reason = "a test may panic, print and spawn"
)]

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use chassis::{Clock, Tasks};
use client::Endpoint;
use ngondo::door::Door;
use ngondo::journal::Journal;
use ngondo::record::Recorder;
use ngondo::sim::key::{KeyScript, SimKey};
use ngondo::sim::{self, Verdict};
use ngondo::site::{ADMIN, Place, Site};
use protocol::{Activate, Command, Outcome, Pair, PeerAddr, Role};
use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};
use stack::{Stack, auth, command};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

/// How many keys are registered.
const KEYS: u64 = 1000;
/// Of a hundred answers, how many are lost: of the key's and of PPPX's.
const CUT_PERCENT: u8 = 20;
/// How many benches work at once.
const BENCHES: u64 = 8;

/// A line to a server on which answers are lost, drawn from a seed.
async fn cutting_line(
    upstream: PeerAddr,
    seed: u64,
    tasks: &Tasks,
) -> (PeerAddr, Arc<AtomicUsize>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let addr: PeerAddr = listener.local_addr().unwrap().to_string().parse().unwrap();
    let cut = Arc::new(AtomicUsize::new(0));
    let counted = Arc::clone(&cut);
    let stop = tasks.stop().clone();
    let inner = tasks.clone();
    tasks.spawn(async move {
        let mut rng = StdRng::seed_from_u64(seed);
        while let Some(Ok((client, _))) = stop.run_until_cancelled(listener.accept()).await {
            let (seed, upstream, cut) = (rng.random(), upstream.clone(), Arc::clone(&counted));
            let stop = stop.clone();
            inner.spawn(async move {
                let carried = carry(client, &upstream, seed, &cut);
                stop.run_until_cancelled(carried).await;
            });
        }
    });
    (addr, cut)
}

/// Carries requests to the server, and each answer back or nowhere.
async fn carry(mut client: TcpStream, upstream: &PeerAddr, seed: u64, cut: &AtomicUsize) {
    let mut rng = StdRng::seed_from_u64(seed);
    let Ok(mut server) = TcpStream::connect(upstream.as_str()).await else { return };
    let (mut asked, mut answered) = (vec![0; 65536], vec![0; 65536]);
    loop {
        tokio::select! {
            read = client.read(&mut asked) => match read {
                Ok(length) if length > 0 => {
                    if server.write_all(&asked[..length]).await.is_err() { return }
                }
                _ => return,
            },
            read = server.read(&mut answered) => match read {
                Ok(length) if length > 0 => {
                    if rng.random_range(0..100) < CUT_PERCENT {
                        cut.fetch_add(1, Ordering::Relaxed);
                        return;
                    }
                    if client.write_all(&answered[..length]).await.is_err() { return }
                }
                _ => return,
            },
        }
    }
}

/// Registers a key until it is done, as a person does who presses the button again.
async fn register(bench: &Bench, number: u64) -> (usize, usize) {
    let mut rng = StdRng::seed_from_u64(number);
    let script = KeyScript {
        identity: sim::made_identity(&mut rng),
        private: None,
        cut_percent: CUT_PERCENT,
        seed: number,
    };
    let listen: SocketAddr = "127.0.0.1:0".parse().unwrap();
    let key = SimKey::start(listen, script, Clock::default()).await.unwrap();
    let addr: PeerAddr = key.addr().to_string().parse().unwrap();
    let recorder =
        Recorder { door: &bench.door, key_door: &bench.key_door, journal: &bench.journal };
    let mut presses = 0;
    let done = loop {
        presses += 1;
        match recorder.record(&addr, None, &mut |_step| {}).await {
            Ok(done) => break done,
            Err(failure) if presses == 50 => panic!("key {number}: {failure:?}"),
            Err(_lost) => {}
        }
    };
    let mut device = key.device().expect("a credential");
    assert_eq!(device.device(), done.device);
    let activate =
        Activate { device: Some(done.device), code: done.activation, ..Activate::default() };
    assert_eq!(command(&bench.sure, Command::Activate(activate)).await.outcome(), Outcome::Ok);
    let (verdict, answer) = auth(&bench.sure, &mut device, number).await;
    assert!(matches!(verdict, Verdict::Surf { .. }), "key {number}: {verdict:?} {answer:?}");
    let cut = usize::try_from(key.cut()).unwrap();
    key.stop().await;
    (presses, cut)
}

/// The operator's way in over two lines.
fn signed(site: &Site, [first, second]: [&PeerAddr; 2]) -> Door {
    let clock = Clock::default();
    let over = |line: &PeerAddr, place| Endpoint {
        addr: line.clone(),
        ..site.endpoint(Role::Pppx, place)
    };
    let pair = Pair::new(Some(over(first, Place::First)), Some(over(second, Place::Second)));
    Door::signed(pair, site.keys(ADMIN, &clock).unwrap(), clock)
}

struct Bench {
    door: Door,
    key_door: Door,
    sure: Arc<Door>,
    journal: Journal,
}

#[tokio::test(flavor = "multi_thread")]
async fn a_thousand_keys_are_registered_over_lines_that_lose_answers() {
    let stack = Stack::start().await;
    let lines = Tasks::default();
    let pppx = stack.site.pppx();
    let (first, cut_first) = cutting_line(pppx.first.unwrap(), 1, &lines).await;
    let (second, cut_second) = cutting_line(pppx.second.unwrap(), 2, &lines).await;
    let benches: Vec<_> = (0..BENCHES)
        .map(|bench| {
            let journal = Journal::open(&stack.site.dir().join(format!("bench-{bench}"))).unwrap();
            let bench_of = Bench {
                door: signed(&stack.site, [&first, &second]),
                key_door: Door::to_key(Clock::default()),
                sure: Arc::clone(&stack.door),
                journal,
            };
            lines.spawn(async move {
                let mut sums = (0, 0);
                for number in (0..KEYS).filter(|it| it % BENCHES == bench) {
                    let (presses, cut) = register(&bench_of, number).await;
                    sums = (sums.0 + presses, sums.1 + cut);
                }
                sums
            })
        })
        .collect();
    let (mut presses, mut cut_by_keys) = (0, 0);
    for bench in benches {
        let sums = bench.await.unwrap();
        presses += sums.0;
        cut_by_keys += sums.1;
    }
    let cut_by_lines = cut_first.load(Ordering::Relaxed) + cut_second.load(Ordering::Relaxed);
    println!(
        "{KEYS} keys: {presses} presses, lost {cut_by_keys} of the keys' answers and {cut_by_lines} of PPPX's"
    );
    assert!(cut_by_keys > 300 && cut_by_lines > 100, "lost too few to show anything");
    lines.finish().await;
    stack.stop().await.rows_of_equals().await;
}
