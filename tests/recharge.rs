//! One purchase code, one recharge code, however many ask for it at once.

#![expect(clippy::unwrap_used, reason = "a test may panic, print and spawn")]

use std::collections::BTreeMap;
use std::sync::Arc;

use chassis::Tasks;
use protocol::{Answer, Command, Outcome, PurchaseCode, RequestId, TopUp};
use stack::{Stack, command, sell};
use uuid::Uuid;

/// How many ask at once.
const CLIENTS: usize = 200;

/// Asks for a code many times at once, and counts what is answered.
async fn race(stack: &Stack, topups: Vec<TopUp>) -> BTreeMap<(Outcome, Option<String>), usize> {
    let tasks = Tasks::default();
    let asked: Vec<_> = topups
        .into_iter()
        .map(|topup| {
            let door = Arc::clone(&stack.anyone);
            tasks.spawn(async move { command(&door, Command::TopUp(topup)).await })
        })
        .collect();
    let mut counts = BTreeMap::new();
    for answer in asked {
        let answer = answer.await.unwrap();
        let code2 = match &answer {
            Answer::TopUp(topup) => topup.code2.as_ref().map(|it| it.digits().to_owned()),
            _ => None,
        };
        *counts.entry((answer.outcome(), code2)).or_default() += 1;
    }
    counts
}

fn topup(code: &PurchaseCode, request: Uuid) -> TopUp {
    TopUp { request: Some(RequestId::from_uuid(request)), ..TopUp::new(*code) }
}

#[tokio::test(flavor = "multi_thread")]
async fn two_hundred_strangers_with_one_code_get_one_recharge() {
    let stack = Stack::start().await;
    let codes = sell(&stack.door, 3).await;
    let topups = (0..CLIENTS).map(|_| topup(&codes[0], Uuid::new_v4())).collect();
    let counts = race(&stack, topups).await;
    let by_outcome: Vec<_> =
        counts.iter().map(|((outcome, _), count)| (*outcome, *count)).collect();
    assert_eq!(by_outcome, [(Outcome::Ok, 1), (Outcome::CodeUsed, CLIENTS - 1)], "{counts:?}");
    stack.stop().await.rows_of_equals().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn two_hundred_retries_of_one_request_get_the_same_recharge() {
    let stack = Stack::start().await;
    let codes = sell(&stack.door, 3).await;
    let request = Uuid::new_v4();
    let topups = (0..CLIENTS).map(|_| topup(&codes[0], request)).collect();
    let counts = race(&stack, topups).await;
    let answers: Vec<_> = counts.into_iter().collect();
    let [((outcome, recharge), count)] = answers.as_slice() else { panic!("{answers:?}") };
    assert_eq!((*outcome, *count), (Outcome::Ok, CLIENTS));
    assert!(recharge.is_some());
    stack.stop().await.rows_of_equals().await;
}
