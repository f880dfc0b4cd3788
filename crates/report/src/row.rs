//! One row of REPORT, and how the spool keeps it.

mod body;

use std::borrow::Cow;
use std::fmt;

use protocol::{App, Bridge, Client, DeviceId, Instance, Role, Version};
use uuid::Uuid;

use body::Body;
pub use body::BodyError;

/// A short word that a program knows (`AUTH*`, `boxes/list`, `OK`, `UNKNOWN_BOX`).
pub type Text = Cow<'static, str>;

/// The command of a row that is no request: every few seconds a server writes one by itself, through the lane of
/// chatter, with its load. Its silence is the server's; and where it stands, so does all that came before it.
pub const WATERMARK: &str = "WATERMARK";

/// One request as one server saw it.
///
/// Never holds a code, a key, a crypto, a macaddr or a number in the clear. Times are microseconds.
///
/// Source: architecture.md, REPORT.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Row {
    /// A UUID of version 7, made by the server that writes.
    pub id: Uuid,
    /// The request, everywhere.
    pub bridge: Bridge,
    /// When it arrived, microseconds since 1970.
    pub at_us: i64,
    /// The instance that writes; the spool takes rows of its own server alone.
    pub server: Instance,
    /// Its role.
    pub role: Role,
    /// The sending application, where it could be read.
    pub app: Option<App>,
    /// Its version, where it could be read.
    pub version: Option<Version>,
    /// The command, or `noun/verb` of the management.
    pub cmd: Text,
    /// The result, or its true cause.
    pub result: Text,
    /// Who asked, as a keyed hash.
    pub client: Option<Client>,
    /// The box, where known.
    pub device: Option<DeviceId>,
    /// From arrival to the start of the work.
    pub queue_us: i64,
    /// From the start of the work to the answer.
    pub service_us: i64,
    /// Requests in work when it arrived.
    pub inflight: i64,
    /// How many this server takes at once.
    pub limit: i64,
    /// Size of the request's body.
    pub bytes_in: i64,
    /// Size of the answer's body.
    pub bytes_out: i64,
    /// Who answered, for PPPX.
    pub upstream: Option<Instance>,
    /// How often it was sent upstream.
    pub attempts: i64,
    /// Verdict on the token, where one was asked.
    pub toki: Option<Text>,
    /// Load of the machine, where known.
    pub cpu_permille: Option<i64>,
}

/// How durable a row is before `append` returns, and the file that keeps it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Lane {
    /// What money hangs on: on the disk before the answer leaves.
    Money,
    /// All else: survives the process at once, and a power cut 100 ms later.
    Chatter,
}

/// A small fact that a server keeps beside its rows, written in the same commit.
///
/// The greatest value of a key stands, byte by byte: two requests about one key may be committed in another order
/// than they were decided in. It stays in the spool and is never shipped. A key belongs to one lane.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mark {
    /// What it is about (a box).
    pub key: [u8; 16],
    /// What is known (its counter and last answer).
    pub value: Vec<u8>,
}

// === impl Row ===

impl Row {
    /// Prints the row as one JSON object whose names are the columns of REPORT.
    ///
    /// # Errors
    ///
    /// [`serde_json::Error`] where it cannot be encoded, which no value of a row leads to.
    pub fn to_json(&self) -> Result<String, serde_json::Error> {
        serde_json::to_string(&Body::from(self))
    }

    /// Reads what [`Row::to_json`] printed.
    ///
    /// # Errors
    ///
    /// [`BodyError`] names the column at fault.
    pub fn from_json(text: &str) -> Result<Self, BodyError> {
        serde_json::from_str::<Body<'_>>(text).map_err(BodyError::Json)?.into_row()
    }
}

// === impl Lane ===

impl Lane {
    /// Both lanes, the more precious first.
    pub const ALL: [Self; 2] = [Self::Money, Self::Chatter];

    /// The word that files and cursor rows carry.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Money => "money",
            Self::Chatter => "chatter",
        }
    }
}

impl fmt::Display for Lane {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}
