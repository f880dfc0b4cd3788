//! `activity`: what goes on between whom, now.

mod feed;
mod show;

use std::time::Duration;

use serde_json::Value;

use super::Run;
use crate::cli::ActivityArgs;
use crate::error::Failure;
use crate::said;
use feed::{Event, Feed};
use show::Screen;

/// Before a lost feed is opened again.
const PAUSE: Duration = Duration::from_secs(1);

/// Shows the feed of all services, until Ctrl-C or as many requests as were asked for.
pub(super) async fn run(run: &Run<'_>, args: ActivityArgs) -> Result<(), Failure> {
    let target = target(&args);
    let mut screen = Screen::new(run.out, args.color, args.count);
    let watch = async {
        let mut seen = false;
        loop {
            match watch_once(run, &target, &mut screen, &mut seen).await {
                Ok(Ended::Enough) => return Ok(()),
                Ok(Ended::Lost) => {}
                // What was refused at first stays so; what ran before comes back.
                Err(failure) if !seen || failure.outcome().is_some() => return Err(failure),
                Err(_lost) => {}
            }
            run.out.warn(&said!("activity-lost"));
            tokio::time::sleep(PAUSE).await;
        }
    };
    tokio::select! {
        ended = watch => ended,
        () = crate::stop::asked() => Ok(()),
    }
}

/// How one connection ended.
enum Ended {
    /// As many requests were shown as were asked for.
    Enough,
    /// The other end is gone.
    Lost,
}

async fn watch_once(
    run: &Run<'_>,
    target: &str,
    screen: &mut Screen<'_>,
    seen: &mut bool,
) -> Result<Ended, Failure> {
    // The settings are read anew, and with them a file that was rotated meanwhile.
    let mut feed = Feed::new(run.door()?.open(target).await?);
    *seen = true;
    while let Some(Event { kind, data }) = feed.next().await {
        let value: Value = serde_json::from_str(&data).unwrap_or_default();
        if screen.show(&kind, value) {
            return Ok(Ended::Enough);
        }
    }
    Ok(Ended::Lost)
}

/// The path and query of what was asked for; every word of it may stand in a query as it is.
fn target(args: &ActivityArgs) -> String {
    let mut target = "/activity?of=all".to_owned();
    let mut put = |name: &str, value: Option<String>| {
        if let Some(value) = value {
            target.extend(["&", name, "=", &value]);
        }
    };
    put("from", args.from.map(|it| it.to_string()));
    put("to", args.to.map(|it| it.to_string()));
    put("cmd", args.cmd.clone());
    put("result", args.result.clone());
    put("toki", args.toki.clone());
    put("sample", args.sample.map(|it| it.to_string()));
    target
}
