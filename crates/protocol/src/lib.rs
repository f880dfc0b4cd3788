//! The messages of the wire: types, parse, print.
//!
//! | request | answer | from | to |
//! | --- | --- | --- | --- |
//! | [`Init`] `INIT`, `INIT*` | [`InitAnswer`] `R-INIT`, `R-INIT*` | every module | LB |
//! | [`Crecord`] `CRECORD` | [`KeyIdentity`] `R-CRECORD` | the tool | a key |
//! | [`Crecord`] `CRECORD`, `CRECORD*` | [`CrecordAnswer`] `R-CRECORD`, `R-CRECORD*` | the tool | SR |
//! | [`Provision`] `PROVISION` | [`ProvisionAnswer`] `R-PROVISION` | the tool | a key |
//! | [`Activate`] `ACTIVATE`, `ACTIVATE*` | [`ActivateAnswer`] `R-ACTIVATE`, `R-ACTIVATE*` | an operator, a box | AAR |
//! | [`Auth`] `AUTH`, `AUTH*` | [`AuthAnswer`] `R-AUTH`, `R-AUTH*` | a box | AAR |
//! | [`TopUp`] `TOPUP`, `TOPUP*` | [`TopUpAnswer`] `R-TOPUP`, `R-TOPUP*` | a customer, a box | TOPUP |
//! | [`Credit`] `CREDIT`, `CREDIT*` | [`CreditAnswer`] `R-CREDIT`, `R-CREDIT*` | who sent the TOPUP | TOPUP |
//! | any | [`Refused`] `R-X`, `R-X*`, `R-ERROR` | | |
//!
//! A [`Request`] or a [`Response`] is parsed once at the door; inside there is no text with a
//! meaning left, only types that cannot hold what the protocol does not allow. Pure: no clock, no
//! randomness, no input or output.

mod activate;
mod address;
mod address_map;
mod auth;
mod binary;
mod client;
mod codes;
mod crecord;
mod credit;
mod form;
mod head;
mod identity;
mod init;
pub mod luhn;
pub mod matrix;
mod money;
mod names;
mod outcome;
mod pair;
mod principal;
mod provision;
mod request;
mod response;
mod roles;
mod ruling;
mod text;
mod time;
mod topup;
mod verb;
mod wire;
mod word;

pub use activate::{Activate, ActivateAnswer};
pub use address::{DbUrl, PeerAddr};
pub use address_map::{AddressMap, Server};
pub use auth::{Auth, AuthAnswer};
pub use binary::{Authenticator, CryptoField, DeviceId, Proof, PubKey, RequestId};
pub use client::{Client, ClientKind};
pub use codes::{ActivationCode, PurchaseCode, RechargeCode};
pub use crecord::{Crecord, CrecordAnswer, KeyIdentity, Record};
pub use credit::{Credit, CreditAnswer, CreditOutcome};
pub use form::FormError;
pub use head::Head;
pub use identity::{Iccid, Imei, Imsi, MacAddr, Msisdn, Serial};
pub use init::{Init, InitAnswer, MapAnswer};
pub use money::{Amount, Currency, Ussd};
pub use names::{App, Bridge, DeviceTag, Instance, Operator, PrincipalName, Version};
pub use outcome::Outcome;
pub use pair::Pair;
pub use principal::{Kind, Principal, Right, Rights};
pub use provision::{Provision, ProvisionAnswer};
pub use request::{Command, Malformed, Request};
pub use response::{Answer, Refused, Response};
pub use roles::{Epoch, Role, ServerState, Weight};
pub use ruling::{Merged, Ruling, Rulings};
pub use text::{CaPem, Credential, Fw, Label, Model, NetworkText, Subscriber, TEXT_BYTES};
pub use time::{Date, Time};
pub use topup::{TopUp, TopUpAnswer};
pub use verb::Verb;
pub use wire::DOCUMENT_BYTES;

#[cfg(test)]
mod tests;
