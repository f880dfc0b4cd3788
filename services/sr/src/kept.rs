//! The full answer as it is kept, sealed, for who asks the same again.

use crypto::random::{self, CryptoRng};
use crypto::{KeyRing, Keys, Purpose, Zeroizing};
use protocol::{CrecordAnswer, Outcome, PrincipalName};
use serde::{Deserialize, Serialize};
use store::{Keyed, Place, StoredAnswer};

use crate::draft::keyed_by_all;
use crate::error::Error;
use crate::identity::Identity;
use crate::record::Ask;

/// How long the same request gets the same full answer.
///
/// Source: protocol.md §3 (CRECORD)
const KEPT_MS: i64 = 24 * 60 * 60 * 1000;

#[derive(Serialize, Deserialize)]
struct Kept {
    #[serde(rename = "box")]
    device: Option<String>,
    activation: Option<String>,
    credential: Option<String>,
}

/// What makes a request the same one: its `request`, or without one its bridge; who the key is;
/// who asks. One look-up for each index key.
pub(crate) fn lookups(index: &Keys, ask: &Ask<'_>) -> Vec<Keyed> {
    let identity = Identity::of(&ask.record.identity).text();
    let request = match ask.record.request {
        Some(request) => request.to_string(),
        None => format!("bridge:{}", ask.bridge),
    };
    lookups_of(index, &request, &identity, ask.principal)
}

/// The same where the box is named and not its key.
pub(crate) fn lookups_of(
    index: &Keys,
    request: &str,
    identity: &str,
    principal: Option<PrincipalName>,
) -> Vec<Keyed> {
    let principal = principal.map(|it| it.to_string()).unwrap_or_default();
    keyed_by_all(index, &format!("answer/{request}/{identity}/{principal}"))
}

/// Seals a full answer for its look-up.
pub(crate) fn seal(
    keys: &KeyRing,
    lookup: Keyed,
    answer: &CrecordAnswer,
    rng: &mut impl CryptoRng,
    now_ms: i64,
) -> Result<Option<StoredAnswer>, Error> {
    let Some(device) = answer.device else { return Ok(None) };
    let kept = Kept {
        device: Some(device.to_string()),
        activation: answer.activation.map(|code| code.digits().to_owned()),
        credential: answer.credential.as_ref().map(|it| it.expose().to_owned()),
    };
    let plain = Zeroizing::new(serde_json::to_vec(&kept).map_err(Error::Make)?);
    let wrap = keys.get(Purpose::Wrap)?.current();
    let full_answer = crypto::seal(wrap, &Place::of_answer(&lookup), &plain, random::bytes(rng));
    let until_ms = now_ms.saturating_add(KEPT_MS);
    Ok(Some(StoredAnswer { lookup, device, full_answer, until_ms }))
}

/// Opens a full answer.
pub(crate) fn open(keys: &KeyRing, lookup: &Keyed, sealed: &[u8]) -> Result<CrecordAnswer, Error> {
    let plain = crypto::open(keys.get(Purpose::Wrap)?, &Place::of_answer(lookup), sealed)?;
    let kept: Kept = serde_json::from_slice(&plain).map_err(|_| Error::Kept)?;
    Ok(CrecordAnswer {
        outcome: Outcome::Ok,
        device: read(kept.device)?,
        activation: read(kept.activation)?,
        credential: read(kept.credential)?,
    })
}

fn read<T: std::str::FromStr>(text: Option<String>) -> Result<Option<T>, Error> {
    text.map(|text| text.parse().map_err(|_| Error::Kept)).transpose()
}
