//! `up`: the whole back office in one process.

use protocol::Role;
use serde_json::json;

use super::Run;
use crate::cli::UpArgs;
use crate::error::{Failure, failed};
use crate::said;
use crate::site::{House, Pace, Place, Ports, Site};
use crate::text::cause;

/// Where the tool of a new site looks for a 4G key.
const KEY: &str = "192.168.8.1:80";

/// Makes what is missing, starts everything, waits for Ctrl-C, drains.
pub(super) async fn run(run: &Run<'_>, args: UpArgs) -> Result<(), Failure> {
    let ports = if args.free_ports { free_ports()? } else { Ports::standard() };
    let key = KEY.parse().map_err(|_| failed!("no-free-port", cause = KEY))?;
    let site = Site::lay(&args.dir, ports, key, Pace::default()).await?;
    chassis::install_log("warn", chassis::LogFormat::Text);
    let house = Box::pin(House::start(&site, &run.clock)).await?;
    show(run, &site);
    ready(run, &site);
    crate::stop::asked().await;
    run.out.say(&said!("up-draining"));
    house.stop().await;
    run.out.say(&said!("up-stopped"));
    Ok(())
}

/// Says to people that it is open, and how to use it.
pub(super) fn ready(run: &Run<'_>, site: &Site) {
    let (dir, ini) = (site.dir().display().to_string(), site.tool_ini().display().to_string());
    run.out.say(&said!("up-ready", dir = dir, ini = ini));
}

/// Ports that are free now.
pub(super) fn free_ports() -> Result<Ports, Failure> {
    Ports::free().map_err(|error| failed!("no-free-port", cause = cause::any(&error)))
}

/// Shows where everything is.
pub(super) fn show(run: &Run<'_>, site: &Site) {
    for role in crate::site::ROLES {
        let (first, second) = (site.addr(role, Place::First), site.addr(role, Place::Second));
        run.out.line(&format!("  {:<6} {first}  {second}", role.as_str()));
    }
    let (dir, ini) = (site.dir().display().to_string(), site.tool_ini().display().to_string());
    run.out.json(&json!({
        "ready": true, "dir": dir, "config": ini,
        "pppx": [
            site.addr(Role::Pppx, Place::First).as_str(),
            site.addr(Role::Pppx, Place::Second).as_str(),
        ],
    }));
}
