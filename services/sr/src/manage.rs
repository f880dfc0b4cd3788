//! `POST /v1/boxes/<verb>`: what makes boxes and their keys.
//!
//! Source: protocol.md §7 (Management)

use chassis::fields::Malformed;
use chassis::{ManageCall, Managed};
use crypto::KeyRing;
use protocol::Outcome;
use store::Store;

use crate::{error, import, rekey};

/// What became of a verb: an answer, a refusal of the request, or a fault.
pub(crate) type Done = Result<Result<Managed, Malformed>, error::Error>;

/// Does one verb.
pub(crate) async fn manage(store: &Store, keys: &KeyRing, call: &ManageCall) -> Managed {
    let done = match (call.noun.as_str(), call.verb.as_str()) {
        ("boxes", "import") => import::import(store, keys, call).await,
        ("boxes", "rekey") => rekey::rekey(store, keys, call).await,
        _ => return Managed::unknown(),
    };
    match done {
        Ok(Ok(managed)) => managed,
        Ok(Err(Malformed(reason))) => Managed::problem(Outcome::Malformed, reason),
        Err(error) => error::managed(&error, call.bridge),
    }
}
