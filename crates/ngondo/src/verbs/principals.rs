//! `principals`: who may ask for what, and with which keys.
//!
//! The row of a principal is in CRYPTO, and is changed through PPPX; its keys are in a file, and are
//! made here, from roots that no server has.

use std::path::PathBuf;
use std::time::Duration;

use protocol::{Instance, Kind, PrincipalName, Rights, Role};
use serde_json::{Map, Value, json};
use toki::RootFile;

use super::boxes::done;
use super::{Run, fields};
use crate::cli::{self, AddArgs, InitArgs, PrincipalsVerb};
use crate::door::Door;
use crate::error::{Failure, bad_config, failed, misused};
use crate::principals::{self, Fleet, Made};
use crate::said;
use crate::text::cause;

/// What a list of principals shows.
const COLUMNS: [&str; 7] = ["name", "kind", "rights", "number", "state", "changed", "changed_by"];

/// So long a running program may take until it has read its file again: it looks each second.
const READ_AGAIN: Duration = Duration::from_secs(2);

/// Does one verb on principals.
pub(super) async fn run(run: &Run<'_>, verb: PrincipalsVerb) -> Result<(), Failure> {
    match verb {
        PrincipalsVerb::Init(args) => init(run, args).await,
        PrincipalsVerb::Add(args) => add(run, args).await,
        PrincipalsVerb::List { kind } => list(run, kind).await,
        PrincipalsVerb::Revoke { name } => revoke(run, &name).await,
        PrincipalsVerb::Rotate { name, fleet } => rotate(run, &name, fleet).await,
    }
}

async fn init(run: &Run<'_>, args: InitArgs) -> Result<(), Failure> {
    let fleet = fleet(args.fleet, listed(&args.inventory)?);
    let admin = [(args.admin, Kind::Operator, Rights::PERSON)];
    let made = fleet.init(&args.crypto, &admin, run.clock.now_ms()).await?;
    for one in &made {
        tell(run, one);
    }
    if made.is_empty() {
        run.out.say(&said!("principals-all-there"));
    } else {
        let file = fleet.file(args.admin.as_str()).display().to_string();
        let root = fleet.root.display().to_string();
        run.out.say(&said!("principals-begun", file = file, root = root));
    }
    Ok(())
}

fn tell(run: &Run<'_>, made: &Made) {
    let (member, name) = match made {
        Made::Root(file) => ("root", file.display().to_string()),
        Made::Principal(name) => ("principal", name.to_string()),
        Made::File(file) => ("file", file.display().to_string()),
    };
    run.out.json(&json!({ "made": member, "name": name }));
    run.out.say(&match made {
        Made::Root(_) => said!("principals-made-root", file = name),
        Made::Principal(_) => said!("principals-made-row", name = name),
        Made::File(_) => said!("principals-made-file", file = name),
    });
}

async fn add(run: &Run<'_>, args: AddArgs) -> Result<(), Failure> {
    let rights = args.right.iter().fold(Rights::NONE, |all, right| all.with(*right));
    args.kind
        .check(rights)
        .map_err(|error| misused!("principal-bad", cause = cause::form(error)))?;
    let instances = match &args.inventory {
        Some(file) => listed(file)?,
        None if args.kind == Kind::Module => return Err(misused!("principal-inventory")),
        None => doors(run)?,
    };
    let fleet = fleet(args.fleet, instances);
    let _turn = principals::turn(&fleet.root);
    // The keys that are there are looked at before anything is changed.
    let mut root = principals::read_root(&fleet.root)?;
    let door = run.door()?;
    let mut body = named(&args.name);
    body.insert("kind".to_owned(), args.kind.as_str().into());
    body.insert("rights".to_owned(), rights.to_string().into());
    if find(&door, &args.name).await?.is_some_and(|row| is_revoked(&row)) {
        // The files that it had stay dead: it comes back under a number that they do not have.
        root = principals::next_root(&fleet.root)?;
        replaced(run, &principals::refresh(&fleet.out, &root)?);
        body.insert("number".to_owned(), root.current().get().into());
    }
    let answer = change(run, &door, "add", body).await?;
    let file = principals::write_file(&fleet, &root, &args.name, &fleet.callees(args.kind))?;
    if args.kind == Kind::Module {
        let callees = fleet.callees(Kind::Module);
        replaced(run, &principals::changed(&fleet.out, &root, &callees)?);
    }
    run.out.json(&answer);
    let (name, file) = (args.name.to_string(), file.display().to_string());
    run.out.say(&said!("principal-added", name = name, rights = rights.to_string(), file = file));
    Ok(())
}

async fn list(run: &Run<'_>, kind: Option<String>) -> Result<(), Failure> {
    let rows = rows(&run.door()?, kind.as_deref()).await?;
    for row in &rows {
        run.out.json(row);
    }
    if rows.is_empty() {
        run.out.say(&said!("principals-none"));
        return Ok(());
    }
    let words = run.out.words();
    let shown = rows.into_iter().map(|mut row| {
        let state = if is_revoked(&row) { said!("state-revoked") } else { said!("state-good") };
        if let Some(members) = row.as_object_mut() {
            members.insert("state".to_owned(), words.say(&state).into());
        }
        row
    });
    fields::table(run, &shown.collect::<Vec<_>>(), &COLUMNS);
    Ok(())
}

async fn revoke(run: &Run<'_>, name: &PrincipalName) -> Result<(), Failure> {
    let door = run.door()?;
    let answer = change(run, &door, "revoke", named(name)).await;
    let answer = answer.map_err(|failure| unknown(name, failure))?;
    run.out.json(&answer);
    run.out.say(&said!("principal-revoked-now", name = name.as_str()));
    Ok(())
}

/// Gives a principal a newer key, in this order: a root more; modules that are called under it;
/// its own file; the number below which nothing of its counts.
async fn rotate(run: &Run<'_>, name: &PrincipalName, args: cli::Fleet) -> Result<(), Failure> {
    let door = run.door()?;
    let row = find(&door, name).await?;
    let row = row.ok_or_else(|| failed!("principal-unknown", name = name.as_str()))?;
    if is_revoked(&row) {
        return Err(failed!("principal-revoked", name = name.as_str()));
    }
    let fleet = fleet(args, doors(run)?);
    let _turn = principals::turn(&fleet.root);
    let callees = callees_of(&fleet, name);
    let root: RootFile = principals::next_root(&fleet.root)?;
    replaced(run, &principals::refresh(&fleet.out, &root)?);
    tokio::time::sleep(READ_AGAIN).await;
    let file = principals::write_file(&fleet, &root, name, &callees)?;
    if row.get("kind").is_some_and(|it| it == Kind::Module.as_str()) {
        tokio::time::sleep(READ_AGAIN).await;
    }
    let mut body = named(name);
    body.insert("number".to_owned(), root.current().get().into());
    let answer = change(run, &door, "rotate", body).await?;
    run.out.json(&answer);
    let number = root.current().to_string();
    let file = file.display().to_string();
    run.out.say(&said!("principal-rotated", name = name.as_str(), number = number, file = file));
    Ok(())
}

/// Whom a principal called until now, itself too where it is called; else both PPPX.
fn callees_of(fleet: &Fleet, name: &PrincipalName) -> Vec<Instance> {
    let Ok(file) = principals::read(&fleet.file(name.as_str())) else {
        return fleet.callees(Kind::App);
    };
    let own = file.callee.as_ref().map(|it| *it.name());
    file.caller.callees().map(|(it, _)| *it).chain(own).collect()
}

/// Asks PPPX for a change, under the same request until it is answered.
async fn change(
    run: &Run<'_>,
    door: &Door,
    verb: &str,
    mut body: Map<String, Value>,
) -> Result<Value, Failure> {
    let subject = Value::Object(body.clone()).to_string();
    let begun = run.journal()?.begin(&format!("principal-{verb}"), &subject)?;
    body.insert("request".to_owned(), begun.request.to_string().into());
    let answered = door.manage(&format!("/v1/principals/{verb}"), &Value::Object(body)).await;
    if !answered.as_ref().is_err_and(|failure| failure.outcome().is_none()) {
        begun.done()?;
    }
    answered.and_then(done)
}

/// The row of a principal.
async fn find(door: &Door, name: &PrincipalName) -> Result<Option<Value>, Failure> {
    let rows = rows(door, None).await?;
    Ok(rows.into_iter().find(|row| row.get("name").is_some_and(|it| it == name.as_str())))
}

fn named(name: &PrincipalName) -> Map<String, Value> {
    Map::from_iter([("name".to_owned(), name.as_str().into())])
}

fn is_revoked(row: &Value) -> bool {
    row.get("revoked").and_then(Value::as_bool).unwrap_or_default()
}

/// Every row, page by page.
async fn rows(door: &Door, kind: Option<&str>) -> Result<Vec<Value>, Failure> {
    let (mut rows, mut after) = (Vec::new(), Value::Null);
    loop {
        let mut body = Map::new();
        if let Some(kind) = kind {
            body.insert("kind".to_owned(), kind.into());
        }
        if !after.is_null() {
            body.insert("after".to_owned(), after);
        }
        let body = Value::Object(body).to_string();
        let lines = door.lines("/v1/principals/list", body).await?;
        let end = lines.last().and_then(|it| it.get("after")).cloned().unwrap_or_default();
        rows.extend(lines.into_iter().filter(|it| it.get("name").is_some()));
        if end.is_null() {
            return Ok(rows);
        }
        after = end;
    }
}

fn unknown(name: &PrincipalName, failure: Failure) -> Failure {
    match failure.outcome() {
        Some(protocol::Outcome::CodeUnknown | protocol::Outcome::Malformed) => {
            failure.worded(said!("principal-unknown", name = name.as_str()))
        }
        _ => failure,
    }
}

/// Names the files of modules that are other ones now: each has to go to its machine.
fn replaced(run: &Run<'_>, files: &[PathBuf]) {
    for file in files {
        let file = file.display().to_string();
        run.out.json(&json!({ "made": "file", "name": file }));
        run.out.say(&said!("principals-made-file", file = file));
    }
}

fn fleet(args: cli::Fleet, instances: Vec<(Role, Instance)>) -> Fleet {
    Fleet { root: args.root, out: args.out, instances }
}

/// The instances of an inventory.
fn listed(file: &std::path::Path) -> Result<Vec<(Role, Instance)>, Failure> {
    let inventory = config::inventory::load(file)
        .map_err(|problems| bad_config!("config-unusable", cause = cause::problems(&problems)))?;
    Ok(inventory.instances.iter().map(|it| (it.role, it.name)).collect())
}

/// Both PPPX, by the names that the settings give them.
fn doors(run: &Run<'_>) -> Result<Vec<(Role, Instance)>, Failure> {
    let pppx = run.settings()?.pppx;
    Ok(pppx.present().filter_map(|it| it.name).map(|name| (Role::Pppx, name)).collect())
}
