//! The text of `<credential>`: what a key is given by the tool.

/// Reads a credential, as the wire does and as the box does.
pub fn fuzz(data: &[u8]) {
    let Ok(text) = str::from_utf8(data) else { return };
    let wire = text.parse::<protocol::Credential>();
    drop(crypto::credential::parse(wire.as_ref().map_or(text, protocol::Credential::expose)));
}
