//! The three kinds of key file: of the fleet's root, of a callee, of a caller.
//!
//! # Format
//! Words between spaces, `#` begins a comment line:
//!
//! | file | line |
//! | --- | --- |
//! | root, kept offline | `root NUMBER HEX [current]` |
//! | callee | `callee INSTANCE NUMBER HEX` |
//! | caller | `caller NAME INSTANCE NUMBER HEX [current]` |
//!
//! Source: toki.md §2 (Keys)

use std::collections::BTreeMap;
use std::fmt::Write;

use crypto::Secret32;
use protocol::{Instance, PrincipalName};

use crate::derive;
use crate::form::KeyNumber;

use self::KeyFileFault::{Current, Empty, Form, Key, Mark, Name, Number, OtherName, Repeated};

/// A key file does not parse; the message names the line, never a key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("line {line}: {fault}")]
pub struct KeyFileError {
    /// Line of the fault, from 1; for a fault of the whole file, 1.
    pub line: usize,
    /// What is wrong there.
    pub fault: KeyFileFault,
}

/// What is wrong with a line of a key file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum KeyFileFault {
    /// The file holds no key.
    #[error("no key in the file")]
    Empty,
    /// Not the words of this kind of file.
    #[error("not a line of this kind of key file")]
    Form,
    /// A name is not of its form.
    #[error("a name of other characters than `A-Z a-z 0-9 . _ -`, or too long")]
    Name,
    /// The number is not one from 1.
    #[error("the key's number is not a number from 1")]
    Number,
    /// The key is not 64 hex digits.
    #[error("the key is not 64 hex digits (32 bytes)")]
    Key,
    /// The word after the key is not `current`.
    #[error("only the word `current` may follow the key")]
    Mark,
    /// The same key stands there twice.
    #[error("this key is in the file already")]
    Repeated,
    /// Two names in one file.
    #[error("the file is another's from this line on")]
    OtherName,
    /// Not exactly one of several keys is current.
    #[error("of several keys exactly one must be marked `current`")]
    Current,
}

/// Keys by number, one of them current.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Numbered {
    number: KeyNumber,
    key: Secret32,
    /// All of them, the current one too.
    all: BTreeMap<KeyNumber, Secret32>,
}

/// The fleet's roots, from which every key comes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RootFile(Numbered);

/// What one instance needs to be called.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CalleeFile {
    name: Instance,
    keys: BTreeMap<KeyNumber, Secret32>,
}

/// What one principal needs to call: a key for each callee.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CallerFile {
    name: PrincipalName,
    keys: BTreeMap<Instance, Numbered>,
}

// === impl Numbered ===

impl Numbered {
    /// The key under which new sessions are opened.
    pub const fn current(&self) -> (KeyNumber, &Secret32) {
        (self.number, &self.key)
    }

    fn map(&self, derive: impl Fn(&Secret32) -> Secret32) -> Self {
        let all = self.all.iter().map(|(number, key)| (*number, derive(key))).collect();
        Self { number: self.number, key: derive(&self.key), all }
    }
}

// === impl RootFile ===

impl RootFile {
    /// Reads a file.
    ///
    /// # Errors
    /// [`KeyFileError`] for the first line that is not of its form.
    pub fn parse(text: &str) -> Result<Self, KeyFileError> {
        let mut keys = Marked::default();
        for (line, words) in lines(text)? {
            let ["root", rest @ ..] = words.as_slice() else { return Err(line.is(Form)) };
            keys.take(line, rest)?;
        }
        Ok(Self(keys.finish()?))
    }

    /// Begins a fleet under number 1.
    pub fn new(key: Secret32) -> Self {
        let number = KeyNumber::FIRST;
        Self(Numbered { number, key: key.clone(), all: BTreeMap::from([(number, key)]) })
    }

    /// The same with one more key, which is the current one; nothing where numbers end.
    #[must_use]
    pub fn with_next(&self, key: Secret32) -> Option<Self> {
        let (last, _) = self.0.all.last_key_value()?;
        let number = last.get().checked_add(1).and_then(KeyNumber::new)?;
        let mut all = self.0.all.clone();
        all.insert(number, key.clone());
        Some(Self(Numbered { number, key, all }))
    }

    /// The number under which callers' files are made.
    pub const fn current(&self) -> KeyNumber {
        self.0.number
    }

    /// The same with the current key alone.
    pub(crate) fn current_alone(&self) -> Self {
        let Numbered { number, key, .. } = self.0.clone();
        Self(Numbered { number, key: key.clone(), all: BTreeMap::from([(number, key)]) })
    }

    /// Prints the file.
    pub fn print(&self) -> String {
        print_marked("root", &self.0)
    }

    /// Derives the file of an instance that is called.
    pub fn callee(&self, name: &Instance) -> CalleeFile {
        let keys = self.0.map(|root| derive::callee_key(root, name)).all;
        CalleeFile { name: *name, keys }
    }

    /// Derives the file of a caller, for these callees.
    pub fn caller(&self, name: &PrincipalName, callees: &[Instance]) -> CallerFile {
        let key = |callee: &Instance| {
            self.0.map(|root| derive::caller_key(&derive::callee_key(root, callee), name))
        };
        let keys = callees.iter().map(|callee| (*callee, key(callee))).collect();
        CallerFile { name: *name, keys }
    }
}

// === impl CalleeFile ===

impl CalleeFile {
    /// Reads a file.
    ///
    /// # Errors
    /// [`KeyFileError`] for the first line that is not of its form.
    pub fn parse(text: &str) -> Result<Self, KeyFileError> {
        let mut owner = None;
        let mut keys = BTreeMap::new();
        for (line, words) in lines(text)? {
            let ["callee", name, number, key] = words.as_slice() else {
                return Err(line.is(Form));
            };
            one(&mut owner, line, name)?;
            let (number, key) = (line.number(number)?, line.key(key)?);
            if keys.insert(number, key).is_some() {
                return Err(line.is(Repeated));
            }
        }
        let name = owner.ok_or(Line(1).is(Empty))?;
        Ok(Self { name, keys })
    }

    /// Prints the file.
    pub fn print(&self) -> String {
        let print = |(number, key): (&KeyNumber, &Secret32)| {
            format!("callee {} {number} {}\n", self.name, key.to_hex().as_str())
        };
        self.keys.iter().map(print).collect()
    }

    /// The instance.
    pub const fn name(&self) -> &Instance {
        &self.name
    }

    /// The instance's key of that number.
    pub(crate) fn key(&self, number: KeyNumber) -> Option<&Secret32> {
        self.keys.get(&number)
    }
}

// === impl CallerFile ===

impl CallerFile {
    /// Reads a file.
    ///
    /// # Errors
    /// [`KeyFileError`] for the first line that is not of its form.
    pub fn parse(text: &str) -> Result<Self, KeyFileError> {
        let mut owner = None;
        let mut keys: BTreeMap<Instance, Marked> = BTreeMap::new();
        for (line, words) in lines(text)? {
            let ["caller", name, callee, rest @ ..] = words.as_slice() else {
                return Err(line.is(Form));
            };
            one(&mut owner, line, name)?;
            let callee = callee.parse().map_err(|_| line.is(Name))?;
            keys.entry(callee).or_default().take(line, rest)?;
        }
        let name = owner.ok_or(Line(1).is(Empty))?;
        let keys = keys.into_iter().map(|(callee, it)| Ok((callee, it.finish()?)));
        Ok(Self { name, keys: keys.collect::<Result<_, _>>()? })
    }

    /// Prints the file.
    pub fn print(&self) -> String {
        let print = |(callee, keys)| print_marked(&format!("caller {} {callee}", self.name), keys);
        self.keys.iter().map(print).collect()
    }

    /// The caller.
    pub const fn name(&self) -> &PrincipalName {
        &self.name
    }

    /// The callees, each with the keys shared with it.
    pub fn callees(&self) -> impl Iterator<Item = (&Instance, &Numbered)> {
        self.keys.iter()
    }

    /// The keys shared with one callee.
    pub fn callee(&self, name: &Instance) -> Option<&Numbered> {
        self.keys.get(name)
    }
}

/// Number of a line, from 1.
#[derive(Debug, Clone, Copy)]
struct Line(usize);

// === impl Line ===

impl Line {
    const fn is(self, fault: KeyFileFault) -> KeyFileError {
        KeyFileError { line: self.0, fault }
    }

    fn number(self, word: &str) -> Result<KeyNumber, KeyFileError> {
        KeyNumber::parse(word).ok_or(self.is(Number))
    }

    fn key(self, word: &str) -> Result<Secret32, KeyFileError> {
        Secret32::from_hex(word).ok_or(self.is(Key))
    }
}

/// Keys while they are read.
#[derive(Debug, Default)]
struct Marked {
    keys: BTreeMap<KeyNumber, Secret32>,
    current: Vec<KeyNumber>,
    last: usize,
}

// === impl Marked ===

impl Marked {
    /// Takes `NUMBER HEX [current]`.
    fn take(&mut self, line: Line, words: &[&str]) -> Result<(), KeyFileError> {
        let (number, key, mark) = match *words {
            [number, key] => (number, key, None),
            [number, key, mark] => (number, key, Some(mark)),
            _ => return Err(line.is(Form)),
        };
        let (number, key) = (line.number(number)?, line.key(key)?);
        match mark {
            Some("current") => self.current.push(number),
            Some(_) => return Err(line.is(Mark)),
            None => {}
        }
        self.last = line.0;
        if self.keys.insert(number, key).is_some() { Err(line.is(Repeated)) } else { Ok(()) }
    }

    /// Ends: one key is the current one, and a single key is it without a mark.
    fn finish(self) -> Result<Numbered, KeyFileError> {
        let number = match (self.current.as_slice(), self.keys.first_key_value()) {
            ([one], _) => *one,
            ([], Some((one, _))) if self.keys.len() == 1 => *one,
            _ => return Err(Line(self.last).is(Current)),
        };
        let key = self.keys.get(&number).ok_or(Line(self.last).is(Current))?.clone();
        Ok(Numbered { number, key, all: self.keys })
    }
}

/// Goes over the lines that hold words; there must be one.
fn lines(text: &str) -> Result<Vec<(Line, Vec<&str>)>, KeyFileError> {
    let found: Vec<(Line, Vec<&str>)> = (1..)
        .zip(text.lines())
        .map(|(line, it)| (Line(line), it.split_ascii_whitespace().collect::<Vec<_>>()))
        .filter(|(_, words)| words.first().is_some_and(|word| !word.starts_with('#')))
        .collect();
    if found.is_empty() { Err(Line(1).is(Empty)) } else { Ok(found) }
}

/// Holds all lines of a file to one name.
fn one<T: std::str::FromStr + PartialEq + Copy>(
    owner: &mut Option<T>,
    line: Line,
    word: &str,
) -> Result<(), KeyFileError> {
    let name = word.parse().map_err(|_| line.is(Name))?;
    if *owner.get_or_insert(name) == name { Ok(()) } else { Err(line.is(OtherName)) }
}

fn print_marked(before: &str, keys: &Numbered) -> String {
    let mut text = String::new();
    for (number, key) in &keys.all {
        let mark = if *number == keys.number { " current" } else { "" };
        let _ = writeln!(text, "{before} {number} {}{mark}", key.to_hex().as_str());
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    fn root() -> RootFile {
        let keys = ["11", "22"].map(|it| it.repeat(32));
        RootFile::parse(&format!("# offline\nroot 6 {}\nroot 7 {} current\n", keys[0], keys[1]))
            .unwrap()
    }

    #[test]
    fn files_survive_their_print() {
        let callees = ["aar-1", "aar-2"].map(|it| it.parse().unwrap());
        let callee = root().callee(&callees[0]);
        let pppx = root().caller(&"pppx-1".parse().unwrap(), &callees);
        assert_eq!(RootFile::parse(&root().print()), Ok(root()));
        assert_eq!(CalleeFile::parse(&callee.print()).as_ref(), Ok(&callee));
        assert_eq!(CallerFile::parse(&pppx.print()).as_ref(), Ok(&pppx));
        let (number, key) = pppx.callee(&callees[0]).unwrap().current();
        assert_eq!(number.to_string(), "7");
        assert_eq!(derive::caller_key(callee.key(number).unwrap(), pppx.name()), *key);
        assert_ne!(pppx.callee(&callees[1]).unwrap().current().1, key);
    }

    #[test]
    fn debug_shows_no_key() {
        let pppx = root().caller(&"pppx-1".parse().unwrap(), &["aar-1".parse().unwrap()]);
        let callee = root().callee(&"aar-1".parse().unwrap());
        for text in [format!("{:?}", root()), format!("{callee:?}"), format!("{pppx:?}")] {
            assert!(text.contains("***") && !text.contains("34, 34"), "{text}");
        }
    }

    #[test]
    fn names_the_line_at_fault() {
        let key = "11".repeat(32);
        let at = |line, fault| Err(KeyFileError { line, fault });
        let root = |text: &str| RootFile::parse(&text.replace("KEY", &key)).map(|_| ());
        assert_eq!(root("# nothing\n"), at(1, Empty));
        assert_eq!(root("\nroot 7"), at(2, Form));
        assert_eq!(root("callee aar-1 7 KEY"), at(1, Form));
        assert_eq!(root("root 0 KEY"), at(1, Number));
        assert_eq!(root("root 7 KEYaa"), at(1, Key));
        assert_eq!(root("root 7 KEY old"), at(1, Mark));
        assert_eq!(root("root 7 KEY\nroot 7 KEY"), at(2, Repeated));
        assert_eq!(root("root 6 KEY\nroot 7 KEY"), at(2, Current));
        assert_eq!(root("root 6 KEY current\nroot 7 KEY current"), at(2, Current));
        let called = |text: &str| CalleeFile::parse(&text.replace("KEY", &key)).map(|_| ());
        assert_eq!(called("callee a/b 7 KEY"), at(1, Name));
        assert_eq!(called("callee a 6 KEY\ncallee b 7 KEY"), at(2, OtherName));
        assert_eq!(called("callee a 7 KEY\ncallee a 7 KEY"), at(2, Repeated));
        let pppx = |text: &str| CallerFile::parse(&text.replace("KEY", &key)).map(|_| ());
        assert_eq!(pppx("caller a b! 7 KEY"), at(1, Name));
        assert_eq!(pppx("caller a b 6 KEY\ncaller c b 7 KEY"), at(2, OtherName));
        assert_eq!(pppx("caller a b 6 KEY\ncaller a b 7 KEY"), at(2, Current));
    }
}
