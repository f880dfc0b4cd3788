//! The print file of a batch: fetched sealed, opened by its printer.

use std::fs;
use std::io;
use std::path::Path;

use crypto::{PrivateKey, PublicKey, Zeroizing};
use protocol::{PubKey, PurchaseCode};
use serde_json::{Value, json};

use super::super::Run;
use super::request;
use crate::error::{Failure, failed};
use crate::journal::write_whole;
use crate::said;
use crate::text::cause;

/// How the codes are written out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Form {
    /// As they are in the file.
    Csv,
    /// A few lines each, for a label printer.
    Labels,
}

/// Fetches the codes of a batch, sealed for the printer's key, into a file.
pub(super) async fn print(
    run: &Run<'_>,
    batch: u64,
    key: &Path,
    file: &Path,
) -> Result<(), Failure> {
    let unfit = || failed!("print-bad-key", file = key.display().to_string());
    let der = PublicKey::der_of_pem(&read(key)?).map_err(|_| unfit())?;
    PublicKey::from_spki_der(&der).map_err(|_| unfit())?;
    let spki = PubKey::from_der(&der).map_err(|_| unfit())?;
    let answer = request(run, "print", json!({ "batch": batch, "key": spki.to_string() })).await?;
    let sealed = answer.get("file").and_then(Value::as_str).unwrap_or_default();
    let unwritable = |error: io::Error| {
        failed!("unwritable", file = file.display().to_string(), cause = cause::any(&error))
    };
    write_whole(file, sealed).map_err(unwritable)?;
    let count = answer.get("vouchers").and_then(Value::as_u64).unwrap_or_default();
    run.out.json(&json!({ "result": "OK", "batch": batch, "vouchers": count }));
    let shown = file.display().to_string();
    run.out.say(&said!("batch-printed", count = count, file = shown));
    Ok(())
}

/// Opens a print file, on the printer's own machine.
pub(super) fn open(run: &Run<'_>, file: &Path, key: &Path, form: Form) -> Result<(), Failure> {
    let pem = Zeroizing::new(read(key)?);
    let private = PrivateKey::from_pkcs8_pem(&pem);
    let private =
        private.map_err(|_| failed!("print-bad-key", file = key.display().to_string()))?;
    let unopened = || failed!("print-not-opened", file = file.display().to_string());
    let text = crypto::print::open(&private, &read(file)?).map_err(|_| unopened())?;
    let text = str::from_utf8(&text).map_err(|_| unopened())?;
    match form {
        Form::Csv => run.out.line(text.trim_end()),
        Form::Labels => {
            for line in text.lines().skip(1) {
                run.out.line(&label(line));
            }
        }
    }
    Ok(())
}

/// One label: what it is worth, the code, the serial number and the last good day.
fn label(line: &str) -> String {
    let mut cells = line.split(',');
    let mut next = || cells.next().unwrap_or_default();
    let (serial, code) = (next(), next());
    let (operator, amount, currency, expires) = (next(), next(), next(), next());
    let until = if expires.is_empty() { String::new() } else { format!("  -> {expires}") };
    format!("{operator} {amount} {currency}\n{}\n#{serial}{until}\n", grouped(code))
}

/// A purchase code in groups of four; nothing where there is none.
pub(super) fn grouped(code: &str) -> String {
    code.parse::<PurchaseCode>().map(|it| it.grouped()).unwrap_or_default()
}

fn read(path: &Path) -> Result<String, Failure> {
    let unreadable = |error: io::Error| {
        failed!("unreadable", file = path.display().to_string(), cause = cause::io(&error))
    };
    fs::read_to_string(path).map_err(unreadable)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_label_has_all_that_a_customer_needs() {
        let shown = label("42,1234567890123452,MTN,5000,XAF,2030-12-31");
        assert_eq!(shown, "MTN 5000 XAF\n1234 5678 9012 3452\n#42  -> 2030-12-31\n");
        assert!(label("42,1234567890123452,MTN,5000,XAF,").ends_with("#42\n"));
    }
}
