//! `keys`: the master keys and what is derived from them.

use std::io::{self, Write};
use std::path::Path;

use crypto::{KeyId, MasterKeys};
use protocol::Role;
use serde_json::json;

use super::Run;
use crate::cli::KeysVerb;
use crate::error::{Failure, bad_config, failed};
use crate::said;
use crate::text::cause;

/// Does one verb on keys.
pub(super) fn run(run: &Run<'_>, verb: KeysVerb) -> Result<(), Failure> {
    match verb {
        KeysVerb::Init { file } => init(run, &file),
        KeysVerb::List { file } => list(run, &file),
        KeysVerb::Export { role, file, master } => export(run, role, &file, &master),
    }
}

fn init(run: &Run<'_>, file: &Path) -> Result<(), Failure> {
    let id = write_new_master(file)?;
    let name = file.display().to_string();
    run.out.json(&json!({ "file": name, "id": id.to_string() }));
    run.out.say(&said!("keys-made", file = name, id = id.to_string()));
    Ok(())
}

fn list(run: &Run<'_>, file: &Path) -> Result<(), Failure> {
    let keys = read_master(file)?;
    for (index, id) in keys.ids().enumerate() {
        let current = index == 0;
        run.out.json(&json!({ "id": id.to_string(), "current": current }));
        if current {
            run.out.say(&said!("keys-current", id = id.to_string()));
        } else {
            run.out.line(&id.to_string());
        }
    }
    Ok(())
}

fn export(run: &Run<'_>, role: Role, file: &Path, master: &Path) -> Result<(), Failure> {
    write_derived(&read_master(master)?, role, file)?;
    let purposes: Vec<_> = config::purposes(role).iter().map(|it| it.as_str()).collect();
    let name = file.display().to_string();
    run.out.json(&json!({ "file": name, "role": role.as_str(), "keys": purposes }));
    let keys = purposes.join(" ");
    run.out.say(&said!("keys-exported", file = name, role = role.as_str(), keys = keys));
    Ok(())
}

/// Makes a master key file that its owner alone can read, and never overwrites one.
pub(crate) fn write_new_master(file: &Path) -> Result<KeyId, Failure> {
    let mut rng = crypto::random::system();
    let id = KeyId::new(crypto::random::bytes(&mut rng));
    let text = MasterKeys::generate(id, &mut rng).print();
    let folder = file.parent().filter(|it| !it.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let made = tempfile::NamedTempFile::new_in(folder).and_then(|mut new| {
        new.write_all(text.as_bytes())?;
        new.as_file().sync_all()?;
        new.persist_noclobber(file).map_err(|error| error.error)?;
        std::fs::File::open(folder)?.sync_all()
    });
    let name = file.display().to_string();
    match made {
        Ok(()) => Ok(id),
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
            Err(failed!("keys-exist", file = name))
        }
        Err(error) => Err(failed!("unwritable", file = name, cause = cause::any(&error))),
    }
}

/// Reads a master key file.
pub(crate) fn read_master(file: &Path) -> Result<MasterKeys, Failure> {
    let cure = format!("ngondo keys init --file {}", file.display());
    let text = config::read_secret(file, &cure)
        .map_err(|error| bad_config!("bad-keys", cause = cause::secret(&error)))?;
    MasterKeys::parse(&text).map_err(|error| {
        let file = file.display().to_string();
        bad_config!("bad-keys", cause = cause::key_file(&file, error))
    })
}

/// Writes the derived keys that one role needs.
pub(crate) fn write_derived(keys: &MasterKeys, role: Role, file: &Path) -> Result<(), Failure> {
    let text = keys.derive(config::purposes(role)).print();
    crate::journal::write_whole(file, &text).map_err(|error| {
        failed!("unwritable", file = file.display().to_string(), cause = cause::any(&error))
    })
}
