//! What the tests of vouchers share: products, stock, sales and those who redeem.

use std::collections::BTreeMap;

use protocol::{Operator, RequestId};
use uuid::Uuid;

use crate::{
    Asked, BatchAct, Goods, Import, Keyed, NewBatch, NewRecharge, NewVoucher, Product, RangeAct,
    Redeemed, Sale, Serials, Sold, SoldVoucher, Stocked, Store, Wish,
};

/// When everything happens.
pub(crate) const NOW_MS: i64 = 1_795_190_400_000;

/// When today began, in Douala.
pub(crate) const DAY_MS: i64 = 1_795_129_200_000;

pub(crate) fn today() -> protocol::Date {
    "2026-11-20".parse().unwrap()
}

pub(crate) fn product(operator: &str, amount: &str) -> Product {
    Product::new(operator.parse().unwrap(), amount.parse().unwrap(), "XAF".parse().unwrap())
}

pub(crate) fn request(n: u16) -> RequestId {
    RequestId::from_uuid(Uuid::from_u128(u128::from(n)))
}

/// A digest of its own for each kind and number.
pub(crate) fn index(kind: u8, n: u16) -> Keyed {
    let mut digest = [kind; 32];
    let [high, low] = n.to_be_bytes();
    (digest[0], digest[1]) = (high, low);
    Keyed { key: [0, 0, 0, 1], digest }
}

fn id(kind: u8, n: u16) -> [u8; 16] {
    let mut id = [kind; 16];
    let [high, low] = n.to_be_bytes();
    (id[0], id[1]) = (high, low);
    id
}

pub(crate) fn import(n: u16) -> Import {
    Import { request: request(n), principal: None, at_ms: NOW_MS }
}

pub(crate) fn recharge(n: u16, product: Product) -> NewRecharge {
    let [high, low] = n.to_be_bytes();
    NewRecharge {
        id: id(2, n),
        product,
        code: vec![high, low],
        indexes: vec![index(2, n)],
        expires: None,
        line: u32::from(n),
    }
}

pub(crate) fn sale(n: u16, product: Product) -> Sale {
    Sale {
        request: request(n),
        product,
        expires: None,
        shop: Some("Akwa".parse().unwrap()),
        principal: None,
        bridge: format!("sale-{n}").parse().unwrap(),
        at_ms: NOW_MS,
    }
}

pub(crate) fn voucher(n: u16) -> NewVoucher {
    NewVoucher { id: id(1, n), index: index(1, n), code: vec![9, 9] }
}

/// A TOPUP of voucher `n` under a bridge of its own.
pub(crate) fn asked(n: u16, bridge: &str) -> Asked {
    Asked {
        codes: vec![index(1, n)],
        request: None,
        device: None,
        bridge: bridge.parse().unwrap(),
        principal: None,
        client: None,
        at_ms: NOW_MS,
        today: today(),
    }
}

pub(crate) fn templates() -> BTreeMap<Operator, String> {
    BTreeMap::from([("MTN".parse().unwrap(), "*126*{code}#".to_owned())])
}

/// Takes one recharge code into stock.
pub(crate) async fn stock(store: &Store, import: &Import, new: &NewRecharge) -> Stocked {
    let mut tx = store.begin().await.unwrap();
    let stocked = tx.stock_recharge(import, new).await.unwrap();
    tx.commit().await.unwrap();
    stocked
}

pub(crate) async fn try_sell(store: &Store, sale: &Sale, vouchers: &[NewVoucher]) -> Sold {
    let mut tx = store.begin().await.unwrap();
    let sold = tx.sell(sale, Goods::Drawn(vouchers), (today(), DAY_MS)).await.unwrap();
    tx.commit().await.unwrap();
    sold
}

/// Sells voucher `n`, which must be in stock.
pub(crate) async fn sell(store: &Store, n: u16, product: Product) -> SoldVoucher {
    match try_sell(store, &sale(n, product), &[voucher(n)]).await {
        Sold::Vouchers(sold) => sold.into_iter().next().unwrap(),
        other => panic!("{other:?}"),
    }
}

/// Stocks and sells `n` of the usual product.
pub(crate) async fn stock_and_sell(store: &Store, n: u16) {
    stock(store, &import(1), &recharge(n, product("MTN", "500"))).await;
    sell(store, n, product("MTN", "500")).await;
}

/// Redeems as the service does: only what was given is committed.
pub(crate) async fn redeem(store: &Store, asked: &Asked) -> Redeemed {
    let mut tx = store.begin().await.unwrap();
    let redeemed = tx.redeem(asked, &templates()).await.unwrap();
    if let Redeemed::Given(_) = redeemed {
        tx.commit().await.unwrap();
    }
    redeemed
}

/// The sealed code that was given.
pub(crate) fn given(redeemed: &Redeemed) -> Vec<u8> {
    match redeemed {
        Redeemed::Given(given) => given.code.clone(),
        other => panic!("{other:?}"),
    }
}

/// A wish of its own for each number.
pub(crate) fn wish(n: u16) -> Wish {
    let [high, low] = n.to_be_bytes();
    Wish { request: request(n), digest: [high ^ low; 32], at_ms: NOW_MS }
}

/// An order of so many of the usual product.
pub(crate) fn order(n: u16, count: u32) -> NewBatch {
    NewBatch {
        wish: wish(n),
        product: product("MTN", "500"),
        count,
        expires: None,
        label: None,
        principal: None,
    }
}

/// Codes of their own for each batch.
pub(crate) fn drawn(batch: u64, count: u32) -> Vec<NewVoucher> {
    let base = 1000 * u16::try_from(batch).unwrap();
    (0..count).map(|n| voucher(base + u16::try_from(n).unwrap())).collect()
}

/// Orders and fills a batch; returns its number and first serial.
pub(crate) async fn batch(store: &Store, count: u32) -> (u64, u64) {
    let mut tx = store.begin().await.unwrap();
    let known = store.batches(&crate::BatchFilter::default(), 1000).await.unwrap().len();
    let number = u16::try_from(9000 + known).unwrap();
    let id = tx.order_batch(&order(number, count)).await.unwrap().unwrap().id();
    let filled = tx.fill_batch(id, &drawn(id, count)).await.unwrap().unwrap();
    tx.commit().await.unwrap();
    (id, filled.first.unwrap())
}

/// An active batch that a shop has; returns its first serial.
pub(crate) async fn assigned(store: &Store, count: u32, shop: &str) -> u64 {
    let (id, first) = batch(store, count).await;
    let mut tx = store.begin().await.unwrap();
    tx.change_batch(id, BatchAct::Activate, today()).await.unwrap().unwrap();
    let serials = Serials { first, last: first + u64::from(count) - 1 };
    let shop: protocol::Label = shop.parse().unwrap();
    let act = RangeAct::Assign { from: None, to: Some(shop.clone()) };
    let changed = tx.change_range(serials, &act).await.unwrap();
    assert_eq!(changed.changed, u64::from(count));
    tx.open_shop(&shop, serials, NOW_MS).await.unwrap();
    tx.commit().await.unwrap();
    first
}
