//! From bytes to lines of text, in bounded memory.

use std::io::{self, BufRead, BufReader, Read, Seek, SeekFrom};

use super::{Fault, LINE_MOST};

/// How bytes stand for characters.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Encoding {
    Utf8,
    Utf16Le,
    Utf16Be,
    /// What spreadsheets write on a Windows of Western Europe and Africa.
    Windows1252,
}

/// The lines of a file.
#[derive(Debug)]
pub(super) struct Lines<R: Read> {
    reader: BufReader<R>,
    encoding: Encoding,
    number: u64,
    /// Whether a CR was just read, whose LF may follow.
    after_cr: bool,
}

/// One line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Text {
    /// It reads.
    Line(String),
    /// It does not.
    Bad(Fault),
}

/// What stands in Windows-1252 at 0x80 to 0x9f; a zero where nothing does.
const HIGH: [u16; 32] = [
    0x20ac, 0, 0x201a, 0x0192, 0x201e, 0x2026, 0x2020, 0x2021, 0x02c6, 0x2030, 0x0160, 0x2039,
    0x0152, 0, 0x017d, 0, 0, 0x2018, 0x2019, 0x201c, 0x201d, 0x2022, 0x2013, 0x2014, 0x02dc,
    0x2122, 0x0161, 0x203a, 0x0153, 0, 0x017e, 0x0178,
];

// === impl Lines ===

impl<R: Read + Seek> Lines<R> {
    /// Looks at the whole file for its encoding, and stands at its first line; with it, how many
    /// lines there are at most.
    pub(super) fn open(mut file: R) -> io::Result<(Self, u64)> {
        let (encoding, lines) = scan(&mut file)?;
        file.seek(SeekFrom::Start(0))?;
        let mut reader = BufReader::new(file);
        let mark: &[u8] = match encoding {
            Encoding::Utf8 => b"\xef\xbb\xbf",
            Encoding::Utf16Le => b"\xff\xfe",
            Encoding::Utf16Be => b"\xfe\xff",
            Encoding::Windows1252 => b"",
        };
        if reader.fill_buf()?.starts_with(mark) {
            reader.consume(mark.len());
        }
        Ok((Self { reader, encoding, number: 0, after_cr: false }, lines))
    }
}

impl<R: Read> Lines<R> {
    /// The number of the line that was read last, from 1.
    pub(super) fn number(&self) -> u64 {
        self.number
    }

    /// Reads the next line, without its end; `None` behind the last.
    pub(super) fn next_text(&mut self) -> io::Result<Option<Text>> {
        let mut units: Vec<u16> = Vec::new();
        let mut begun = false;
        let mut over = false;
        while let Some(unit) = self.unit()? {
            let after_cr = std::mem::replace(&mut self.after_cr, unit == 13);
            match unit {
                10 if after_cr && !begun => continue,
                10 | 13 => {
                    begun = true;
                    break;
                }
                _ if units.len() < LINE_MOST => units.push(unit),
                _ => over = true,
            }
            begun = true;
        }
        if !begun {
            return Ok(None);
        }
        self.number += 1;
        let text = if over { Err(Fault::TooLong) } else { self.decode(&units) };
        Ok(Some(text.map_or_else(Text::Bad, Text::Line)))
    }

    /// One byte, or two of UTF-16; a byte left alone at the end is no character.
    fn unit(&mut self) -> io::Result<Option<u16>> {
        let Some(first) = self.byte()? else { return Ok(None) };
        let pair = match self.encoding {
            Encoding::Utf8 | Encoding::Windows1252 => return Ok(Some(first.into())),
            Encoding::Utf16Le => self.byte()?.map(|second| u16::from_le_bytes([first, second])),
            Encoding::Utf16Be => self.byte()?.map(|second| u16::from_be_bytes([first, second])),
        };
        // A surrogate alone does not decode.
        Ok(Some(pair.unwrap_or(0xdfff)))
    }

    fn byte(&mut self) -> io::Result<Option<u8>> {
        let byte = self.reader.fill_buf()?.first().copied();
        self.reader.consume(usize::from(byte.is_some()));
        Ok(byte)
    }

    fn decode(&self, units: &[u16]) -> Result<String, Fault> {
        let bytes = || units.iter().filter_map(|unit| u8::try_from(*unit).ok());
        match self.encoding {
            Encoding::Utf8 => String::from_utf8(bytes().collect()).map_err(|_| Fault::NotText),
            Encoding::Windows1252 => bytes().map(western).collect(),
            Encoding::Utf16Le | Encoding::Utf16Be => {
                String::from_utf16(units).map_err(|_| Fault::NotText)
            }
        }
    }
}

/// The character of a byte of Windows-1252.
fn western(byte: u8) -> Result<char, Fault> {
    let at = byte.checked_sub(0x80).and_then(|at| HIGH.get(usize::from(at)));
    let unit = at.copied().unwrap_or_else(|| byte.into());
    let character = (unit != 0 || byte == 0).then(|| char::from_u32(unit.into())).flatten();
    character.ok_or(Fault::NotText)
}

/// Finds the encoding, and counts what may end a line.
///
/// A file that is not UTF-8 is Windows-1252, save that it has characters of several bytes that
/// are: then it is UTF-8 with damaged lines, and those alone are told.
fn scan(file: &mut impl Read) -> io::Result<(Encoding, u64)> {
    let mut chunk = vec![0; 64 * 1024];
    let mut kept = 0;
    let (mut lines, mut first) = (1, None);
    let (mut is_utf8, mut several) = (true, false);
    loop {
        let space = chunk.get_mut(kept..).unwrap_or_default();
        let read = file.read(space)?;
        let bytes = chunk.get(..kept + read).unwrap_or_default();
        first = first.or_else(|| (read > 0).then(|| marked(bytes)));
        let fresh = bytes.get(kept..).unwrap_or_default();
        let ends = fresh.iter().filter(|byte| matches!(byte, 10 | 13)).count();
        lines += u64::try_from(ends).unwrap_or(u64::MAX);
        let seen = Seen::of(bytes);
        several |= seen.several;
        is_utf8 &= !seen.damaged && (read > 0 || seen.cut == 0);
        if read == 0 {
            break;
        }
        // A character that the chunk cuts is looked at with the next one.
        let from = bytes.len() - seen.cut;
        let end = bytes.len();
        chunk.copy_within(from..end, 0);
        kept = seen.cut;
    }
    let encoding = first.flatten().unwrap_or(if is_utf8 || several {
        Encoding::Utf8
    } else {
        Encoding::Windows1252
    });
    Ok((encoding, lines))
}

/// What a chunk shows of UTF-8.
#[derive(Default)]
struct Seen {
    /// Bytes that are none.
    damaged: bool,
    /// A character of several bytes.
    several: bool,
    /// How many bytes at the end may begin a character.
    cut: usize,
}

// === impl Seen ===

impl Seen {
    fn of(bytes: &[u8]) -> Self {
        let mut seen = Self::default();
        let mut chunks = bytes.utf8_chunks().peekable();
        while let Some(chunk) = chunks.next() {
            seen.several |= !chunk.valid().is_ascii();
            let invalid = chunk.invalid();
            let last = chunks.peek().is_none();
            if last && std::str::from_utf8(invalid).is_err_and(|it| it.error_len().is_none()) {
                seen.cut = invalid.len();
            } else {
                seen.damaged |= !invalid.is_empty();
            }
        }
        seen
    }
}

/// The encoding that the first bytes tell: by a mark, or by the zeros of UTF-16.
fn marked(bytes: &[u8]) -> Option<Encoding> {
    match bytes {
        [0xef, 0xbb, 0xbf, ..] => Some(Encoding::Utf8),
        [0xff, 0xfe, ..] => Some(Encoding::Utf16Le),
        [0xfe, 0xff, ..] => Some(Encoding::Utf16Be),
        [first, 0, second, 0, ..] if *first != 0 && *second != 0 => Some(Encoding::Utf16Le),
        [0, first, 0, second, ..] if *first != 0 && *second != 0 => Some(Encoding::Utf16Be),
        _ => None,
    }
}
