//! Parsers that take a path get a file.

use std::env;
use std::fs;
use std::path::Path;
use std::process;
use std::sync::atomic::{AtomicU64, Ordering};

/// Runs `parse` on a file that holds `data`.
pub(crate) fn with(data: &[u8], parse: impl FnOnce(&Path)) {
    static COUNT: AtomicU64 = AtomicU64::new(0);
    let memory = Path::new("/dev/shm");
    let folder = if memory.is_dir() { memory.to_owned() } else { env::temp_dir() };
    let count = COUNT.fetch_add(1, Ordering::Relaxed);
    let path = folder.join(format!("ngondo-fuzz-{}-{count}", process::id()));
    fs::write(&path, data).expect("a temporary file can be written");
    parse(&path);
    fs::remove_file(&path).expect("a temporary file can be removed");
}
