//! `topup`: a purchase code for a recharge code.

use protocol::{Answer, Command, Outcome, TopUp, TopUpAnswer};
use serde_json::json;

use super::Run;
use crate::cli::TopupArgs;
use crate::error::{Failure, failed};
use crate::journal::Begun;
use crate::said;

/// Gives a purchase code; the same run again gets the same answer until it has one.
pub(super) async fn run(run: &Run<'_>, args: TopupArgs) -> Result<(), Failure> {
    if !args.code.luhn_ok() {
        return Err(failed!("code-mistyped"));
    }
    let begun = match args.request {
        Some(_) => None,
        None => Some(run.journal()?.begin("topup", args.code.digits())?),
    };
    if begun.as_ref().is_some_and(|it| it.again) {
        run.out.warn(&said!("asked-again"));
    }
    let request = args.request.or(begun.as_ref().map(|it| it.request));
    let topup = TopUp { request, msisdn: args.msisdn, iccid: args.iccid, ..TopUp::new(args.code) };
    let answer = run.door()?.command(Command::TopUp(topup)).await?;
    settle(begun, answer.outcome())?;
    match answer {
        Answer::TopUp(answer) if answer.outcome == Outcome::Ok => {
            show(run, &answer);
            Ok(())
        }
        answer => Err(Failure::of(&answer)),
    }
}

/// Forgets the request unless its outcome is still open.
fn settle(begun: Option<Begun>, outcome: Outcome) -> Result<(), Failure> {
    let open = matches!(
        outcome,
        Outcome::Busy
            | Outcome::SlowDown
            | Outcome::Timeout
            | Outcome::Failed
            | Outcome::OutOfStock
    );
    match begun {
        Some(begun) if !open => begun.done(),
        _ => Ok(()),
    }
}

fn show(run: &Run<'_>, answer: &TopUpAnswer) {
    let code2 = answer.code2.as_ref().map(|it| it.digits().to_owned());
    let ussd = answer.ussd.as_ref().map(|it| it.as_str().to_owned());
    let operator = answer.operator.map(|it| it.to_string());
    let amount = answer.amount.as_ref().map(|it| it.as_str().to_owned());
    let currency = answer.currency.as_ref().map(|it| it.as_str().to_owned());
    let expires = answer.expires.map(|it| it.to_string());
    run.out.json(&json!({
        "result": answer.outcome.as_str(), "code2": code2, "operator": operator,
        "amount": amount, "currency": currency, "ussd": ussd, "expires": expires,
    }));
    run.out.say(&said!("topup-code", code = code2.unwrap_or_default()));
    if let (Some(operator), Some(amount)) = (operator, amount) {
        let currency = currency.unwrap_or_default();
        run.out.say(&said!(
            "topup-worth",
            operator = operator,
            amount = amount,
            currency = currency
        ));
    }
    if let Some(ussd) = ussd {
        run.out.say(&said!("topup-ussd", ussd = ussd));
    }
    if let Some(expires) = expires {
        run.out.say(&said!("topup-expires", expires = expires));
    }
}
