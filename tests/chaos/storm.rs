//! After a power cut all modules ask where the others are, in the same second.

use std::collections::BTreeSet;

use chassis::Tasks;
use client::Endpoint;
use ngondo::site::Place;
use protocol::{Answer, Bridge, Outcome, Response, Role};
use tokio::sync::watch;
use tokio::time::{Duration, Instant, sleep, timeout};

use super::load::{LIMIT, print};
use super::scene::{Module, admit};
use super::{Broken, Length, rows};
use crate::{PACE, Programs, lay};

/// Within which all ask.
const SECOND: Duration = Duration::from_secs(1);

/// R17: 2,000 modules send INIT within a second, each with a session of its own to open; who is told to come back
/// does, once the told seconds are over.
pub(super) async fn modules(length: Length) -> Broken {
    let count: u32 = if length.long { 2_000 } else { 200 };
    let mut broken = Broken { times: 1, sent: count.into(), ..Broken::default() };
    let folder = tempfile::tempdir().expect("a temporary folder");
    let site = lay(&folder, PACE).await;
    let modules = admit(&site, count).await;
    let mut programs = Programs::start_in(site, folder).await;

    let tasks = Tasks::default();
    let go = watch::Sender::new(false);
    let doors = Place::ALL.map(|place| programs.site.endpoint(Role::Pppx, place));
    let each = modules.into_iter().zip(doors.into_iter().cycle()).zip(0..count);
    let asking: Vec<_> = each
        .map(|(module, number)| {
            let at = SECOND * number / count;
            tasks.spawn(ask(module, (go.subscribe(), at)))
        })
        .collect();
    let began = Instant::now();
    go.send_replace(true);
    let mut bridges = BTreeSet::new();
    for one in asking {
        match timeout(LIMIT, one).await.expect("an end").expect("a module") {
            Ok((bridge, refusals)) => {
                broken.answered += 1;
                broken.refused += refusals;
                broken.hold(
                    bridges.insert((bridge, true)),
                    format_args!("{bridge} was answered twice"),
                );
            }
            Err(why) => {
                broken.failed += 1;
                broken.note(why);
            }
        }
    }
    broken.sent = broken.answered + broken.refused + broken.failed;
    broken.note(format_args!("all answered within {:?}", began.elapsed()));
    tasks.finish().await;
    broken.nothing_failed_but(broken.refused);

    let settled = rows::settled(&programs.site, &bridges).await;
    broken.hold(settled.missing == 0, format_args!("{} are not in both REPORT", settled.missing));
    let urls = programs.site.report().expect("two databases");
    // Whoever was asked for a nonce first signed the same INIT anew: a row that says so is no answer.
    let of = "role = 'PPPX' and cmd = 'INIT' and result = 'OK' and app = 'ngondo-chaos'";
    let answered = rows::count(&urls.first, of).await;
    broken.hold(
        answered == u64::from(count),
        format_args!("PPPX answered {answered} INIT, not {count}"),
    );
    programs.terminate_all().await;
    broken.hold_rows(&rows::now(&programs.site).await);
    broken
}

/// Asks one PPPX until it is answered, and waits as it is told: the bridge of the answer, and how
/// often it was told to come back.
async fn ask(
    (module, to): (Module, Endpoint),
    (mut go, at): (watch::Receiver<bool>, Duration),
) -> Result<(Bridge, u64), String> {
    go.wait_for(|it| *it).await.map_err(|error| error.to_string())?;
    sleep(at).await;
    let mut refusals = 0;
    loop {
        let document = print(module.door.clock().now_ms(), module.init());
        let got = module.door.document_to(&to, document).await;
        let got = got.map_err(|failure| failure.key().to_owned())?;
        let response = Response::parse(&got.body).map_err(|malformed| malformed.to_string())?;
        match (response.answer, got.bridge, got.retry_after_s) {
            (Answer::Init(_), Some(bridge), _) => return Ok((bridge, refusals)),
            (answer, _, Some(retry_s)) if answer.outcome() == Outcome::Busy => {
                refusals += 1;
                sleep(Duration::from_secs(retry_s.into())).await;
            }
            (answer, ..) => return Err(answer.outcome().to_string()),
        }
    }
}
