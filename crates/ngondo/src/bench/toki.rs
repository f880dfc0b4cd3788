//! P11: what toki adds to one hop, measured through the layers that every hop has.
//!
//! A tool and a PPPX on loopback, a back office of one's own behind it. The document is one that PPPX
//! answers by itself, so that there is one hop; sent with a toki and without one, in turn.

use std::time::Instant;

use bytes::Bytes;
use chassis::Clock;
use client::Endpoint;
use protocol::{PeerAddr, Role};

use super::measure::{Better, Compare, Measure};
use crate::door::Door;
use crate::error::{Failure, failed};
use crate::site::{ADMIN, House, Pace, Place, Ports, Site};
use crate::text::cause;

/// Rounds that count, of each kind.
const ROUNDS: usize = 101;
/// Requests of one round, one after the other: some 20 ms.
const REQUESTS: u32 = 100;
/// Where a 4G key would be: nobody asks one.
const KEY: &str = "127.0.0.2:80";
/// Bytes of the document.
const DOCUMENT: usize = 600;
/// What PPPX says of a command that there is not: it has read it all, and asks nobody.
const STATUS: u16 = 400;

/// Two tools and the PPPX that they ask.
struct Hop {
    signed: Door,
    unsigned: Door,
    pppx: Endpoint,
    document: Bytes,
}

/// Starts a back office in a temporary folder and measures one hop into it.
///
/// # Errors
///
/// The back office does not start. A wrong answer is counted, not returned.
pub async fn toki() -> Result<Measure, Failure> {
    let unusable = |error: std::io::Error| failed!("bench-broken", cause = cause::any(&error));
    let folder = tempfile::tempdir().map_err(unusable)?;
    let ports = Ports::free().map_err(unusable)?;
    let pace = Pace { drain_s: 0, ..Pace::default() };
    let nobody: PeerAddr =
        KEY.parse().map_err(|error| failed!("bench-broken", cause = cause::any(&error)))?;
    let site = Box::pin(Site::lay(folder.path(), ports, nobody, pace)).await?;
    let clock = Clock::default();
    let house = Box::pin(House::start(&site, &clock)).await?;
    let hop = Hop::new(&site, &clock)?;
    let measure = hop.measure().await;
    drop(hop);
    Box::pin(house.stop()).await;
    Ok(measure)
}

// === impl Hop ===

impl Hop {
    fn new(site: &Site, clock: &Clock) -> Result<Self, Failure> {
        let signed = Door::signed(site.doors(), site.keys(ADMIN, clock)?, clock.clone());
        Ok(Self {
            unsigned: signed.unsigned(),
            signed,
            pppx: site.endpoint(Role::Pppx, Place::First),
            document: document(),
        })
    }

    async fn measure(&self) -> Measure {
        let (mut ours, mut reference, mut errors) = (Vec::new(), Vec::new(), 0);
        for round in 0..=ROUNDS {
            let [with, without] =
                [self.round(&self.signed).await, self.round(&self.unsigned).await];
            // The first opens the connections and the session.
            if 0 < round {
                ours.push(with.0);
                reference.push(without.0);
                errors += with.1 + without.1;
            }
        }
        Measure {
            id: "P11".to_owned(),
            name: format!("toki: one hop into PPPX ({DOCUMENT} bytes)"),
            unit: "µs".to_owned(),
            better: Better::Less,
            compare: Compare::Difference,
            reference: "the same hop without it".to_owned(),
            bar: 10.0,
            aim: 4.0,
            errors,
            ours_rounds: ours,
            reference_rounds: reference,
        }
    }

    /// The mean time of one request in microseconds, and how many had a wrong answer.
    async fn round(&self, door: &Door) -> (f64, u64) {
        let began = Instant::now();
        let mut errors = 0;
        for _ in 0..REQUESTS {
            let got = door.document_to(&self.pppx, self.document.clone()).await;
            errors += u64::from(!got.is_ok_and(|it| it.status == STATUS));
        }
        (began.elapsed().as_secs_f64() * 1e6 / f64::from(REQUESTS), errors)
    }
}

fn document() -> Bytes {
    let head = "<xml><app>ngondo-bench</app><version>1.0.0</version><cmd>NOTHING</cmd><time>1795190400</time><pad>";
    let tail = "</pad></xml>";
    let pad = "x".repeat(DOCUMENT.saturating_sub(head.len() + tail.len()));
    Bytes::from([head, &pad, tail].concat())
}
