//! Why a service did not start.

use std::path::PathBuf;

/// Why a service did not start; every text says what to do about it.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// The ini has errors; all of them are listed.
    #[error("{0}")]
    Ini(String),
    /// The address is taken, or not this machine's.
    #[error("cannot listen on {addr}: is another instance running there? ([{section}] listen)")]
    Listen {
        /// The address.
        addr: std::net::SocketAddr,
        /// The ini section that names it.
        section: &'static str,
        /// What the system said.
        #[source]
        source: std::io::Error,
    },
    /// The key file is missing, readable by others, or lacks a key.
    #[error("{0}")]
    Keys(String),
    /// The spool cannot be opened.
    #[error("cannot open the spool in {}", folder.display())]
    Spool {
        /// The folder.
        folder: PathBuf,
        /// What went wrong.
        #[source]
        source: report::OpenError,
    },
    /// A database cannot be opened, or is of another version.
    #[error("{0}")]
    Database(String),
    /// The threads cannot be started.
    #[error("cannot start the runtime")]
    Runtime(#[source] std::io::Error),
    /// It was told to stop before it was ready.
    #[error("stopped before it was ready")]
    Stopped,
}

// === impl StartError ===

impl StartError {
    /// The exit code: 64 for a bad configuration, 1 for anything else.
    pub fn exit_code(&self) -> u8 {
        match self {
            Self::Ini(_) => 64,
            Self::Listen { .. }
            | Self::Keys(_)
            | Self::Spool { .. }
            | Self::Database(_)
            | Self::Runtime(_)
            | Self::Stopped => 1,
        }
    }
}

/// An error with its causes, as the log takes it.
pub fn chain(error: &(impl std::error::Error + 'static)) -> &(dyn std::error::Error + 'static) {
    error
}
