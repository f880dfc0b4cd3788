//! Seals, opens and indexes the two codes.

use crypto::random::{self, CryptoRng};
use crypto::{KeyRing, Keys, MissingKeys, Purpose, Secret32};
use protocol::{Operator, PurchaseCode, RechargeCode};
use store::{Given, Keyed, NewRecharge, NewVoucher, Product, SoldVoucher};

use crate::error::Error;

/// The keys of this service.
#[derive(Debug)]
pub(crate) struct Vault {
    /// Seals the box keys.
    pub(crate) wrap: Keys,
    /// Indexes macaddrs and recharge codes.
    pub(crate) index: Keys,
    pepper: Keys,
    recharge: Keys,
}

// === impl Vault ===

impl Vault {
    /// Takes the keys that it needs.
    pub(crate) fn new(keys: &KeyRing) -> Result<Self, MissingKeys> {
        Ok(Self {
            wrap: keys.get(Purpose::Wrap)?.clone(),
            index: keys.get(Purpose::Index)?.clone(),
            pepper: keys.get(Purpose::Pepper)?.clone(),
            recharge: keys.get(Purpose::Recharge)?.clone(),
        })
    }

    /// The index of a purchase code under each pepper, the current one first.
    pub(crate) fn purchase_indexes(&self, code: &PurchaseCode) -> Vec<Keyed> {
        indexes(&self.pepper, code.digits())
    }

    /// Draws a purchase code. Its id begins with the time, so that those which are drawn together
    /// stand together: of random ones each would be written on a page of its own.
    pub(crate) fn draw_voucher(
        &self,
        rng: &mut impl CryptoRng,
        now_ms: i64,
    ) -> Result<NewVoucher, Error> {
        let digits = crypto::code::random_digits(rng);
        let text = str::from_utf8(&digits).map_err(|_| Error::Form("drawn code"))?;
        let unix_ms = u64::try_from(now_ms).unwrap_or_default();
        let id = uuid::Builder::from_unix_timestamp_millis(unix_ms, &random::bytes(rng));
        let id = id.into_uuid().into_bytes();
        let index = indexes(&self.pepper, text).first().copied();
        Ok(NewVoucher {
            id,
            index: index.ok_or(Error::Form("drawn code"))?,
            code: self.seal(&NewVoucher::place(&id), &digits, rng),
        })
    }

    /// Opens a purchase code that is not redeemed yet.
    pub(crate) fn open_purchase(
        &self,
        voucher: &SoldVoucher,
    ) -> Result<Option<PurchaseCode>, Error> {
        let Some(sealed) = &voucher.code else { return Ok(None) };
        let what = "purchase code";
        let opened = crypto::open(&self.recharge, &NewVoucher::place(&voucher.id), sealed);
        let opened = opened.map_err(|source| Error::Sealed { what, source })?;
        read(&opened).ok_or(Error::Form(what)).map(Some)
    }

    /// Seals a recharge code for stock.
    pub(crate) fn seal_recharge(
        &self,
        product: Product,
        code: &RechargeCode,
        line: u32,
        rng: &mut impl CryptoRng,
    ) -> NewRecharge {
        let id = random::bytes(rng);
        NewRecharge {
            id,
            product,
            code: self.seal(&NewRecharge::place(&id), code.digits().as_bytes(), rng),
            indexes: indexes(&self.index, &recharge_text(product.operator, code)),
            expires: None,
            line,
        }
    }

    /// Opens a recharge code that was given.
    pub(crate) fn open_recharge(&self, given: &Given) -> Result<RechargeCode, Error> {
        let what = "recharge code";
        let opened =
            crypto::open(&self.recharge, &NewRecharge::place(&given.recharge), &given.code);
        let opened = opened.map_err(|source| Error::Sealed { what, source })?;
        read(&opened).ok_or(Error::Form(what))
    }

    /// Seals why somebody did something, for the audit log.
    pub(crate) fn seal_reason(
        &self,
        place: &str,
        reason: &str,
        rng: &mut impl CryptoRng,
    ) -> Vec<u8> {
        crypto::seal(self.wrap.current(), place, reason.as_bytes(), random::bytes(rng))
    }

    /// Opens why somebody did something.
    pub(crate) fn open_reason(&self, place: &str, sealed: &[u8]) -> Result<String, Error> {
        let what = "reason";
        let opened = crypto::open(&self.wrap, place, sealed);
        let opened = opened.map_err(|source| Error::Sealed { what, source })?;
        String::from_utf8(opened.to_vec()).map_err(|_| Error::Form(what))
    }

    fn seal(&self, place: &str, plain: &[u8], rng: &mut impl CryptoRng) -> Vec<u8> {
        crypto::seal(self.recharge.current(), place, plain, random::bytes(rng))
    }
}

/// What is indexed of a recharge code: two operators may have the same digits.
fn recharge_text(operator: Operator, code: &RechargeCode) -> String {
    format!("recharge/{operator}/{}", code.digits())
}

fn indexes(keys: &Keys, text: &str) -> Vec<Keyed> {
    let keyed = |key: &Secret32| crypto::index(key, text);
    keys.iter().map(|(id, key)| Keyed { key: id.bytes(), digest: keyed(key) }).collect()
}

fn read<T: std::str::FromStr>(digits: &[u8]) -> Option<T> {
    str::from_utf8(digits).ok()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scene::{keys, product};

    #[test]
    fn a_purchase_code_is_found_as_the_vectors_say() {
        let code = "1234 5678 9012 3452".parse().unwrap();
        let digest = Vault::new(&keys()).unwrap().purchase_indexes(&code)[0].digest;
        assert_eq!(digest[..8], [0x35, 0x52, 0x61, 0x6e, 0x98, 0x04, 0xbd, 0x78]);
        assert_eq!(digest[28..], [0xce, 0xd4, 0x2e, 0x12]);
    }

    #[test]
    fn what_it_draws_is_found_again_and_opens_in_its_own_row_alone() {
        let (vault, mut rng) = (Vault::new(&keys()).unwrap(), random::system());
        let drawn = vault.draw_voucher(&mut rng, 1_795_190_400_000).unwrap();
        let sold = |id| SoldVoucher {
            id,
            serial: 1,
            state: store::VoucherState::Sold,
            code: Some(drawn.code.clone()),
        };
        let code = vault.open_purchase(&sold(drawn.id)).unwrap().unwrap();
        assert!(code.luhn_ok());
        assert_eq!(vault.purchase_indexes(&code), [drawn.index]);
        assert!(vault.open_purchase(&sold([0; 16])).is_err());
    }

    #[test]
    fn the_same_digits_of_two_operators_are_two_codes() {
        let (vault, mut rng) = (Vault::new(&keys()).unwrap(), random::system());
        let code = "12345678".parse().unwrap();
        let index = |operator, rng: &mut _| {
            vault.seal_recharge(product(operator, "500"), &code, 1, rng).indexes
        };
        assert_ne!(index("MTN", &mut rng), index("Orange", &mut rng));
        assert_eq!(index("MTN", &mut rng), index("MTN", &mut rng));
    }
}
