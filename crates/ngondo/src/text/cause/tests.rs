use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use super::*;
use crate::text::{Lang, Words};

/// All Rust source of the crates and services, without that of this tool.
fn source() -> String {
    fn gather(folder: &Path, into: &mut String) {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                gather(&path, into);
            } else if path.extension().is_some_and(|it| it == "rs") {
                into.push_str(&fs::read_to_string(&path).unwrap());
            }
        }
    }
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let mut source = String::new();
    for folder in ["crates/protocol/src", "crates/config/src", "crates/chassis/src", "services"] {
        gather(&root.join(folder), &mut source);
    }
    for file in ["verbs/vouchers_import.rs", "csv.rs"] {
        let file = root.join("crates/ngondo/src").join(file);
        source.push_str(&fs::read_to_string(file).unwrap());
    }
    source
}

fn fr(said: &Said) -> String {
    Words::new(Lang::Fr).say(said)
}

#[test]
fn every_rule_has_its_sentence() {
    let source = source();
    let known: BTreeSet<_> = form::sentences().collect();
    for call in ["Rule(\"", "Bad(\"", "Syntax(\""] {
        for text in source.split(call).skip(1) {
            let sentence = text.split("\")").next().unwrap();
            assert!(known.contains(sentence), "{sentence:?} is not in the catalogue");
        }
    }
}

#[test]
fn every_sentence_is_still_said_by_somebody() {
    let source = source();
    for sentence in form::sentences() {
        let said = ["\"", ": "].map(|before| format!("{before}{sentence}\""));
        assert!(said.iter().any(|it| source.contains(it)), "nobody says {sentence:?}");
    }
}

#[test]
fn a_form_says_what_is_wanted_and_what_is_there() {
    let short = "12".parse::<protocol::PurchaseCode>().unwrap_err();
    assert_eq!(fr(&form(short)), "il faut 16 caractères, il y en a 2");
    let letter = "x".parse::<protocol::Amount>().unwrap_err();
    assert_eq!(fr(&form(letter)), "le caractère 1 n'est pas permis");
}

#[test]
fn a_reason_of_a_server_is_said_in_the_users_language() {
    for (reason_text, wanted) in [
        ("expires: the day is over", "expires : ce jour est passé"),
        ("amount: its character 1 is not allowed", "amount : le caractère 1 n'est pas permis"),
        ("imei: its length is 2, not 15", "imei : il faut 15 caractères, il y en a 2"),
        (
            "the element app is not of its form: its length is 65, not 1 to 64",
            "app : il faut de 1 à 64 caractères, il y en a 65",
        ),
        ("the element code is missing", "code : il manque"),
        ("no such box", "cette box n'existe pas"),
        ("the box is retired", "la box est en état retired"),
        ("internal fault", "« internal fault »"),
    ] {
        assert_eq!(fr(&reason(reason_text)), wanted);
    }
}

#[test]
fn the_system_is_heard_through_a_library() {
    #[derive(Debug, thiserror::Error)]
    #[error("the file did not open")]
    struct Library(#[source] io::Error);
    let error = Library(io::ErrorKind::PermissionDenied.into());
    assert_eq!(
        fr(&any(&error)),
        "l'accès n'est pas permis (the file did not open: permission denied)"
    );
    assert_eq!(fr(&io(&io::ErrorKind::AddrInUse.into())).split(" (").next(), {
        Some("l'adresse est déjà prise par un autre programme")
    });
}

#[test]
fn a_problem_of_an_ini_keeps_its_place_and_names_the_nearest_key() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("aar.ini");
    fs::write(&file, "[module]\nrole = AAR\ninstance = aar-1\nlisen = 127.0.0.1:1\n").unwrap();
    let found = crate::verbs::check_config::load(&file).unwrap_err();
    let lines: Vec<_> = problems(&found).iter().map(fr).collect();
    let place = file.display();
    let unknown = "la clé « lisen » n'existe pas dans [module] ; vouliez-vous dire « listen » ?";
    assert!(lines.contains(&format!("{place}:4: {unknown}")), "{lines:?}");
    assert!(lines.iter().any(|it| it.contains("il manque [module] listen : une adresse IP")));
}

#[test]
fn a_secret_file_says_the_command_that_mends_it() {
    let error = config::read_secret(Path::new("/nowhere/m.keys"), "ngondo keys init").unwrap_err();
    let wanted = "/nowhere/m.keys n'existe pas ; faites-le : ngondo keys init";
    assert_eq!(fr(&secret(&error)), wanted);
}
