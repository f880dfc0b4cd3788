//! Why a text is not of its form, and what a server's reason says.
//!
//! Rules are sentences in the source of `protocol` and `config`, and servers tell their reasons as
//! sentences: each is found in [`SENTENCES`]. One that is not there is shown as it is, in brackets.

use protocol::FormError;

use super::Said;
use crate::said;
use crate::text::Value;

/// English sentences of libraries and servers, and the keys under which the catalogue has them.
///
/// A test holds that every rule of `protocol` and `config` is here, and that each still exists.
const SENTENCES: [(&str, &str); 101] = [
    ("it does not begin with sqlite:/// or postgres://", "rule-url"),
    ("it has no colon", "rule-colon"),
    ("it has no port", "rule-port-missing"),
    ("it has white space around it", "rule-space"),
    ("it holds credentials", "rule-credentials"),
    ("it is a group address", "rule-group"),
    ("it is all zeros", "rule-zeros"),
    ("it is no number", "rule-number"),
    ("it is not a JSON object", "rule-json"),
    ("it is not a UUID", "rule-uuid"),
    ("it is not a certificate in PEM", "rule-pem"),
    ("it is not a day of the calendar", "rule-day"),
    ("it is not a decimal number of at most three decimals", "rule-decimal"),
    ("it is not a result", "rule-result"),
    ("it is not a right", "rule-right"),
    ("it is not a role", "rule-role"),
    ("it is not one of module, operator, shop, app, developer", "rule-kind"),
    ("a module has one right module:ROLE", "rule-module-right"),
    ("a right module:ROLE is for modules alone", "rule-module-alone"),
    ("it is not a state of a server", "rule-server-state"),
    ("it is not an IP address, a colon and a port", "rule-socket"),
    ("it is not an IP address, a slash and the prefix's length", "rule-network"),
    ("it is not an integer of 64 bits", "rule-integer"),
    ("it is not an outcome", "rule-result"),
    ("it is not a list of rulings", "rule-rulings"),
    ("it is not base64url without padding", "rule-base64"),
    ("it is not within 0.1 and 10", "rule-weight"),
    ("it names no database", "rule-no-database"),
    ("its address has bits behind the prefix", "rule-prefix"),
    ("its file is not an absolute path", "rule-absolute"),
    ("its host is not a name or an address", "rule-host"),
    ("its kind is not address, msisdn or box", "rule-client"),
    ("its port is not 1 to 65535", "rule-port"),
    ("the reader and the editor see other values", "syntax-reader"),
    ("it holds a control character", "syntax-control"),
    ("it ends in a backslash", "syntax-backslash"),
    ("the section's name is not closed by `]`", "syntax-unclosed"),
    ("nothing may follow the section's `]`", "syntax-behind"),
    ("the section has no name", "syntax-no-name"),
    ("it is no [section], no `key = value` and no comment", "syntax-line"),
    ("there is no key before the `=`", "syntax-no-key"),
    ("missing", "reason-missing"),
    ("this needs a toki", "reason-no-toki"),
    ("the principal was revoked", "reason-revoked"),
    ("no principal of that name", "reason-no-principal"),
    ("the principal was given a newer key; this one counts no more", "reason-newer-key"),
    ("rights are not known yet: no AAR has answered", "reason-rights-unknown"),
    ("it is not a text", "reason-not-text"),
    ("it is not a whole number", "rule-number"),
    ("it is not true or false", "reason-not-flag"),
    ("it is zero", "reason-zero"),
    ("the day is over", "reason-over"),
    ("it was in stock before", "reason-in-stock"),
    ("not done: send the same again", "reason-not-done"),
    ("no such box", "reason-no-box"),
    ("no such voucher", "reason-no-voucher"),
    ("not known", "reason-not-known"),
    ("used before", "reason-used"),
    ("void", "reason-void"),
    ("past its date", "reason-past"),
    ("a digit is mistyped", "reason-mistyped"),
    ("a digit is wrong", "reason-mistyped"),
    ("too many wrong ones, wait", "reason-wait"),
    ("it was for something else before", "reason-other-sale"),
    ("known with another verb", "reason-other-verb"),
    ("an earlier one has the same key", "reason-earlier"),
    ("the box has no room for more tags", "reason-tags-full"),
    ("it does not tell this key from others, send the imei", "reason-not-unique"),
    ("this imei is recorded with another one", "reason-serial-differs"),
    ("this key is retired", "reason-key-retired"),
    ("this key is reported stolen", "reason-key-stolen"),
    ("missing, and imei too", "reason-missing-imei"),
    ("the request could not be recorded; send it again", "reason-unrecorded"),
    ("the line is too long", "csv-too-long"),
    ("the line is no text in the file's encoding", "csv-not-text"),
    ("a quote is not closed", "csv-quote"),
    ("the line has more cells than the first one", "csv-columns"),
    ("it is a formula", "csv-formula"),
    ("another person has to decide", "reason-second"),
    ("the network has credited it", "reason-credited"),
    ("it was given for another one", "reason-replacement"),
    ("it was redeemed since somebody asked", "reason-meanwhile"),
    ("no such number", "reason-no-number"),
    ("it is not printed and not active yet", "reason-batch-created"),
    ("it is printed and not active yet", "reason-batch-printed"),
    ("it is active", "reason-active"),
    ("it is frozen", "reason-frozen"),
    ("it is closed", "reason-closed"),
    ("it is not sold", "reason-unsold"),
    ("it is sold", "reason-sold"),
    ("it is redeemed", "reason-redeemed"),
    ("it is void", "reason-is-void"),
    ("it is not yours", "reason-not-yours"),
    ("no such batch", "reason-no-batch"),
    ("not all its codes are drawn yet", "reason-unfinished"),
    ("it was printed before", "reason-printed"),
    ("this card is not for sale here now", "reason-not-for-sale"),
    ("more than it may sell in one day", "reason-limit"),
    ("it was sold more than 30 minutes ago", "reason-too-late"),
    ("it has no line in [operators] of topup.ini", "reason-operator"),
    ("the counter has no range of its own", "reason-counter"),
];

/// Says why a text is not of its form.
pub(crate) fn form(error: FormError) -> Said {
    match error {
        FormError::Length { found, min, max } if min == max => {
            said!("form-length", found = number(found), wanted = number(min))
        }
        FormError::Length { found, min, max } => {
            said!("form-lengths", found = number(found), min = number(min), max = number(max))
        }
        FormError::Character { at } => said!("form-character", at = number(at)),
        FormError::Rule(rule) => sentence(rule),
    }
}

/// Says a sentence of a library, which the catalogue should have.
pub(crate) fn sentence(text: &str) -> Said {
    known(text).unwrap_or_else(|| said!("cause-detail", raw = text))
}

/// Says the reason that a server gave: `field: sentence`, a sentence, or anything else.
pub(crate) fn reason(text: &str) -> Said {
    if let Some(said) = known(text) {
        return said;
    }
    for needed in ["this needs a toki, of somebody with the right ", "this needs the right "] {
        if let Some(rights) = text.strip_prefix(needed) {
            return said!("reason-right", rights = rights.replace(" or ", ", "));
        }
    }
    if let Some(state) = ["the box is ", "this key is "].iter().find_map(|it| text.strip_prefix(it))
    {
        return said!("reason-state", state = state);
    }
    of_field(text).unwrap_or_else(|| said!("reason-detail", raw = text))
}

/// Reads a reason about one field or element.
fn of_field(text: &str) -> Option<Said> {
    let element = text.strip_prefix("the element ");
    let (field, what) = match element {
        Some(rest) => rest
            .split_once(" is not of its form: ")
            .or_else(|| rest.strip_suffix(" is missing").map(|name| (name, "missing")))?,
        None => text.split_once(": ")?,
    };
    let cause = known(what).or_else(|| measured(what).map(form))?;
    Some(said!("reason-field", field = field, cause = cause))
}

fn known(text: &str) -> Option<Said> {
    let (_, key) = SENTENCES.iter().find(|(sentence, _)| *sentence == text)?;
    Some(Said::new(*key, Vec::new()))
}

/// Reads back the sentences of [`FormError`] that hold numbers.
fn measured(text: &str) -> Option<FormError> {
    if let Some(rest) = text.strip_prefix("its character ") {
        let at = rest.strip_suffix(" is not allowed")?.parse().ok()?;
        return Some(FormError::Character { at });
    }
    let (found, wanted) = text.strip_prefix("its length is ")?.split_once(", not ")?;
    let (min, max) = wanted.split_once(" to ").unwrap_or((wanted, wanted));
    Some(FormError::Length {
        found: found.parse().ok()?,
        min: min.parse().ok()?,
        max: max.parse().ok()?,
    })
}

/// A length or a position; a text, for it chooses no plural.
fn number(number: usize) -> Value {
    Value::Text(number.to_string())
}

/// The keys of [`SENTENCES`].
#[cfg(test)]
pub(crate) fn made_keys() -> impl Iterator<Item = String> {
    SENTENCES.iter().map(|(_, key)| (*key).to_owned())
}

/// The sentences of [`SENTENCES`].
#[cfg(test)]
pub(super) fn sentences() -> impl Iterator<Item = &'static str> {
    SENTENCES.iter().map(|(sentence, _)| *sentence)
}
