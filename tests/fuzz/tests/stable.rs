//! The corpus and 20,000 seeded mutations of it, for every parser, without a fuzzer.

use std::fs;
use std::panic::catch_unwind;

use fuzz::mutate::{Seed, mutate};

/// Mutations of each parser.
const MUTATIONS: u64 = 20_000;

/// Where the damage begins; change it to see other damage.
const SEED: u64 = 2_026;

fn corpus(name: &str) -> Vec<Vec<u8>> {
    let folder = format!("{}/corpus/{name}", env!("CARGO_MANIFEST_DIR"));
    let mut files: Vec<_> =
        fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.sort();
    files.into_iter().map(|path| fs::read(path).unwrap()).collect()
}

/// Runs a parser; a panic is told with what it takes to see it again.
fn run(name: &str, fuzz: fn(&[u8])) {
    let corpus = corpus(name);
    for (number, data) in corpus.iter().enumerate() {
        let panicked = catch_unwind(|| fuzz(data)).is_err();
        assert!(!panicked, "{name}: file {number} of the corpus: {}", data.escape_ascii());
    }
    for number in 0..MUTATIONS {
        let seed = SEED + number;
        let data = mutate(&mut Seed::new(seed), &corpus);
        let panicked = catch_unwind(|| fuzz(&data)).is_err();
        assert!(!panicked, "{name}: seed {seed}: {}", data.escape_ascii());
    }
}

#[test]
fn request() {
    run("request", fuzz::request::fuzz);
}

#[test]
fn response() {
    run("response", fuzz::response::fuzz);
}

#[test]
fn authenticator() {
    run("authenticator", fuzz::authenticator::fuzz);
}

#[test]
fn credential() {
    run("credential", fuzz::credential::fuzz);
}

#[test]
fn keys() {
    run("keys", fuzz::keys::fuzz);
}

#[test]
fn ini() {
    run("ini", fuzz::ini::fuzz);
}

#[test]
fn inventory() {
    run("inventory", fuzz::inventory::fuzz);
}

#[test]
fn toki() {
    run("toki", fuzz::toki::fuzz);
}

/// The mutations are worth their time only where a good part of them still parses.
#[test]
fn some_mutations_stay_good() {
    let corpus = corpus("request");
    let good = (0..2_000)
        .filter(|&seed| protocol::Request::parse(&mutate(&mut Seed::new(seed), &corpus)).is_ok())
        .count();
    assert!((20..1_900).contains(&good), "{good} of 2,000");
}
