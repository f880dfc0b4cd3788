//! The samples in `confs/` load, name every key, and say the unit and the default that hold.

use std::fs;
use std::path::{Path, PathBuf};

use protocol::{Epoch, Pair, Server, Time};

use super::*;
use crate::spec::ANY_OPERATOR;
use crate::{Module, Persisted, Tool, inventory};

const ROLES: [Role; 5] = [Role::Pppx, Role::Lb, Role::Aar, Role::Sr, Role::TopUp];
/// Sections whose keys are told about once, above all of them.
const MANAGED: [&str; 9] =
    ["pppx", "lb", "aar", "sr", "topup", "gateway", "report", "crypto", "map"];

fn confs() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../confs")
}

fn sample(role: Role) -> PathBuf {
    confs().join(format!("{}.ini", role.lower()))
}

/// The line of a key with the comments above it, up to a blank line.
fn block(text: &str, section: &str, key: &str) -> String {
    let inside: Vec<&str> =
        text.lines().skip_while(|line| *line != format!("[{section}]")).skip(1).collect();
    let is_key = |line: &&str| line.split_once('=').is_some_and(|(name, _)| name.trim_end() == key);
    let end = inside.iter().position(|line| line.starts_with('[')).unwrap_or(inside.len());
    let at = inside[..end].iter().position(is_key);
    let at = at.unwrap_or_else(|| panic!("[{section}] {key} is not in the sample"));
    let start = inside[..at].iter().rposition(|line| line.is_empty()).map_or(0, |at| at + 1);
    inside[start..=at].join("\n")
}

fn check_documented(text: &str, section: &SectionSpec, key: &KeySpec, file: &Path) {
    if key.name == ANY_OPERATOR {
        assert!(text.contains(&format!("[{}]", section.name)), "{}", file.display());
        return;
    }
    let block = block(text, section.name, key.name);
    let wanted = match key.default {
        _ if MANAGED.contains(&section.name) && file != confs().join("ngondo.ini") => return,
        Fallback::Required => "Required.".to_owned(),
        Fallback::Is(default) => format!("default: {default}\n"),
        Fallback::Nothing | Fallback::Computed(_) => "default: ".to_owned(),
    };
    let at = format!("{}: [{}] {}", file.display(), section.name, key.name);
    assert!(block.contains(&wanted), "{at}: no `{wanted}`");
    assert!(block.contains(';'), "{at}: no comment");
    if let Some(unit) = key.kind.unit() {
        assert!(block.contains(&format!("unit: {unit} ")), "{at}: no unit {unit}");
    }
}

#[test]
fn every_sample_loads_as_its_role_alone() {
    for role in ROLES {
        let path = sample(role);
        let module = Module::load(&path, role, schema(role)).unwrap_or_else(|all| panic!("{all}"));
        assert_eq!(Module::role_of(&path), Ok(role));
        assert_eq!(module.warnings, []);
        assert!(module.listen.is_loopback() && !module.insecure);
        assert_eq!(module.addr.unwrap().to_string(), module.listen.to_string());
        let other = if role == Role::Sr { Role::Pppx } else { Role::Sr };
        assert!(Module::load(&path, other, schema(other)).is_err());
    }
}

#[test]
fn every_key_is_documented_with_unit_and_default() {
    for role in ROLES {
        let text = fs::read_to_string(sample(role)).unwrap();
        for section in COMMON.iter().chain(schema(role)) {
            for key in section.keys {
                check_documented(&text, section, key, &sample(role));
            }
        }
    }
    let tool = confs().join("ngondo.ini");
    let text = fs::read_to_string(&tool).unwrap();
    for section in TOOL {
        for key in section.keys {
            check_documented(&text, section, key, &tool);
        }
    }
}

#[test]
fn the_tools_sample_holds_its_defaults() {
    let (sample, none) = (Tool::load(&confs().join("ngondo.ini")).unwrap(), Tool::without_ini());
    assert_eq!((sample.pppx, sample.key_port), (none.pppx, none.key_port));
    assert_eq!(sample.key_addr, none.key_addr);
}

#[test]
fn the_inventory_lists_every_sample_and_its_twin() {
    let path = confs().join("inventory.ini");
    let map = inventory::load(&path).unwrap_or_else(|all| panic!("{all}")).map(Epoch::new(1));
    for role in ROLES {
        let module = Module::load(&sample(role), role, schema(role)).unwrap();
        let Pair { first: Some(first), second: Some(second) } = map.servers(role) else {
            panic!("{role} has no twin");
        };
        assert_eq!((Some(&first.addr), first.name), (module.addr.as_ref(), Some(module.instance)));
        assert_eq!(second.addr.port(), first.addr.port() + 10);
        assert_eq!(map.report, module.map.report);
    }
    let text = fs::read_to_string(path).unwrap();
    for key in LISTED {
        assert!(text.contains(&format!(";   {} ", key.name)), "{}", key.name);
    }
}

#[test]
fn a_map_leaves_every_comment_of_a_sample() {
    let folder = tempfile::tempdir().unwrap();
    let mut map = inventory::load(&confs().join("inventory.ini")).unwrap().map(Epoch::new(9));
    map.topup.first = Some(Server::at("10.0.0.7:1".parse().unwrap()));
    for role in ROLES {
        let path = folder.path().join(format!("{}.ini", role.lower()));
        fs::copy(sample(role), &path).unwrap();
        let module = Module::load(&path, role, schema(role)).unwrap();
        let written = module.persist(&map, Time::from_unix_ms(0)).unwrap();
        assert!(matches!(written, Persisted::Written));
        let keyless = |path: &Path| {
            let text = fs::read_to_string(path).unwrap();
            let cut = |line: &str| match line.split_once('=') {
                Some((key, _)) if !line.starts_with(';') => key.to_owned(),
                _ => line.to_owned(),
            };
            text.lines().map(cut).collect::<Vec<_>>()
        };
        assert_eq!(keyless(&path), keyless(&sample(role)));
        let again = Module::load(&path, role, schema(role)).unwrap();
        assert_eq!(again.map.topup.first.unwrap().addr.as_str(), "10.0.0.7:1");
        assert_eq!(again.warnings, []);
    }
}

#[test]
fn no_sample_is_without_a_test() {
    let mut known: Vec<String> = ROLES.iter().map(|role| format!("{}.ini", role.lower())).collect();
    known.extend(["inventory.ini", "ngondo.ini"].map(str::to_owned));
    for entry in fs::read_dir(confs()).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_str().unwrap().to_owned();
        let is_ini = path.extension().is_some_and(|it| it == "ini");
        assert!(!is_ini || known.contains(&name), "{name}");
    }
}
