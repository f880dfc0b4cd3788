//! Damage by number: the same seed does the same damage everywhere.

/// What parsers stumble over.
const TOKENS: &[&[u8]] = &[
    b"<xml>",
    b"</xml>",
    b"<",
    b">",
    b"/>",
    b"&",
    b"&amp;",
    b"&#0;",
    b"&#x10FFFF;",
    b"<![CDATA[",
    b"]]>",
    b"<!--",
    b"-->",
    b"<?xml version='1.0'?>",
    b"<!DOCTYPE x>",
    b"<cmd>",
    b"<first>",
    b"<AAR>",
    b" ",
    b"\r\n",
    b"\0",
    b"\xff",
    b"\xef\xbb\xbf",
    b"\xc2\x85",
    b"\"",
    b"'",
    b"=",
    b"[",
    b"]",
    b"#",
    b";",
    b":",
    b",",
    b"-",
    b"+",
    b".",
    b"0",
    b"99999999999999999999",
    b"-1",
    b"*",
    b"R-",
    b"current",
    b"first = ",
];

/// The most bytes of what comes out: over the limit of a document.
const LONGEST: usize = 20 * 1024;

/// A generator of numbers (`SplitMix64`).
#[derive(Debug, Clone, Copy)]
pub struct Seed(u64);

impl Seed {
    /// Begins at a number.
    #[must_use]
    pub const fn new(number: u64) -> Self {
        Self(number)
    }

    /// The next number.
    pub const fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// A number below `end`, or zero where there is none.
    pub fn below(&mut self, end: usize) -> usize {
        let end = u64::try_from(end).unwrap_or(u64::MAX).max(1);
        usize::try_from(self.next() % end).unwrap_or(0)
    }

    /// One of several.
    pub fn pick<'a, T>(&mut self, of: &'a [T]) -> &'a T {
        &of[self.below(of.len())]
    }
}

/// Damages one of `corpus`, half of the time once, else up to eight times.
///
/// # Panics
/// Where the corpus is empty.
#[must_use]
pub fn mutate(seed: &mut Seed, corpus: &[Vec<u8>]) -> Vec<u8> {
    let mut data = seed.pick(corpus).clone();
    let times = if seed.below(2) == 0 { 1 } else { 1 + seed.below(8) };
    for _ in 0..times {
        damage(seed, &mut data, corpus);
    }
    data.truncate(LONGEST);
    data
}

/// Damages once.
fn damage(seed: &mut Seed, data: &mut Vec<u8>, corpus: &[Vec<u8>]) {
    let (start, end) = range(seed, data.len());
    match seed.below(8) {
        0 => drop(data.drain(start..end)),
        1 => data.truncate(start),
        2 => {
            let copy = data[start..end].to_vec();
            insert(data, end, &copy);
        }
        3 => insert(data, start, token(seed)),
        4 => drop(data.splice(start..end, token(seed).iter().copied())),
        5 => {
            let other = seed.pick(corpus);
            let (from, to) = range(seed, other.len());
            insert(data, start, &other[from..to]);
        }
        6 => data.iter_mut().skip(start).take(1).for_each(|byte| *byte ^= 1 << seed.below(8)),
        _ => {
            let byte = seed.next().to_le_bytes()[0];
            data.iter_mut().skip(start).take(1).for_each(|place| *place = byte);
        }
    }
}

/// A range within `len`, mostly a short one.
fn range(seed: &mut Seed, len: usize) -> (usize, usize) {
    let start = seed.below(len + 1);
    let most = if seed.below(4) == 0 { len } else { 16 };
    (start, (start + seed.below(most + 1)).min(len))
}

/// Puts `more` at a place.
fn insert(data: &mut Vec<u8>, at: usize, more: &[u8]) {
    drop(data.splice(at..at, more.iter().copied()));
}

/// One of the tokens.
fn token(seed: &mut Seed) -> &'static [u8] {
    TOKENS[seed.below(TOKENS.len())]
}
