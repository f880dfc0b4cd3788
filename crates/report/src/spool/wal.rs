//! The write-ahead log beside a spool file, as far as SQLite does not tell: its name, its data on the disk, and
//! how much of it was being written when the power went.

use std::fs::File;
use std::io::{self, BufReader, ErrorKind, Read};
use std::path::{Path, PathBuf};

/// Length of the log's header.
const HEADER_BYTES: usize = 32;
/// Length of the header before each page.
const FRAME_BYTES: usize = 24;

/// The log's name: that of the database with `-wal` at its end.
pub(super) fn path(database: &Path) -> PathBuf {
    let mut name = database.as_os_str().to_owned();
    name.push("-wal");
    PathBuf::from(name)
}

/// Brings the log's data to the disk.
///
/// Without a log everything is in the database, which SQLite synced before it removed the log.
pub(super) fn sync(database: &Path) -> io::Result<()> {
    match File::open(path(database)) {
        Ok(log) => log.sync_data(),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(()),
        Err(error) => Err(error),
    }
}

/// Counts the frames that were begun since the log was last started over, whole or not.
///
/// Frames of an earlier round follow them with another salt: SQLite writes over a log without cutting it.
pub(super) fn frames(database: &Path) -> io::Result<u64> {
    let log = match File::open(path(database)) {
        Ok(log) => log,
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(0),
        Err(error) => return Err(error),
    };
    count(&mut BufReader::with_capacity(1 << 16, log))
}

fn count(log: &mut impl Read) -> io::Result<u64> {
    let header = take(log, HEADER_BYTES)?;
    let (Some(page), Some(salt)) = (number(&header, 8), header.get(16..24)) else {
        return Ok(0);
    };
    let mut frames = 0;
    loop {
        let frame = take(log, FRAME_BYTES)?;
        match frame.get(8..16) {
            Some(found) if found == salt => frames += 1,
            // Cut within its header: begun, and what is left of it proves nothing.
            None if !frame.is_empty() => return Ok(frames + 1),
            Some(_) | None => return Ok(frames),
        }
        io::copy(&mut log.take(u64::from(page)), &mut io::sink())?;
    }
}

/// Reads up to `length` bytes; fewer at the end.
fn take(log: &mut impl Read, length: usize) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::with_capacity(length);
    log.take(u64::try_from(length).unwrap_or(u64::MAX)).read_to_end(&mut bytes)?;
    Ok(bytes)
}

fn number(bytes: &[u8], at: usize) -> Option<u32> {
    let bytes = bytes.get(at..at.checked_add(4)?)?;
    Some(u32::from_be_bytes(bytes.try_into().ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A log of pages of 8 bytes: frames of this round, then of an earlier one.
    fn log(current: usize, earlier: usize) -> Vec<u8> {
        let mut bytes = vec![0; 8];
        bytes.extend(8_u32.to_be_bytes());
        bytes.extend([0; 4]);
        bytes.extend([7; 8]);
        bytes.extend([0; 8]);
        for salt in std::iter::repeat_n(7, current).chain(std::iter::repeat_n(6, earlier)) {
            bytes.extend([0; 8]);
            bytes.extend([salt; 8]);
            bytes.extend([0; 16]);
        }
        bytes
    }

    #[test]
    fn counts_the_frames_of_this_round_alone() {
        assert_eq!(count(&mut log(3, 2).as_slice()).unwrap(), 3);
        assert_eq!(count(&mut log(0, 2).as_slice()).unwrap(), 0);
        assert_eq!(count(&mut [].as_slice()).unwrap(), 0);
    }

    #[test]
    fn counts_a_frame_that_was_cut() {
        let whole = log(2, 0);
        assert_eq!(count(&mut &whole[..whole.len() - 1]).unwrap(), 2);
        assert_eq!(count(&mut &whole[..whole.len() - 31]).unwrap(), 2);
        assert_eq!(count(&mut &whole[..whole.len() - 32]).unwrap(), 1);
    }
}
