//! The fleet's keys: its roots, the principals in CRYPTO, and a file for each of them.
//!
//! `up`, `demo`, the tests and `principals init` begin a fleet through [`Fleet::init`], which opens
//! CRYPTO itself: the first principal can be added by none. All others are added through PPPX.
//!
//! Source: toki.md §2 (Keys), §9

mod files;

use std::fs::File;
use std::path::{Path, PathBuf};

use crypto::Secret32;
use protocol::{DbUrl, Instance, Kind, Principal, PrincipalName, Right, Rights, Role};
use store::{Ensured, Store, StoreError};
use toki::{KeyNumber, PrincipalFile, RootFile};

use crate::error::{Failure, failed};
use crate::text::cause;

pub(crate) use files::{changed, refresh, unwritable};
pub use files::{keys, read};

/// Where the keys of a fleet are, and the instances that its principals call.
#[derive(Debug, Clone)]
pub struct Fleet {
    /// The file of roots, which is kept offline.
    pub root: PathBuf,
    /// The folder of the principals' files.
    pub out: PathBuf,
    /// The instances.
    pub instances: Vec<(Role, Instance)>,
}

/// What beginning a fleet made; what was there already is not named.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Made {
    /// The file of roots.
    Root(PathBuf),
    /// A principal in CRYPTO.
    Principal(PrincipalName),
    /// A principal's file.
    File(PathBuf),
}

// === impl Fleet ===

impl Fleet {
    /// Begins a fleet: roots, a principal for each instance and each of `persons`, their files. What
    /// is there already stays, so that a second time makes only what is missing.
    ///
    /// # Errors
    ///
    /// CRYPTO or the folder cannot be used; a principal of that name is something else; the file of
    /// roots is not there, and principals are.
    pub async fn init(
        &self,
        crypto: &DbUrl,
        persons: &[(PrincipalName, Kind, Rights)],
        now_ms: i64,
    ) -> Result<Vec<Made>, Failure> {
        let found = self.root.exists();
        let root = if found { read_root(&self.root)? } else { new_root() };
        files::folder(&self.out)?;
        if !found && files::any_in(&self.out) {
            return Err(no_root(&self.root));
        }
        let wanted = self.wanted(persons, root.current())?;
        let new = (!found).then_some(&root);
        let added = enroll(crypto, &wanted, now_ms, (&self.root, new)).await?;
        let mut made = Vec::new();
        if !found {
            made.push(Made::Root(self.root.clone()));
        }
        made.extend(added.into_iter().map(Made::Principal));
        for principal in &wanted {
            let callees = self.callees(principal.kind);
            let written = files::ensure(&self.out, &root, &principal.name, &callees)?;
            made.extend(written.map(Made::File));
        }
        Ok(made)
    }

    /// The instances that a principal of a kind calls: shops and apps have nothing to ask of a
    /// server behind PPPX.
    pub fn callees(&self, kind: Kind) -> Vec<Instance> {
        let inside = !matches!(kind, Kind::Shop | Kind::App);
        let open = |role: Role| inside || role == Role::Pppx;
        self.instances.iter().filter(|(role, _)| open(*role)).map(|(_, name)| *name).collect()
    }

    /// The file of a principal.
    pub fn file(&self, name: &str) -> PathBuf {
        files::path(&self.out, name)
    }

    fn wanted(
        &self,
        persons: &[(PrincipalName, Kind, Rights)],
        number: KeyNumber,
    ) -> Result<Vec<Principal>, Failure> {
        let principal = |(name, kind, rights): (PrincipalName, Kind, Rights)| Principal {
            name,
            kind,
            rights,
            number: number.get(),
            revoked: false,
        };
        let mut wanted = Vec::new();
        for (role, instance) in &self.instances {
            let name = name_of(instance)?;
            wanted.push(principal((name, Kind::Module, Rights::of(&[Right::Module(*role)]))));
        }
        wanted.extend(persons.iter().copied().map(principal));
        Ok(wanted)
    }
}

/// The principal of an instance: it has the instance's name.
pub(crate) fn name_of(instance: &Instance) -> Result<PrincipalName, Failure> {
    instance.as_str().parse().map_err(|_| failed!("principal-name", name = instance.as_str()))
}

/// Makes a principal's file from the roots, whatever stood there.
pub(crate) fn write_file(
    fleet: &Fleet,
    root: &RootFile,
    name: &PrincipalName,
    callees: &[Instance],
) -> Result<PathBuf, Failure> {
    files::folder(&fleet.out)?;
    let path = fleet.file(name.as_str());
    files::write(&path, &PrincipalFile::of(root, name, callees))?;
    Ok(path)
}

/// Waits until no other run on this machine changes the roots, and keeps them so until it is dropped:
/// two that rotate at once would each make a root of the same number.
///
/// Where the folder knows no locks it is nobody's turn, and everybody's.
pub(crate) fn turn(root: &Path) -> Option<File> {
    let folder = root.parent().filter(|it| !it.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let folder = File::open(folder).ok()?;
    folder.lock().ok()?;
    Some(folder)
}

/// Reads the file of roots.
pub(crate) fn read_root(path: &Path) -> Result<RootFile, Failure> {
    let text = files::secret(path, &format!("ngondo principals init --root {}", path.display()))?;
    RootFile::parse(&text).map_err(|error| files::bad(path, error))
}

/// Adds a root, which is the current one, to the file.
pub(crate) fn next_root(path: &Path) -> Result<RootFile, Failure> {
    let next = read_root(path)?.with_next(Secret32::random(&mut crypto::random::system()));
    let next = next.ok_or_else(|| failed!("roots-full", file = path.display().to_string()))?;
    write_root(path, &next)?;
    Ok(next)
}

fn new_root() -> RootFile {
    RootFile::new(Secret32::random(&mut crypto::random::system()))
}

fn write_root(path: &Path, root: &RootFile) -> Result<(), Failure> {
    let written = crate::journal::write_whole(path, &root.print());
    written.map_err(|error| unwritable(path, &error))
}

fn no_root(path: &Path) -> Failure {
    failed!("root-missing", file = path.display().to_string())
}

/// Adds the principals that CRYPTO lacks, all or none, and names them.
///
/// New roots are on the disk before the rows are there: rows without roots could not be mended.
async fn enroll(
    crypto: &DbUrl,
    wanted: &[Principal],
    now_ms: i64,
    (path, new): (&Path, Option<&RootFile>),
) -> Result<Vec<PrincipalName>, Failure> {
    let unusable = |error: StoreError| {
        failed!("crypto-unusable", url = crypto.as_str(), cause = cause::registry(&error))
    };
    let store = Store::open(crypto).await.map_err(unusable)?;
    let mut tx = store.begin().await.map_err(unusable)?;
    let mut added = Vec::new();
    for principal in wanted {
        match tx.ensure_principal(principal, now_ms).await.map_err(unusable)? {
            Ensured::Added => added.push(principal.name),
            // Without its roots the fleet's keys cannot be made again, only replaced.
            Ensured::Same | Ensured::Other(_) if new.is_some() => return Err(no_root(path)),
            Ensured::Same => {}
            Ensured::Other(there) => stays(principal, &there)?,
        }
    }
    new.map_or(Ok(()), |root| write_root(path, root))?;
    tx.commit().await.map_err(unusable)?;
    store.close().await;
    Ok(added)
}

/// Whether a principal that is there may be the one that was wanted: since then it may have been
/// given another key, and a person other rights.
fn stays(wanted: &Principal, there: &Principal) -> Result<(), Failure> {
    let same =
        there.kind == wanted.kind && (there.rights == wanted.rights || there.kind != Kind::Module);
    if there.revoked {
        return Err(failed!("principal-revoked", name = there.name.as_str()));
    }
    if same {
        return Ok(());
    }
    let name = there.name.as_str();
    Err(failed!("principal-other", name = name, kind = there.kind.as_str()))
}

#[cfg(test)]
mod tests;
