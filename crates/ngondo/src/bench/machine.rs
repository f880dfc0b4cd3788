//! What a measurement ran on.

use std::fs;
use std::process::Command;
use std::thread::available_parallelism;

use serde::Serialize;

/// The machine and the versions on it; a value that it does not tell is empty.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Machine {
    /// Cores that may be used.
    pub cores: usize,
    /// Model of the processor.
    pub processor: String,
    /// Memory in MiB.
    pub memory_mib: u64,
    /// Release of the kernel.
    pub kernel: String,
    /// Version of the compiler found now.
    pub rustc: String,
    /// Version of this tool.
    pub ngondo: String,
}

// === impl Machine ===

impl Machine {
    /// Asks the machine.
    pub fn here() -> Self {
        Self {
            cores: available_parallelism().map_or(0, usize::from),
            processor: field("/proc/cpuinfo", "model name").unwrap_or_default(),
            memory_mib: field("/proc/meminfo", "MemTotal").map_or(0, |text| kib(&text) / 1024),
            kernel: fs::read_to_string("/proc/sys/kernel/osrelease")
                .map_or_else(|_| String::new(), |text| text.trim().to_owned()),
            rustc: rustc().unwrap_or_default(),
            ngondo: env!("CARGO_PKG_VERSION").to_owned(),
        }
    }
}

/// The first value of a field in a file of `name : value` lines.
fn field(file: &str, name: &str) -> Option<String> {
    let text = fs::read_to_string(file).ok()?;
    let mut lines = text.lines().filter_map(|line| line.split_once(':'));
    let (_, value) = lines.find(|(found, _)| found.trim() == name)?;
    Some(value.trim().to_owned())
}

fn kib(text: &str) -> u64 {
    text.split(' ').next().and_then(|number| number.parse().ok()).unwrap_or_default()
}

fn rustc() -> Option<String> {
    let output = Command::new("rustc").arg("--version").output().ok()?;
    Some(String::from_utf8(output.stdout).ok()?.trim().to_owned())
}
