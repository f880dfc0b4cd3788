//! The keys of one principal, and its sessions: one end of toki a callee.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::{Arc, PoisonError, RwLock};

use protocol::{Instance, PrincipalName};
use toki::{Caller, CallerFile};

/// Unix milliseconds, as the principal's machine has them.
type Clock = dyn Fn() -> i64 + Send + Sync;

/// What signs requests as one principal. Clones share keys and sessions.
///
/// Source: toki.md §2 (Keys)
#[derive(Clone)]
pub struct Keys {
    set: Arc<RwLock<Set>>,
    now_ms: Arc<Clock>,
}

struct Set {
    file: CallerFile,
    callers: BTreeMap<Instance, Arc<Caller>>,
}

// === impl Keys ===

impl Keys {
    /// Takes the keys of a file; sessions are opened by the requests that need them.
    pub fn new(file: CallerFile, now_ms: impl Fn() -> i64 + Send + Sync + 'static) -> Self {
        let set = Set { callers: callers(&file, None), file };
        Self { set: Arc::new(RwLock::new(set)), now_ms: Arc::new(now_ms) }
    }

    /// Takes other keys. Where the current key for a callee is another one, the next request opens
    /// a session under it; other sessions go on.
    pub fn replace(&self, file: CallerFile) {
        let mut set = self.set.write().unwrap_or_else(PoisonError::into_inner);
        let callers = callers(&file, Some(&set));
        *set = Set { file, callers };
    }

    /// Whose they are.
    pub fn name(&self) -> PrincipalName {
        *self.set.read().unwrap_or_else(PoisonError::into_inner).file.name()
    }

    /// The end towards one callee, where there is a key for it.
    pub(crate) fn caller(&self, to: &Instance) -> Option<Arc<Caller>> {
        let set = self.set.read().unwrap_or_else(PoisonError::into_inner);
        set.callers.get(to).map(Arc::clone)
    }

    pub(crate) fn now_ms(&self) -> i64 {
        (self.now_ms)()
    }
}

impl fmt::Debug for Keys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Keys({})", self.name())
    }
}

/// One end a callee; those whose key stays are kept with their sessions.
fn callers(file: &CallerFile, before: Option<&Set>) -> BTreeMap<Instance, Arc<Caller>> {
    let kept = |to: &Instance| {
        let before = before.filter(|it| it.file.name() == file.name())?;
        let same = before.file.callee(to)?.current() == file.callee(to)?.current();
        before.callers.get(to).filter(|_| same).map(Arc::clone)
    };
    let made = |to: &Instance, (number, key): (_, &crypto::Secret32)| {
        Arc::new(Caller::new(*file.name(), *to, number, key.clone()))
    };
    let one = |(to, keys): (&Instance, &toki::Numbered)| {
        (*to, kept(to).unwrap_or_else(|| made(to, keys.current())))
    };
    file.callees().map(one).collect()
}
