//! What a SQLite error says about the file it came from.

/// `SQLITE_CORRUPT`.
const CORRUPT: u32 = 11;
/// `SQLITE_FULL`: the disk, or the bound that the spool was opened with.
const FULL: u32 = 13;
/// `SQLITE_CONSTRAINT`.
const CONSTRAINT: u32 = 19;
/// `SQLITE_MISMATCH`: a value of another type, in a strict table.
const MISMATCH: u32 = 20;
/// `SQLITE_TOOBIG`: one value over the engine's limit.
const TOO_BIG: u32 = 18;
/// `SQLITE_NOTADB`.
const NOT_A_DATABASE: u32 = 26;

/// Says whether the disk had no room.
pub(crate) fn is_full(error: &sqlx::Error) -> bool {
    primary(error) == Some(FULL)
}

/// Says whether the file is not, or no longer, a whole database.
pub(crate) fn is_corrupt(error: &sqlx::Error) -> bool {
    matches!(primary(error), Some(CORRUPT | NOT_A_DATABASE))
}

/// Says whether the rows themselves are at fault, so that asking again would change nothing.
pub(crate) fn is_poison(error: &sqlx::Error) -> bool {
    matches!(primary(error), Some(CONSTRAINT | MISMATCH | TOO_BIG))
}

/// The primary result code; the upper bits of the extended one only refine it.
fn primary(error: &sqlx::Error) -> Option<u32> {
    let code = error.as_database_error()?.code()?;
    code.parse::<u32>().ok().map(|code| code & 0xff)
}
