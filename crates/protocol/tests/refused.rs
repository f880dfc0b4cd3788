//! Each reason to refuse has a document; each is refused for that reason and no other.

#![expect(clippy::unwrap_used, reason = "a test may panic")]

use std::fs;

use protocol::{Malformed, Request, Response, Verb};

/// The file, the command as far as it was understood, the status, the sentence.
type Row = (&'static str, Option<Verb>, u16, &'static str);

const FOLDER: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/golden");

#[rustfmt::skip]
const REQUESTS: &[Row] = &[
    ("addr-without-port", Some(Verb::Init), 400, "the element addr is not of its form: it has no port"),
    ("app-missing", Some(Verb::Auth), 400, "the element app is missing"),
    ("app-not-of-its-form", Some(Verb::Auth), 400, "the element app is not of its form: its character 3 is not allowed"),
    ("app-too-long", Some(Verb::Auth), 400, "the element app is not of its form: its length is 65, not 1 to 64"),
    ("attribute-of-root", None, 400, "the root has an attribute"),
    ("attribute-of-unknown", Some(Verb::Auth), 400, "an unknown element has an attribute"),
    ("attribute", Some(Verb::Auth), 400, "the element crypto has an attribute"),
    ("bare-ampersand", None, 400, "the document is not well-formed"),
    ("box-not-of-its-form", Some(Verb::Activate), 400, "the element box is not of its form: its length is 4, not 32"),
    ("bridge-missing", Some(Verb::Auth), 400, "the element bridge is missing"),
    ("bridge-not-of-its-form", Some(Verb::Auth), 400, "the element bridge is not of its form: its character 2 is not allowed"),
    ("brief-not-one", Some(Verb::Init), 400, "the element brief can only be 1"),
    ("ca-not-pem", Some(Verb::Provision), 400, "the element ca is not of its form: it is not a certificate in PEM"),
    ("cdata-end-in-text", None, 400, "the document is not well-formed"),
    ("client-of-no-kind", Some(Verb::Auth), 400, "the element client is not of its form: its kind is not address, msisdn or box"),
    ("cmd-in-small-letters", None, 400, "the element cmd is not a command"),
    ("cmd-missing", None, 400, "the element cmd is missing"),
    ("cmd-of-a-key-with-star", None, 400, "the element cmd is not a command"),
    ("cmd-of-an-answer", None, 400, "the element cmd names an answer, not a command"),
    ("cmd-unknown", None, 400, "the element cmd is not a command"),
    ("code-and-request-missing", Some(Verb::Credit), 400, "the element code or request is missing"),
    ("code-missing", Some(Verb::TopUp), 400, "the element code is missing"),
    ("code-of-fifteen", Some(Verb::TopUp), 400, "the element code is not of its form: its length is 15, not 16"),
    ("code-with-a-letter", Some(Verb::TopUp), 400, "the element code is not of its form: its character 16 is not allowed"),
    ("control-character-of-latin-1", None, 400, "the document holds a control character"),
    ("control-character", None, 400, "the document holds a control character"),
    ("credential-missing", Some(Verb::Provision), 400, "the element credential is missing"),
    ("crypto-missing", Some(Verb::Auth), 400, "the element crypto is missing"),
    ("declaration-inside", Some(Verb::Auth), 400, "the XML declaration is not first"),
    ("declaration-not-first", None, 400, "the XML declaration is not first"),
    ("declaration-of-latin-1", None, 400, "the encoding is not UTF-8"),
    ("declaration-of-xml-1-1", None, 400, "the XML declaration is not of its form"),
    ("doctype", None, 400, "the document holds a DOCTYPE"),
    ("element-in-a-text", Some(Verb::Auth), 400, "the element crypto holds an element"),
    ("entity-of-a-dtd", Some(Verb::Auth), 400, "the document holds an entity that is not predefined"),
    ("epoch-with-sign", Some(Verb::Init), 400, "the element epoch is not of its form: its character 1 is not allowed"),
    ("iccid-not-of-its-form", Some(Verb::Crecord), 400, "the element iccid is not of its form: its character 21 is not allowed"),
    ("imei-of-fourteen", Some(Verb::Crecord), 400, "the element imei is not of its form: its length is 14, not 15"),
    ("imsi-not-of-its-form", Some(Verb::Crecord), 400, "the element imsi is not of its form: its length is 10, not 14 to 15"),
    ("label-too-long", Some(Verb::Crecord), 400, "the element label is not of its form: its length is 65, not 1 to 64"),
    ("macaddr-all-one", Some(Verb::Crecord), 400, "the element macaddr is not of its form: it is a group address"),
    ("macaddr-all-zero", Some(Verb::Crecord), 400, "the element macaddr is not of its form: it is all zeros"),
    ("macaddr-and-box-missing", Some(Verb::Activate), 400, "the element macaddr or box is missing"),
    ("macaddr-missing-with-star", Some(Verb::Crecord), 400, "the element macaddr is missing"),
    ("macaddr-missing", Some(Verb::Crecord), 400, "the element macaddr is missing"),
    ("macaddr-of-a-group", Some(Verb::Crecord), 400, "the element macaddr is not of its form: it is a group address"),
    ("msisdn-without-plus", Some(Verb::Activate), 400, "the element msisdn is not of its form: its character 1 is not allowed"),
    ("no-end", Some(Verb::Auth), 400, "the document ends before its root does"),
    ("not-utf-8", None, 400, "the document is not UTF-8"),
    ("not-well-formed", Some(Verb::Auth), 400, "the document is not well-formed"),
    ("outcome-missing", Some(Verb::Credit), 400, "the element outcome is missing"),
    ("outcome-unknown", Some(Verb::Credit), 400, "the element outcome is not of its form: it is not an outcome"),
    ("prefix", Some(Verb::Auth), 400, "an element's name is not plain"),
    ("principal-not-of-its-form", Some(Verb::Auth), 400, "the element principal is not of its form: its character 2 is not allowed"),
    ("processing-instruction", Some(Verb::Auth), 400, "the document holds a processing instruction"),
    ("proof-not-of-its-form", Some(Verb::Provision), 400, "the element proof is not of its form: its length is 1, not 43"),
    ("pubkey-not-base64url", Some(Verb::Crecord), 400, "the element pubkey is not of its form: it is not base64url without padding"),
    ("reference-to-a-control", None, 400, "the document holds a reference to a character that it may not hold"),
    ("reference-to-nul", None, 400, "the document holds a reference to a character that it may not hold"),
    ("rekey-not-one", Some(Verb::Crecord), 400, "the element rekey can only be 1"),
    ("request-not-a-uuid", Some(Verb::Crecord), 400, "the element request is not of its form: its length is 32, not 36"),
    ("role-unknown", Some(Verb::Init), 400, "the element role is not of its form: it is not a role"),
    ("root-named-otherwise", None, 400, "the root is not one element named xml"),
    ("second-missing", Some(Verb::Provision), 400, "the element second of PPPX is missing"),
    ("serial-not-of-its-form", Some(Verb::Crecord), 400, "the element serial is not of its form: its character 2 is not allowed"),
    ("text-after-root", Some(Verb::Auth), 400, "text stands outside the root"),
    ("text-before-root", None, 400, "text stands outside the root"),
    ("text-beside-elements", Some(Verb::Auth), 400, "the root holds text beside elements"),
    ("text-in-a-pair", None, 400, "the element AAR holds text beside elements"),
    ("text-too-long", Some(Verb::Credit), 400, "the element text is not of its form: its length is 161, not 1 to 160"),
    ("time-in-milliseconds", Some(Verb::Auth), 400, "the element time is not of its form: its character 5 is not allowed"),
    ("time-missing", Some(Verb::Auth), 400, "the element time is missing"),
    ("time-without-offset", Some(Verb::Auth), 400, "the element time is not of its form: its character 20 is not allowed"),
    ("too-deep", Some(Verb::Auth), 400, "the document has more than 4 elements in each other"),
    ("too-large", None, 413, "the document is over 16 KiB"),
    ("too-long-a-text", Some(Verb::Auth), 400, "an unknown element holds more than 8 KiB of text"),
    ("too-many-elements", Some(Verb::Auth), 400, "the document has too many elements"),
    ("twice-in-a-pair", Some(Verb::Provision), 400, "the element first stands twice"),
    ("twice", Some(Verb::Auth), 400, "the element crypto stands twice"),
    ("two-roots", Some(Verb::Auth), 400, "the root is not one element named xml"),
    ("until-not-a-day", Some(Verb::Activate), 400, "the element until is not of its form: it is not a day of the calendar"),
    ("version-missing", Some(Verb::Auth), 400, "the element version is missing"),
    ("version-not-of-its-form", Some(Verb::Auth), 400, "the element version is not of its form: its character 2 is not allowed"),
];

#[rustfmt::skip]
const RESPONSES: &[Row] = &[
    ("addr-not-of-its-form", Some(Verb::Init), 400, "the element first of AAR is not of its form: it has no port"),
    ("amount-grouped", Some(Verb::TopUp), 400, "the element amount is not of its form: its character 2 is not allowed"),
    ("cmd-missing", None, 400, "the element cmd is not an answer"),
    ("cmd-of-a-request", None, 400, "the element cmd is not an answer"),
    ("code2-too-short", Some(Verb::TopUp), 400, "the element code2 is not of its form: its length is 3, not 4 to 32"),
    ("currency-in-small-letters", Some(Verb::TopUp), 400, "the element currency is not of its form: its character 1 is not allowed"),
    ("database-with-credentials", Some(Verb::Init), 400, "the element first of REPORT is not of its form: it holds credentials"),
    ("databases-missing", Some(Verb::Init), 400, "the element CRYPTO is missing"),
    ("first-missing", Some(Verb::Init), 400, "the element first of AAR is missing"),
    ("group-missing", Some(Verb::Init), 400, "the element TOPUP is missing"),
    ("lease-not-a-number", Some(Verb::Auth), 400, "the element lease is not of its form: it is not a number"),
    ("map-missing", Some(Verb::Init), 400, "the element AAR is missing"),
    ("ok-in-an-error", None, 400, "the element result is OK in an R-ERROR"),
    ("proof-not-of-its-form", Some(Verb::Auth), 400, "the element proof is not of its form: its length is 1, not 43"),
    ("result-beside-macaddr", Some(Verb::Crecord), 400, "the element result stands beside macaddr"),
    ("result-missing-in-topup", Some(Verb::TopUp), 400, "the element result is missing"),
    ("result-missing-with-star", Some(Verb::Crecord), 400, "the element result is missing"),
    ("result-missing", Some(Verb::Auth), 400, "the element result is missing"),
    ("result-unknown", Some(Verb::Auth), 400, "the element result is not of its form: it is not a result"),
    ("retry-not-a-number", Some(Verb::Auth), 400, "the element retry is not of its form: it is not a number"),
    ("state-unknown", Some(Verb::Init), 400, "the element firststate of AAR is not of its form: it is not a state of a server"),
    ("too-many-elements", Some(Verb::Auth), 400, "the document has too many elements"),
    ("ussd-with-a-letter", Some(Verb::TopUp), 400, "the element ussd is not of its form: its character 6 is not allowed"),
    ("weight-out-of-bounds", Some(Verb::Init), 400, "the element firstweight of AAR is not of its form: it is not within 0.1 and 10"),
];

/// Checks one row and gives what was refused.
#[track_caller]
fn check<T: std::fmt::Debug>(
    folder: &str,
    row: &Row,
    parse: fn(&[u8]) -> Result<T, Malformed>,
) -> Malformed {
    let (name, verb, status, reason) = *row;
    let document = fs::read(format!("{FOLDER}/{folder}/{name}.xml")).unwrap();
    let malformed = parse(&document).unwrap_err();
    let found = (malformed.verb, malformed.status, malformed.reason.as_ref());
    assert_eq!(found, (verb, status, reason), "{name}");
    malformed
}

#[track_caller]
fn files(folder: &str) -> usize {
    let entries = fs::read_dir(format!("{FOLDER}/{folder}")).unwrap();
    entries.filter(|entry| entry.as_ref().unwrap().path().is_file()).count()
}

#[test]
fn every_request_is_refused_for_its_reason() {
    for row in REQUESTS {
        check("refused", row, Request::parse);
    }
    assert_eq!(files("refused"), REQUESTS.len());
}

#[test]
fn every_answer_is_refused_for_its_reason() {
    for row in RESPONSES {
        check("refused/answers", row, Response::parse);
    }
    assert_eq!(files("refused/answers"), RESPONSES.len());
}

#[test]
fn an_understood_bridge_comes_back_with_its_star() {
    let row = REQUESTS.iter().find(|row| row.0 == "macaddr-missing-with-star").unwrap();
    let malformed = check("refused", row, Request::parse);
    assert_eq!(malformed.bridge.map(|bridge| bridge.to_string()).as_deref(), Some("b1"));
    let row = REQUESTS.iter().find(|row| row.0 == "bridge-not-of-its-form").unwrap();
    assert_eq!(check("refused", row, Request::parse).bridge, None);
}

/// A document of AUTH with something before its crypto.
fn auth_with(more: &str) -> String {
    let whole = fs::read_to_string(format!("{FOLDER}/auth.xml")).unwrap();
    whole.replace("<crypto>", &format!("{more}<crypto>"))
}

#[test]
fn limits_hold_at_their_edge() {
    let full = |len: usize| auth_with(&format!("<later>{}</later>", "x".repeat(len)));
    assert!(Request::parse(full(8 * 1024).as_bytes()).is_ok());
    assert!(Request::parse(full(8 * 1024 + 1).as_bytes()).is_err());
    let many = |count: usize| auth_with(&"<later/>".repeat(count));
    assert!(Request::parse(many(64 - 5).as_bytes()).is_ok());
    assert!(Request::parse(many(64 - 4).as_bytes()).is_err());
    assert!(Request::parse(auth_with("<a><b><c/></b></a>").as_bytes()).is_ok());
    let mut document = auth_with("");
    document.push_str(&" ".repeat(16 * 1024 - document.len()));
    assert!(Request::parse(document.as_bytes()).is_ok());
    document.push(' ');
    assert_eq!(Request::parse(document.as_bytes()).unwrap_err().status, 413);
}

#[test]
fn what_may_differ_makes_no_difference() {
    let plain = Request::parse(auth_with("").as_bytes()).unwrap();
    for text in [
        format!("\u{feff}<?xml version='1.0' encoding='utf-8'?>\n<!-- é -->{}", auth_with("")),
        auth_with("<!-- a comment --> \t\r\n"),
        auth_with("<later>x<![CDATA[<&]]>&amp;</later><Crypto/>"),
        auth_with("<bridge>dropped</bridge>"),
        auth_with("")
            .replace("<app>ngondo-box</app>", "<app>\r\n n<![CDATA[gon]]>do&#45;b&#x6F;x\t</app >"),
        auth_with("").replace("<cmd>AUTH</cmd>", "").replace("</xml>", "<cmd>AUTH</cmd></xml>"),
    ] {
        assert_eq!(Request::parse(text.as_bytes()), Ok(plain.clone()), "{text}");
    }
}

#[test]
fn a_crypto_that_cannot_be_read_is_no_malformed_document() {
    for text in ["<crypto></crypto>", "<crypto/>", "<crypto>?</crypto>"] {
        let whole = auth_with("");
        let (before, after) = whole.split_once("<crypto>").unwrap();
        let after = after.split_once("</crypto>").unwrap().1;
        let request = Request::parse(format!("{before}{text}{after}").as_bytes()).unwrap();
        let mut printed = String::new();
        request.print(&mut printed);
        assert!(printed.ends_with("<crypto></crypto></xml>"), "{printed}");
        assert_eq!(Request::parse(printed.as_bytes()), Ok(request));
    }
}

#[test]
fn a_document_cut_anywhere_is_refused() {
    let whole = auth_with("");
    let document = whole.trim_end();
    for end in 0..document.len() {
        let cut = document.as_bytes().get(..end).unwrap();
        assert_eq!(Request::parse(cut).unwrap_err().status, 400, "{end}");
    }
}
