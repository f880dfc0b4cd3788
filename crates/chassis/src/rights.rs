//! Who may ask for what: a proved name, its rights in the list, and the matrix.
//!
//! Source: protocol.md §3 (who may), toki.md §9

use std::borrow::Cow;

use protocol::matrix::Needs;
use protocol::{Init, Outcome, PrincipalName, Refused, Right, Rights, Verb};

use crate::exchange::Exchange;
use crate::principals::Standing;
use crate::proof::Proved;
use crate::random;
use crate::server::Server;

/// Somebody, and what he may do.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Asker {
    /// Who; `None` where nobody says so.
    pub(crate) name: Option<PrincipalName>,
    pub(crate) rights: Rights,
}

/// Why somebody may not.
#[derive(Debug)]
pub(crate) struct Denied {
    pub(crate) outcome: Outcome,
    pub(crate) reason: Cow<'static, str>,
}

/// Above every number of a key: for a name that another server has checked with its key.
const CHECKED: u32 = u32::MAX;

// === impl Server ===

impl<S> Server<S> {
    /// Whoever made the toki of a request.
    pub(crate) fn sender(&self, exchange: &Exchange) -> Result<Asker, Denied> {
        match &exchange.proved {
            Proved::By(admitted) => self.known(admitted.from(), admitted.key().get()),
            Proved::Legacy { principal, .. } => self.known(principal, CHECKED),
            Proved::Nobody | Proved::Refused { .. } => Ok(Asker::NOBODY),
        }
    }

    /// Whom a PPPX asks for: it has checked his toki.
    pub(crate) fn behind(&self, principal: Option<&PrincipalName>) -> Result<Asker, Denied> {
        principal.map_or(Ok(Asker::NOBODY), |name| self.known(name, CHECKED))
    }

    fn known(&self, name: &PrincipalName, number: u32) -> Result<Asker, Denied> {
        match self.ctx.standing(name) {
            Standing::Known(principal) => match principal.barred(number) {
                None => Ok(Asker { name: Some(*name), rights: principal.rights }),
                Some(why) => Err(Denied::new(Outcome::Forbidden, why)),
            },
            Standing::Unknown => Err(Denied::new(Outcome::Forbidden, "no principal of that name")),
            Standing::NotYet => {
                let reason = "rights are not known yet: no AAR has answered";
                Err(Denied::new(Outcome::Busy, reason))
            }
        }
    }
}

// === impl Asker ===

impl Asker {
    /// Somebody without a name.
    pub(crate) const NOBODY: Self = Self { name: None, rights: Rights::NONE };

    /// Whether a right is among his.
    pub(crate) fn has(&self, right: Right) -> bool {
        self.rights.has(right)
    }

    /// Whether an INIT names the module that sends it; a bare one names none.
    pub(crate) fn is_who_it_says(&self, init: &Init) -> Result<(), Denied> {
        let Some(name) = &self.name else { return Ok(()) };
        let role = init.role.is_none_or(|role| self.rights.has(Right::Module(role)));
        let instance = init.instance.is_none_or(|it| it.as_str() == name.as_str());
        if role && instance {
            return Ok(());
        }
        let reason = "role and instance must be those that the toki proves";
        Err(Denied::new(Outcome::Forbidden, reason))
    }

    /// Whether his rights suffice.
    pub(crate) fn may(&self, needs: Needs) -> Result<(), Denied> {
        if needs.allows(self.rights) {
            return Ok(());
        }
        Err(match self.name {
            None => Denied {
                outcome: Outcome::Unauthenticated,
                reason: format!("this needs a toki, of somebody with the right {needs}").into(),
            },
            Some(_) => Denied {
                outcome: Outcome::Forbidden,
                reason: format!("this needs the right {needs}").into(),
            },
        })
    }
}

// === impl Denied ===

impl Denied {
    pub(crate) fn new(outcome: Outcome, reason: &'static str) -> Self {
        Self { outcome, reason: reason.into() }
    }

    /// The document that says so.
    pub(crate) fn document(self, verb: Option<Verb>) -> Refused {
        let refused = Refused::new(verb, self.outcome).because(self.reason);
        if self.outcome == Outcome::Busy { refused.retry(random::retry_s()) } else { refused }
    }
}
