use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use clap::CommandFactory;

use super::*;
use crate::cli::Cli;

/// The keys and parts that a catalogue has.
fn keys(source: &str) -> BTreeSet<String> {
    let mut keys = BTreeSet::new();
    let mut key = String::new();
    for line in source.lines() {
        let Some((name, _)) = line.split_once(" =") else { continue };
        if let Some(part) = name.strip_prefix("    .") {
            keys.insert(format!("{key}.{part}"));
        } else if name.bytes().all(|b| b.is_ascii_alphanumeric() || b"-_".contains(&b)) {
            name.clone_into(&mut key);
            keys.insert(key.clone());
        }
    }
    keys
}

/// The places (`{ $name }`) of each key.
fn places(source: &str) -> BTreeSet<(String, String)> {
    let mut places = BTreeSet::new();
    let mut key = String::new();
    for line in source.lines().filter(|line| !line.starts_with('#')) {
        if let Some((name, _)) = line.split_once(" =") {
            name.trim().clone_into(&mut key);
        }
        for place in line.split('$').skip(1) {
            let end = place.find(|c: char| !c.is_ascii_alphanumeric() && c != '_');
            places.insert((key.clone(), place[..end.unwrap_or(place.len())].to_owned()));
        }
    }
    places
}

fn sources(folder: &Path, into: &mut String) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            sources(&path, into);
        } else if path.extension().is_some_and(|it| it == "rs") && !path.ends_with("tests.rs") {
            into.push_str(&fs::read_to_string(&path).unwrap());
        }
    }
}

/// The keys that the source names in `said!`, `failed!` and `bad_config!`.
fn used() -> BTreeSet<String> {
    let mut source = String::new();
    sources(&Path::new(env!("CARGO_MANIFEST_DIR")).join("src"), &mut source);
    let mut used = BTreeSet::new();
    for name in ["said!(", "failed!(", "bad_config!(", "misused!("] {
        for call in source.split(name).skip(1) {
            if let Some(key) = call.trim_start().strip_prefix('"') {
                used.insert(key.split('"').next().unwrap_or_default().to_owned());
            }
        }
    }
    used.remove("key");
    used
}

/// The keys that are made at run time: help of each verb, results, states.
fn made() -> BTreeSet<String> {
    fn verbs(command: &clap::Command, key: &str, made: &mut BTreeSet<String>) {
        for child in command.get_subcommands() {
            let key = format!("{key}-{}", child.get_name());
            made.insert(key.clone());
            verbs(child, &key, made);
        }
    }
    let mut made: BTreeSet<_> = ["tool".to_owned()].into();
    for option in ["config", "pppx", "lang", "json", "help", "version"] {
        made.insert(format!("option-{option}"));
    }
    verbs(&Cli::command(), "verb", &mut made);
    made.extend(crate::verbs::made_keys());
    made
}

#[test]
fn both_catalogues_are_free_of_errors() {
    for lang in Lang::ALL {
        let parsed = FluentResource::try_new(lang.source().to_owned());
        assert!(parsed.is_ok(), "{lang:?}: {:?}", parsed.err().map(|(_, errors)| errors));
    }
}

#[test]
fn both_catalogues_have_the_same_keys_and_places() {
    assert_eq!(keys(Lang::Fr.source()), keys(Lang::En.source()));
    assert_eq!(places(Lang::Fr.source()), places(Lang::En.source()));
}

#[test]
fn every_key_that_the_source_uses_exists_and_every_other_is_gone() {
    let known: BTreeSet<_> =
        keys(Lang::Fr.source()).into_iter().filter(|key| !key.contains('.')).collect();
    let wanted: BTreeSet<_> = used().union(&made()).cloned().collect();
    assert_eq!(wanted, known);
}

#[test]
fn a_failure_says_what_is_safe_and_what_to_do_next() {
    let mut source = String::new();
    sources(&Path::new(env!("CARGO_MANIFEST_DIR")).join("src"), &mut source);
    let known = keys(Lang::Fr.source());
    for name in ["failed!(", "bad_config!(", "misused!("] {
        for call in source.split(name).skip(1) {
            let Some(key) = call.trim_start().strip_prefix('"') else { continue };
            let key = key.split('"').next().unwrap_or_default();
            if key == "key" {
                continue;
            }
            assert!(known.contains(&format!("{key}.safe")), "{key} does not say what is safe");
            assert!(known.contains(&format!("{key}.next")), "{key} does not say what to do next");
        }
    }
}

#[test]
fn counts_right_in_both_languages() {
    let zero = said!("vouchers-imported", count = 0_usize);
    assert_eq!(Words::new(Lang::Fr).say(&zero), "0 code importé.");
    assert_eq!(Words::new(Lang::En).say(&zero), "0 codes imported.");
}

#[test]
fn chooses_the_language_asked_for_then_the_locale_then_french() {
    assert_eq!(Lang::choose(Some(Lang::En), Some("fr_CM.UTF-8")), Lang::En);
    assert_eq!(Lang::choose(None, Some("en_GB.UTF-8")), Lang::En);
    assert_eq!(Lang::choose(None, Some("C.UTF-8")), Lang::Fr);
    assert_eq!(Lang::choose(None, None), Lang::Fr);
}
