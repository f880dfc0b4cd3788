//! Every entry of `vectors.json`, made by an independent implementation, is reproduced or opened.
#![expect(clippy::unwrap_used, reason = "a test may panic")]

use std::collections::BTreeSet;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use crypto::authenticator::{self, Opened};
use crypto::credential::{self, CredentialKey};
use crypto::{
    BoxKey, KeyId, MasterKeys, PrivateKey, PublicKey, Purpose, Secret32, aad, index, proof, random,
};
use serde_json::Value;

const VECTORS: &str = include_str!("vectors.json");

fn vectors() -> Value {
    serde_json::from_str(VECTORS).unwrap()
}

fn text<'a>(value: &'a Value, name: &str) -> &'a str {
    value[name].as_str().unwrap()
}

fn hexed<const N: usize>(value: &Value, name: &str) -> [u8; N] {
    hex::decode(text(value, name)).unwrap().try_into().unwrap()
}

fn based(value: &Value, name: &str) -> Vec<u8> {
    URL_SAFE_NO_PAD.decode(text(value, name)).unwrap()
}

fn master(all: &Value) -> MasterKeys {
    let line = format!("{} {} current\n", text(all, "key_id"), text(all, "master_key"));
    MasterKeys::parse(&line).unwrap()
}

fn derived(all: &Value, purpose: Purpose) -> (KeyId, Secret32) {
    let ring = master(all).derive(&Purpose::ALL);
    let (id, key) = ring.get(purpose).unwrap().current();
    (id, key.clone())
}

fn box_key(all: &Value) -> BoxKey {
    BoxKey::new(Secret32::new(hexed(all, "box_key")))
}

fn macaddr(all: &Value) -> [u8; 6] {
    hex::decode(text(all, "macaddr").replace(':', "")).unwrap().try_into().unwrap()
}

#[test]
fn no_entry_is_left_out() {
    let known = [
        "note",
        "master_key",
        "key_id",
        "box",
        "box_key",
        "macaddr",
        "imei",
        "serial",
        "nonce",
        "hkdf",
        "index",
        "macaddr_made_for_a_key_without_one",
        "auth",
        "topup",
        "proof",
        "code",
        "sealed",
        "credential",
        "provision_proof",
    ];
    let all = vectors();
    let there: BTreeSet<_> = all.as_object().unwrap().keys().map(String::as_str).collect();
    assert_eq!(there, BTreeSet::from(known));
}

#[test]
fn derives_the_keys_of_each_purpose() {
    let all = vectors();
    let expected = all["hkdf"]["of master_key"].as_object().unwrap();
    assert_eq!(expected.len(), Purpose::ALL.len());
    for purpose in Purpose::ALL {
        let (id, key) = derived(&all, purpose);
        assert_eq!(id.to_string(), text(&all, "key_id"));
        assert_eq!(*key.to_hex(), expected[purpose.info()].as_str().unwrap(), "{purpose}");
    }
}

#[test]
fn derives_the_keys_of_a_box() {
    let all = vectors();
    let key = box_key(&all);
    let expected = all["hkdf"]["of box_key"].as_object().unwrap();
    assert_eq!(expected.len(), 4);
    for (info, derived) in [
        ("ngondo/auth/1", key.auth_key()),
        ("ngondo/proof/1", key.proof_key()),
        ("ngondo/infos/1", key.infos_key()),
        ("ngondo/provision/1", key.provision_key()),
    ] {
        assert_eq!(*derived.to_hex(), expected[info].as_str().unwrap(), "{info}");
    }
}

#[test]
fn indexes_each_text() {
    let all = vectors();
    let (_, key) = derived(&all, Purpose::Index);
    for (what, expected) in all["index"].as_object().unwrap() {
        assert_eq!(hex::encode(index(&key, what)), expected.as_str().unwrap(), "{what}");
    }
    for (kind, name) in [("mac", "macaddr"), ("imei", "imei"), ("serial", "serial")] {
        assert!(all["index"].get(format!("{kind}/{}", text(&all, name))).is_some(), "{kind}");
    }
    let (_, pepper) = derived(&all, Purpose::Pepper);
    let code = &all["code"];
    assert_eq!(hex::encode(index(&pepper, text(code, "digits"))), text(code, "index"));
}

#[test]
fn makes_the_macaddr_of_a_key_without_one() {
    let all = vectors();
    let made = crypto::made_macaddr(text(&all, "imei"), text(&all, "serial"));
    let made: Vec<_> = made.iter().map(|byte| format!("{byte:02x}")).collect();
    assert_eq!(made.join(":"), text(&all, "macaddr_made_for_a_key_without_one"));
}

/// Makes and opens the crypto of one entry.
fn check_crypto(all: &Value, entry: &Value, aad: &[u8]) {
    let key = box_key(all).auth_key();
    let plain = Opened {
        macaddr: macaddr(all),
        unix_ms: entry["unix_ms"].as_u64().unwrap(),
        counter: entry["counter"].as_u64().unwrap(),
    };
    let made = authenticator::make(hexed(all, "box"), hexed(all, "nonce"), &key, &plain, aad);
    assert_eq!(URL_SAFE_NO_PAD.encode(made), text(entry, "crypto_base64"));
    let given: [u8; authenticator::LEN] = based(entry, "crypto_base64").try_into().unwrap();
    assert_eq!(authenticator::open(&given, &key, aad), Ok(plain));
    assert_eq!(authenticator::device_id(&given), hexed(all, "box"));
    assert_eq!(authenticator::nonce(&given), hexed(all, "nonce"));
}

#[test]
fn makes_and_opens_the_crypto_of_auth() {
    let all = vectors();
    let entry = &all["auth"];
    check_crypto(&all, entry, &aad::auth(text(entry, "app"), text(entry, "version")));
    let [a, b, c, d, ..] = hexed::<12>(&all, "nonce");
    let counter = entry["counter"].as_u64().unwrap();
    assert_eq!(authenticator::box_nonce([a, b, c, d], counter), hexed(&all, "nonce"));
}

#[test]
fn makes_and_opens_the_crypto_of_each_code_command() {
    let all = vectors();
    let entries = all["topup"].as_array().unwrap();
    assert_eq!(entries.len(), 3);
    for entry in entries {
        let request = entry["request"].as_str();
        let [cmd, app, version, digits] =
            ["cmd", "app", "version", "code"].map(|name| text(entry, name));
        check_crypto(&all, entry, &aad::code(cmd, app, version, digits, request));
    }
}

#[test]
fn makes_each_proof() {
    let all = vectors();
    let key = box_key(&all).proof_key();
    let nonce = hexed(&all, "nonce");
    let entries = all["proof"].as_array().unwrap();
    assert_eq!(entries.len(), 3);
    for entry in entries {
        let x = entry["lease_or_now"].as_u64().map(|it| it.to_string()).unwrap_or_default();
        let made = proof::make(&key, text(entry, "result"), &x, &nonce);
        assert_eq!(URL_SAFE_NO_PAD.encode(made), text(entry, "proof_base64"));
        assert!(proof::verify(&key, text(entry, "result"), &x, &nonce, &made));
    }
}

#[test]
fn seals_and_opens_each_value() {
    let all = vectors();
    let (id, wrap) = derived(&all, Purpose::Wrap);
    let infos = box_key(&all).infos_key();
    let entries = all["sealed"].as_array().unwrap();
    assert_eq!(entries.len(), 2);
    for entry in entries {
        let key = match text(entry, "under") {
            "ngondo/wrap/1" => &wrap,
            "ngondo/infos/1 of box_key" => &infos,
            other => panic!("unknown key {other}"),
        };
        let plain = hex::decode(text(entry, "plaintext")).unwrap();
        let place = text(entry, "place");
        let made = crypto::seal((id, key), place, &plain, hexed(&all, "nonce"));
        assert_eq!(hex::encode(&made), text(entry, "sealed"));
        assert_eq!(*crypto::open_with((id, key), place, &made).unwrap(), plain);
    }
    let ring = master(&all).derive(&[Purpose::Wrap]);
    let sealed = hex::decode(text(&entries[0], "sealed")).unwrap();
    let keys = ring.get(Purpose::Wrap).unwrap();
    let opened = crypto::open(keys, text(&entries[0], "place"), &sealed).unwrap();
    assert_eq!(opened.as_slice(), box_key(&all).expose());
}

#[test]
fn makes_and_opens_the_credentials() {
    let all = vectors();
    let entry = &all["credential"];
    let (device, key) = (hexed(&all, "box"), box_key(&all));
    assert_eq!(*credential::make_plain(device, &key), text(entry, "plain"));
    let private = PrivateKey::from_pkcs8_pem(text(entry, "private_key_pkcs8_pem")).unwrap();
    assert_eq!(private.public_der().unwrap(), based(entry, "pubkey_base64"));
    let public = PublicKey::from_spki_der(&based(entry, "pubkey_base64")).unwrap();
    let ours = credential::make_rsa(device, &key, &public, &mut random::system()).unwrap();
    for text in [text(entry, "encrypted"), ours.as_str()] {
        let read = credential::parse(text).unwrap();
        let CredentialKey::Rsa(sealed) = read.key else { panic!("not under rsa") };
        assert_eq!(read.device_id, device);
        assert_eq!(credential::open_rsa(&sealed, &private), Ok(key.clone()));
    }
}

#[test]
fn makes_the_provision_proof() {
    let all = vectors();
    let entry = &all["provision_proof"];
    let old = BoxKey::new(Secret32::new(hexed(entry, "old_key"))).provision_key();
    let credential = text(&all["credential"], text(entry, "credential"));
    let made = credential::provision_proof(&old, credential);
    assert_eq!(URL_SAFE_NO_PAD.encode(made), text(entry, "proof_base64"));
    assert!(credential::verify_provision(&old, credential, &made));
}
