//! Looks for values in files, in each form in which they could stand there.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

/// A form in which a value could stand in a file, and what it is a form of.
struct Needle {
    bytes: Vec<u8>,
    what: String,
}

/// What is looked for, by its first two bytes.
#[derive(Default)]
pub(crate) struct Needles {
    by_head: BTreeMap<[u8; 2], Vec<Needle>>,
    heads: Vec<bool>,
    /// How many values are looked for.
    pub(crate) values: usize,
}

/// Shorter forms would be found by chance.
const SHORTEST: usize = 6;

// === impl Needles ===

impl Needles {
    fn add(&mut self, what: &str, form: &str, bytes: &[u8]) {
        let Some(head) = bytes.first_chunk::<2>().filter(|_| bytes.len() >= SHORTEST) else {
            return;
        };
        self.heads.resize(1 << 16, false);
        self.heads[usize::from(u16::from_be_bytes(*head))] = true;
        let what = format!("{what} ({form})");
        self.by_head.entry(*head).or_default().push(Needle { bytes: bytes.to_vec(), what });
    }

    /// Adds bytes as they are, in hex, in base64, and as a log would show them.
    pub(crate) fn binary(&mut self, what: &str, bytes: &[u8]) {
        self.values += 1;
        self.encoded(what, bytes);
        self.add(what, "as Debug shows bytes", format!("{bytes:?}").as_bytes());
        for (form, separator) in [("hex with colons", ":"), ("hex with dashes", "-")] {
            let text = hex(bytes, separator);
            self.add(what, form, text.as_bytes());
            self.add(what, form, text.to_uppercase().as_bytes());
        }
    }

    /// Adds a text with and without separators, in small letters and capitals, as number and UTF-16.
    pub(crate) fn text(&mut self, what: &str, text: &str) {
        self.values += 1;
        let bare: String = text.chars().filter(|it| it.is_alphanumeric()).collect();
        let grouped = |separator: &str| {
            let groups: Vec<_> = bare.as_bytes().chunks(4).map(String::from_utf8_lossy).collect();
            groups.join(separator)
        };
        for form in [text.to_owned(), bare.clone(), grouped(" "), grouped("-")] {
            for cased in [form.to_lowercase(), form.to_uppercase(), form] {
                self.encoded(what, cased.as_bytes());
                let wide: Vec<u8> = cased.encode_utf16().flat_map(u16::to_le_bytes).collect();
                self.add(what, "UTF-16", &wide);
            }
        }
        if let Ok(number) = bare.parse::<u64>() {
            let whole = number.to_be_bytes();
            let bytes = whole.iter().position(|it| *it != 0).map_or(&[][..], |at| &whole[at..]);
            self.add(what, "a number", bytes);
            self.add(what, "a number, least byte first", &number.to_le_bytes());
        }
    }

    fn encoded(&mut self, what: &str, bytes: &[u8]) {
        self.add(what, "as it is", bytes);
        let hex = hex(bytes, "");
        self.add(what, "hex", hex.as_bytes());
        self.add(what, "hex in capitals", hex.to_uppercase().as_bytes());
        for offset in 0..3 {
            for (form, alphabet) in [("base64", b"+/"), ("base64url", b"-_")] {
                self.add(what, form, base64_within(bytes, offset, *alphabet).as_bytes());
            }
        }
    }

    /// What of it stands in these bytes.
    fn found(&self, bytes: &[u8]) -> Vec<&str> {
        let mut found = Vec::new();
        for (at, head) in bytes.windows(2).enumerate() {
            let head = [head[0], head[1]];
            if !self.heads[usize::from(u16::from_be_bytes(head))] {
                continue;
            }
            let here = self.by_head.get(&head).into_iter().flatten();
            found.extend(
                here.filter(|it| bytes[at..].starts_with(&it.bytes)).map(|it| it.what.as_str()),
            );
        }
        found.sort_unstable();
        found.dedup();
        found
    }

    /// Searches every file below a folder; gives what stands where, and how many files there are.
    pub(crate) fn grep(&self, folder: &Path) -> (Vec<String>, Vec<PathBuf>) {
        let (mut found, mut files) = (Vec::new(), Vec::new());
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                let (inner, inner_files) = self.grep(&path);
                found.extend(inner);
                files.extend(inner_files);
            } else {
                let bytes = fs::read(&path).unwrap();
                let here = self.found(&bytes).into_iter();
                found.extend(here.map(|what| format!("{}: {what}", path.display())));
                files.push(path);
            }
        }
        (found, files)
    }
}

/// The characters of base64 that only these bytes decide, where they stand `offset` bytes behind a
/// multiple of three.
pub(crate) fn base64_within(bytes: &[u8], offset: usize, alphabet: [u8; 2]) -> String {
    const LETTERS: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
    let bits: Vec<u8> = std::iter::repeat_n(0, offset)
        .chain(bytes.iter().copied())
        .flat_map(|byte| (0..8).rev().map(move |bit| byte >> bit & 1))
        .collect();
    let sextets = bits.chunks_exact(6).skip((offset * 8).div_ceil(6));
    let letters = [LETTERS, &alphabet].concat();
    let letter = |sextet: &[u8]| {
        let value = sextet.iter().fold(0_usize, |sum, bit| sum << 1 | usize::from(*bit));
        char::from(letters[value])
    };
    sextets.map(letter).collect()
}

/// The hex of bytes, in small letters.
pub(crate) fn hex(bytes: &[u8], separator: &str) -> String {
    let pairs: Vec<_> = bytes.iter().map(|it| format!("{it:02x}")).collect();
    pairs.join(separator)
}
