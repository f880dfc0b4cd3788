//! The one file that a principal holds: its keys to call, and a module's to be called.
//!
//! # Format
//! The lines of a caller's file, and for a module those of a callee's, in any order.
//!
//! Source: toki.md §2 (Keys)

use crypto::Zeroizing;
use protocol::{Instance, PrincipalName};

use crate::key_file::{CalleeFile, CallerFile, KeyFileError, KeyFileFault, RootFile};

/// What one principal holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PrincipalFile {
    /// With what it calls.
    pub caller: CallerFile,
    /// With what it is called, where it is a module.
    pub callee: Option<CalleeFile>,
}

// === impl PrincipalFile ===

impl PrincipalFile {
    /// Makes the file of a principal that calls these callees; one that bears the name of an
    /// instance among them is called too.
    ///
    /// The caller's lines are of the root's current number alone, the callee's of every number.
    pub fn of(root: &RootFile, name: &PrincipalName, callees: &[Instance]) -> Self {
        let others: Vec<_> =
            callees.iter().copied().filter(|it| it.as_str() != name.as_str()).collect();
        let own = callees.iter().find(|it| it.as_str() == name.as_str());
        Self {
            caller: root.current_alone().caller(name, &others),
            callee: own.map(|it| root.callee(it)),
        }
    }

    /// Reads a file.
    ///
    /// # Errors
    /// [`KeyFileError`] for a line that is not of its form, or is another's.
    pub fn parse(text: &str) -> Result<Self, KeyFileError> {
        let calls = CallerFile::parse(&blanked(text, |line| !is_callee(line)))?;
        let Some(before) = text.lines().position(is_callee) else {
            return Ok(Self { caller: calls, callee: None });
        };
        let called = CalleeFile::parse(&blanked(text, is_callee))?;
        if called.name().as_str() != calls.name().as_str() {
            return Err(KeyFileError { line: before + 1, fault: KeyFileFault::OtherName });
        }
        Ok(Self { caller: calls, callee: Some(called) })
    }

    /// Prints the file.
    pub fn print(&self) -> String {
        let callee = self.callee.as_ref().map(CalleeFile::print).unwrap_or_default();
        format!("{}{callee}", self.caller.print())
    }

    /// Whose it is.
    pub const fn name(&self) -> &PrincipalName {
        self.caller.name()
    }
}

fn is_callee(line: &str) -> bool {
    line.split_ascii_whitespace().next() == Some("callee")
}

/// The text with other lines left empty, so that the rest keep their numbers.
fn blanked(text: &str, keep: impl Fn(&str) -> bool) -> Zeroizing<String> {
    let lines: Vec<&str> = text.lines().map(|it| if keep(it) { it } else { "" }).collect();
    Zeroizing::new(lines.join("\n"))
}

#[cfg(test)]
mod tests {
    use crypto::Secret32;

    use super::*;
    use crate::form::KeyNumber;

    fn root() -> RootFile {
        RootFile::new(Secret32::new([7; 32])).with_next(Secret32::new([8; 32])).unwrap()
    }

    fn file(name: &str) -> PrincipalFile {
        let callees = ["aar-1", "pppx-1"].map(|it| it.parse().unwrap());
        PrincipalFile::of(&root(), &name.parse().unwrap(), &callees)
    }

    #[test]
    fn a_module_is_called_under_every_number_and_calls_under_the_current_one() {
        let module = file("aar-1");
        assert_eq!(PrincipalFile::parse(&module.print()).unwrap(), module);
        let text = module.print();
        let words = text.lines().map(|it| it.split(' ').take(4).filter(|it| it.len() < 64));
        let lines: Vec<_> = words.map(|it| it.collect::<Vec<_>>().join(" ")).collect();
        assert_eq!(lines, ["caller aar-1 pppx-1 2", "callee aar-1 1", "callee aar-1 2"]);
        assert_eq!(file("ada").callee, None);
        assert_eq!(file("ada").caller.callees().count(), 2);
    }

    #[test]
    fn another_number_stands_beside_the_old_ones() {
        let callee = "aar-1".parse().unwrap();
        let root = root();
        assert_eq!(root.current(), KeyNumber::new(2).unwrap());
        assert!(root.callee(&callee).print().lines().count() == 2);
        assert_eq!(RootFile::parse(&root.print()).unwrap(), root);
    }

    #[test]
    fn names_the_line_that_is_wrong() {
        let text = file("aar-1").print();
        let fault = |text: &str| PrincipalFile::parse(text).unwrap_err().to_string();
        let other = text.replace("callee aar-1", "callee sr-1");
        assert_eq!(fault(&other), "line 2: the file is another's from this line on");
        let short = text.replacen("caller aar-1 pppx-1 2 ", "caller aar-1 pppx-1 2 ab", 1);
        assert_eq!(fault(&short), "line 1: the key is not 64 hex digits (32 bytes)");
        let odd = format!("{text}root 1 {}\n", "ab".repeat(32));
        assert_eq!(fault(&odd), "line 4: not a line of this kind of key file");
        assert_eq!(fault("# nothing\n"), "line 1: no key in the file");
    }
}
