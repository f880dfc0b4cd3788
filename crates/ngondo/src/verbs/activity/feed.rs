//! Server-sent events, read as they come.

use client::Opened;

/// The longest event that is read, in bytes; those of the feed have a few hundred.
const LONGEST: usize = 64 * 1024;

/// An open feed.
pub(super) struct Feed {
    opened: Opened,
    buffer: Buffer,
}

/// One event.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Event {
    /// Its kind.
    pub(super) kind: String,
    /// What it holds, JSON.
    pub(super) data: String,
}

/// Bytes that came and are no whole event yet.
#[derive(Default)]
struct Buffer(Vec<u8>);

// === impl Feed ===

impl Feed {
    pub(super) fn new(opened: Opened) -> Self {
        Self { opened, buffer: Buffer::default() }
    }

    /// The next event; nothing where the feed ended, was lost, or holds no events.
    pub(super) async fn next(&mut self) -> Option<Event> {
        loop {
            while let Some(block) = self.buffer.block() {
                if let Some(event) = Event::read(&block) {
                    return Some(event);
                }
            }
            if LONGEST < self.buffer.0.len() {
                return None;
            }
            let chunk = self.opened.chunk().await.ok().flatten()?;
            self.buffer.0.extend_from_slice(&chunk);
        }
    }
}

// === impl Buffer ===

impl Buffer {
    /// Takes what stands before the next empty line.
    fn block(&mut self) -> Option<String> {
        let end = self.0.windows(2).position(|it| it == b"\n\n")?;
        let rest = self.0.split_off(end + 2);
        let block = std::mem::replace(&mut self.0, rest);
        Some(String::from_utf8_lossy(&block).into_owned())
    }
}

// === impl Event ===

impl Event {
    /// Reads the lines of one event; a comment alone is none.
    fn read(block: &str) -> Option<Self> {
        let field = |name: &str| {
            let lines = block.lines().filter_map(|line| line.strip_prefix(name));
            let values: Vec<_> = lines.map(|it| it.strip_prefix(' ').unwrap_or(it)).collect();
            (!values.is_empty()).then(|| values.join("\n"))
        };
        let data = field("data:")?;
        Some(Self { kind: field("event:").unwrap_or_else(|| "message".to_owned()), data })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_events_however_they_are_cut() {
        let text =
            ": still here\n\nevent: request\ndata: {\"a\":1}\n\ndata:x\ndata: y\n\nevent: no";
        for cut in 1..text.len() {
            let mut buffer = Buffer::default();
            let mut events = Vec::new();
            for part in text.as_bytes().chunks(cut) {
                buffer.0.extend_from_slice(part);
                while let Some(block) = buffer.block() {
                    events.extend(Event::read(&block));
                }
            }
            let told: Vec<_> =
                events.iter().map(|it| (it.kind.as_str(), it.data.as_str())).collect();
            assert_eq!(told, [("request", "{\"a\":1}"), ("message", "x\ny")]);
        }
    }
}
