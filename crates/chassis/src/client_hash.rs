//! Who asks, without writing down who: a keyed hash of the address.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use protocol::{Client, ClientKind};

use crate::service::Peer;

/// The `client` of a request that came from outside.
///
/// Source: protocol.md §3 (`client`), §6 (`ngondo/client/1`)
pub(crate) fn of_address(keys: &crypto::KeyRing, peer: Peer) -> Option<Client> {
    let (_id, key) = keys.get(crypto::Purpose::Client).ok()?.current();
    let address = peer.0.ip().to_canonical();
    let digest = crypto::index(key, &format!("address:{address}"));
    // Half of the digest: nobody can make two addresses collide without the key.
    let half = digest.first_chunk::<16>()?;
    Client::new(ClientKind::Address, &URL_SAFE_NO_PAD.encode(half)).ok()
}
