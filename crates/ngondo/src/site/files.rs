//! The inis and inventories of a site.

use std::fmt::Write as _;
use std::fs;
use std::io;
use std::path::Path;

use protocol::{PeerAddr, Role};

use super::{ADMIN, Pace, Place, ROLES, Site, instance, seats};

/// What each ini begins with.
const HEAD: &str = "\
; Made by `ngondo`; every key is explained in the samples of confs/. INIT rewrites the values of
; the sections that say \"managed\"; your comments stay.
; Fait par « ngondo » ; chaque clé est expliquée dans les exemples de confs/. INIT récrit les
; valeurs des sections marquées « managed » ; vos commentaires restent.
";

/// Writes every ini and inventory that is missing.
pub(super) fn lay(site: &Site, pace: Pace) -> io::Result<()> {
    for (role, place) in seats() {
        write_missing(&site.ini(role, place), &module(site, role, place, pace))?;
    }
    for place in Place::ALL {
        write_missing(&site.inventory(place), &inventory(site))?;
    }
    write_missing(&site.tool_ini(), &tool(site))
}

fn write_missing(file: &Path, text: &str) -> io::Result<()> {
    if file.exists() { Ok(()) } else { fs::write(file, text) }
}

fn module(site: &Site, role: Role, place: Place, speed: Pace) -> String {
    let mut text = format!("{HEAD}\n[module]\n");
    line(&mut text, "instance", &instance(role, place));
    line(&mut text, "role", role.as_str());
    line(&mut text, "listen", site.addr(role, place).as_str());
    line(&mut text, "state", "state");
    section(&mut text, "init", &[("interval", speed.init_s.to_string())]);
    for other in ROLES {
        text.push_str("\n; managed\n");
        let at = |place| site.addr(other, place).to_string();
        section_of(
            &mut text,
            other.lower(),
            &[
                ("first", at(Place::First)),
                ("second", at(Place::Second)),
                ("first_name", instance(other, Place::First)),
                ("second_name", instance(other, Place::Second)),
            ],
        );
    }
    text.push_str("\n; managed\n");
    databases(&mut text, site);
    if matches!(role, Role::Aar | Role::Sr | Role::TopUp) {
        text.push_str("\n; managed\n");
        section_of(&mut text, "crypto", &[("first", registry(site))]);
    }
    text.push_str("\n; managed\n");
    section_of(
        &mut text,
        "map",
        &[
            ("epoch", "0".to_owned()),
            ("received", String::new()),
            ("from", String::new()),
            ("digest", String::new()),
        ],
    );
    let own = format!("../toki/{}.toki", instance(role, place));
    section(&mut text, "toki", &[("file", own)]);
    section(&mut text, "limits", &[("drain", speed.drain_s.to_string())]);
    section(&mut text, "admin", &[("listen", site.admin(role, place).to_string())]);
    if role == Role::TopUp {
        let templates = [("MTN", "*126*{code}#".to_owned()), ("ORANGE", "#150*{code}#".to_owned())];
        section(&mut text, "ussd", &templates);
    }
    text
}

fn inventory(site: &Site) -> String {
    let mut text = HEAD.replace("INIT rewrites", "LB rewrites");
    for (role, place) in seats() {
        let word = match place {
            Place::First => "first",
            Place::Second => "second",
        };
        section(
            &mut text,
            &instance(role, place),
            &[
                ("role", role.as_str().to_owned()),
                ("addr", site.addr(role, place).to_string()),
                ("place", word.to_owned()),
            ],
        );
    }
    text.push('\n');
    databases(&mut text, site);
    section(&mut text, "crypto", &[("first", registry(site))]);
    text
}

fn tool(site: &Site) -> String {
    let mut text = String::from("; Made by `ngondo` / fait par « ngondo ».\n");
    let at = |place| site.addr(Role::Pppx, place).to_string();
    let name = |place| instance(Role::Pppx, place);
    let doors = [
        ("first", at(Place::First)),
        ("second", at(Place::Second)),
        ("first_name", name(Place::First)),
        ("second_name", name(Place::Second)),
    ];
    section(&mut text, "pppx", &doors);
    section(&mut text, "toki", &[("file", format!("toki/{ADMIN}.toki"))]);
    section(&mut text, "bench", &bench(&site.key));
    text.push('\n');
    databases(&mut text, site);
    section(&mut text, "tool", &[("state", "journal".to_owned())]);
    text
}

fn bench(key: &PeerAddr) -> [(&'static str, String); 2] {
    [("key_addr", key.host().to_owned()), ("key_port", key.port().to_string())]
}

fn registry(site: &Site) -> String {
    site.registry().map(|url| url.to_string()).unwrap_or_default()
}

fn databases(text: &mut String, site: &Site) {
    if let Ok(report) = site.report() {
        let urls = [("first", report.first.to_string()), ("second", report.second.to_string())];
        section_of(text, "report", &urls);
    }
}

/// A section behind a blank line.
fn section(text: &mut String, name: &str, keys: &[(&str, String)]) {
    text.push('\n');
    section_of(text, name, keys);
}

fn section_of(text: &mut String, name: &str, keys: &[(&str, String)]) {
    // Writing to a string cannot fail.
    let _unused = writeln!(text, "[{name}]");
    for (key, value) in keys {
        line(text, key, value);
    }
}

fn line(text: &mut String, key: &str, value: &str) {
    let line = format!("{key} = {value}");
    text.push_str(line.trim_end());
    text.push('\n');
}
