//! The ini of a module: what an operator's hand, and INIT, wrote.

use config::Module;
use protocol::Role;

use crate::file;

/// Reads an ini as that of an AAR; what is wrong is told in words.
pub fn fuzz(data: &[u8]) {
    file::with(data, |path| {
        if let Err(problems) = Module::check(path, Role::Aar, &[]) {
            drop(problems.to_string());
        }
    });
}
