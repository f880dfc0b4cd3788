//! Sixty-four callers on one session, over a line that loses answers, while either end restarts.

#![expect(clippy::unwrap_used, reason = "a test may panic, print and spawn")]

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use aar::Aar;
use chassis::Tasks;
use client::Endpoint;
use ngondo::door::Door;
use ngondo::site::{ADMIN, Place, start};
use pppx::Pppx;
use protocol::{Pair, PeerAddr, Role};
use serde_json::json;
use stack::Stack;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

/// How many call at once.
const CALLERS: usize = 64;

/// A line to a server that counts requests, and loses answers when it is told to.
#[derive(Clone)]
struct Line {
    addr: PeerAddr,
    requests: Arc<AtomicUsize>,
    loses: Arc<AtomicBool>,
}

// === impl Line ===

impl Line {
    async fn to(upstream: PeerAddr, tasks: &Tasks) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let addr = listener.local_addr().unwrap().to_string().parse().unwrap();
        let line = Self { addr, requests: Arc::default(), loses: Arc::default() };
        let (carried, inner, stop) = (line.clone(), tasks.clone(), tasks.stop().clone());
        tasks.spawn(async move {
            while let Some(Ok((client, _))) = stop.run_until_cancelled(listener.accept()).await {
                let (line, upstream) = (carried.clone(), upstream.clone());
                let stop = stop.clone();
                inner.spawn(async move {
                    stop.run_until_cancelled(line.carry(client, &upstream)).await;
                });
            }
        });
        line
    }

    async fn carry(&self, mut client: TcpStream, upstream: &PeerAddr) -> Option<()> {
        let mut server = TcpStream::connect(upstream.as_str()).await.ok()?;
        let (mut asked, mut answered) = (vec![0; 65536], vec![0; 65536]);
        loop {
            tokio::select! {
                read = client.read(&mut asked) => {
                    let bytes = asked.get(..read.ok().filter(|it| *it > 0)?)?;
                    let heads = bytes.windows(9).filter(|it| *it == b"POST /v1/").count();
                    self.requests.fetch_add(heads, Ordering::SeqCst);
                    server.write_all(bytes).await.ok()?;
                }
                read = server.read(&mut answered) => {
                    let bytes = answered.get(..read.ok().filter(|it| *it > 0)?)?;
                    if self.loses.load(Ordering::SeqCst) {
                        return None;
                    }
                    client.write_all(bytes).await.ok()?;
                }
            }
        }
    }

    /// The way of the operator over this line, which is a caller that has just started.
    fn door(&self, stack: &Stack) -> Arc<Door> {
        let pppx = stack.site.endpoint(Role::Pppx, Place::First);
        let line = Endpoint { addr: self.addr.clone(), ..pppx };
        let keys = stack.site.keys(ADMIN, &stack.clock).unwrap();
        Arc::new(Door::signed(Pair::new(Some(line), None), keys, stack.clock.clone()))
    }

    /// All ask at once: what failed, and how many round trips it took.
    async fn round(&self, door: &Arc<Door>, tasks: &Tasks) -> (Vec<String>, usize) {
        let before = self.requests.load(Ordering::SeqCst);
        let asked: Vec<_> = (0..CALLERS)
            .map(|_| {
                let door = Arc::clone(door);
                let body = json!({ "limit": 1 }).to_string();
                tasks.spawn(async move { door.lines("/v1/boxes/list", body).await })
            })
            .collect();
        let mut failed = Vec::new();
        for one in asked {
            failed.extend(one.await.unwrap().err().map(|failure| failure.key().to_owned()));
        }
        (failed, self.requests.load(Ordering::SeqCst) - before)
    }
}

async fn restart_pppx(stack: &mut Stack) {
    Box::pin(stack.house.pppx.first.take().unwrap().stop()).await;
    let again = Box::pin(start::<Pppx>(&stack.site, Place::First, &stack.clock)).await;
    stack.house.pppx.first = Some(again.unwrap());
}

async fn restart_aar(stack: &mut Stack) {
    Box::pin(stack.house.aar.first.take().unwrap().stop()).await;
    let again = Box::pin(start::<Aar>(&stack.site, Place::First, &stack.clock)).await;
    stack.house.aar.first = Some(again.unwrap());
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_is_refused_and_nobody_pays_more_than_one_trip() {
    let mut stack = Box::pin(Stack::start()).await;
    let tasks = Tasks::default();
    let line = Line::to(stack.site.addr(Role::Pppx, Place::First), &tasks).await;
    let door = line.door(&stack);
    let none: [String; 0] = [];

    let (failed, trips) = line.round(&door, &tasks).await;
    assert_eq!(failed, none);
    // The server asks openings of its first seconds for a nonce: one trip more, once.
    assert!(trips <= 2 * CALLERS, "{trips} trips to begin");
    let (failed, trips) = line.round(&door, &tasks).await;
    assert_eq!((failed.as_slice(), trips), (none.as_slice(), CALLERS), "the ordinary case");

    line.loses.store(true, Ordering::SeqCst);
    let (failed, _) = line.round(&door, &tasks).await;
    assert_eq!(failed, vec!["answer-lost"; CALLERS], "every answer was lost");
    line.loses.store(false, Ordering::SeqCst);
    let (failed, trips) = line.round(&door, &tasks).await;
    assert_eq!((failed.as_slice(), trips), (none.as_slice(), CALLERS), "after lost answers");

    restart_pppx(&mut stack).await;
    let (failed, trips) = line.round(&door, &tasks).await;
    assert_eq!(failed, none, "after a restart of the server");
    assert!(trips <= 2 * CALLERS, "{trips} trips after a restart of the server");

    let door = line.door(&stack);
    let (failed, trips) = line.round(&door, &tasks).await;
    assert_eq!(failed, none, "after a restart of the caller");
    assert!(trips <= 2 * CALLERS, "{trips} trips after a restart of the caller");

    // Behind the door PPPX is the caller, of one session for all of them.
    restart_aar(&mut stack).await;
    let (failed, trips) = line.round(&door, &tasks).await;
    let wanted = (none.as_slice(), CALLERS);
    assert_eq!((failed.as_slice(), trips), wanted, "after a restart behind the door");

    restart_pppx(&mut stack).await;
    let door = line.door(&stack);
    line.loses.store(true, Ordering::SeqCst);
    let (failed, _) = line.round(&door, &tasks).await;
    assert_eq!(failed.len(), CALLERS);
    line.loses.store(false, Ordering::SeqCst);
    let (failed, trips) = line.round(&door, &tasks).await;
    assert_eq!(failed, none, "after a restart of both, and lost answers");
    assert!(trips <= 2 * CALLERS, "{trips} trips after a restart of both");
    tasks.finish().await;
    Box::pin(stack.stop()).await;
}
