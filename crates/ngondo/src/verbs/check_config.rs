//! `check-config`: all that is wrong in inis, at once.

use std::path::Path;

use config::{Module, Origin, Problems, Shown, Tool};
use serde_json::json;

use super::Run;
use crate::cli::CheckConfigArgs;
use crate::error::{Failure, bad_config};
use crate::said;
use crate::text::{Said, cause};

/// What a file would give.
enum Good {
    Module(Box<Module>),
    Tool(Box<Tool>),
    Inventory(usize),
}

/// Checks each file and prints every problem with its line, then what would be started.
pub(super) fn run(run: &Run<'_>, args: &CheckConfigArgs) -> Result<(), Failure> {
    let bad = args.files.iter().filter(|file| !check(run, file)).count();
    if bad == 0 { Ok(()) } else { Err(bad_config!("config-bad", count = bad)) }
}

/// Checks one file and says whether it is good.
fn check(run: &Run<'_>, file: &Path) -> bool {
    let name = file.display().to_string();
    match read(file) {
        Ok(good) => {
            show(run, &name, &good);
            true
        }
        Err(problems) => {
            let words = run.out.words();
            let lines: Vec<_> = cause::problems(&problems).iter().map(|it| words.say(it)).collect();
            for line in &lines {
                run.out.line(line);
            }
            run.out.json(&json!({ "file": name, "problems": lines }));
            false
        }
    }
}

/// Reads a file as what it is: by its name the tool's or an inventory, else a module's.
fn read(file: &Path) -> Result<Good, Problems> {
    match file.file_name().and_then(|name| name.to_str()) {
        Some("ngondo.ini") => Tool::load(file).map(|tool| Good::Tool(Box::new(tool))),
        Some("inventory.ini") => {
            config::inventory::load(file).map(|it| Good::Inventory(it.instances.len()))
        }
        _ => load(file).map(|module| Good::Module(Box::new(module))),
    }
}

/// Reads a module's ini as the service that its `[module] role` names would.
pub(crate) fn load(file: &Path) -> Result<Module, Problems> {
    let role = Module::role_of(file)?;
    Module::check(file, role, config::schema(role))
}

fn show(run: &Run<'_>, name: &str, good: &Good) {
    let (role, shown, warnings) = match good {
        Good::Module(module) => (module.role.as_str(), module.shown(), module.warnings.as_slice()),
        Good::Tool(tool) => ("ngondo", tool.shown.as_slice(), [].as_slice()),
        Good::Inventory(instances) => {
            run.out.say(&said!("inventory-good", file = name, count = *instances));
            run.out.json(&json!({ "file": name, "problems": [] }));
            return;
        }
    };
    run.out.say(&match good {
        Good::Tool(_) => said!("tool-good", file = name),
        Good::Module(_) | Good::Inventory(_) => said!("config-good", file = name, role = role),
    });
    for value in shown {
        run.out.say(&in_force(value));
    }
    let warnings: Vec<_> =
        warnings.iter().map(|it| run.out.words().say(&cause::warning(it))).collect();
    for warning in &warnings {
        run.out.line(&format!("  ! {warning}"));
    }
    run.out.json(&json!({ "file": name, "role": role, "problems": [], "warnings": warnings }));
}

/// One value that the service would start with, and where it comes from.
fn in_force(shown: &Shown) -> Said {
    let unit = shown.unit.map(|unit| format!(" {unit}")).unwrap_or_default();
    let value = format!("[{}] {} = {}{unit}", shown.section, shown.key, shown.value);
    match shown.origin {
        Origin::Line(line) => said!("config-line", value = value, line = line.to_string()),
        Origin::Default => said!("config-default", value = value),
    }
}
