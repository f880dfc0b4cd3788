//! From bytes to the texts of known elements, in one pass and within limits.

use std::borrow::Cow;

use quick_xml::Reader;
use quick_xml::events::{BytesStart, Event};

use super::chars::{self, Traits};
use super::{DEPTH, DOCUMENT_BYTES, Fields, Key, Reason};
use crate::TEXT_BYTES;

/// What an open element is.
#[derive(Debug, Clone, Copy)]
enum Kind {
    /// The root.
    Root,
    /// An element of the protocol.
    Known(Key),
    /// One that is ignored.
    Unknown,
}

/// An open element.
#[derive(Debug, Clone, Copy)]
struct Level {
    kind: Kind,
    has_children: bool,
}

/// Where the pass is.
struct Scan<'a> {
    fields: Fields<'a>,
    /// Open elements, the root first.
    levels: [Level; DEPTH],
    depth: usize,
    /// The text since the last tag.
    text: Cow<'a, str>,
    elements: usize,
    max_elements: usize,
    traits: Traits,
    done: bool,
}

/// Reads a document of at most `max_elements` elements under its root.
///
/// What was read up to a fault is given too: the command may be among it.
pub(crate) fn scan(document: &[u8], max_elements: usize) -> (Fields<'_>, Result<(), Reason>) {
    let level = Level { kind: Kind::Unknown, has_children: false };
    let mut scan = Scan {
        fields: Fields::default(),
        levels: [level; DEPTH],
        depth: 0,
        text: Cow::Borrowed(""),
        elements: 0,
        max_elements,
        traits: Traits { has_cr: true, has_bracket: true },
        done: false,
    };
    let result = scan.document(document);
    (scan.fields, result)
}

// === impl Scan ===

impl<'a> Scan<'a> {
    /// Reads the whole document.
    fn document(&mut self, document: &'a [u8]) -> Result<(), Reason> {
        if DOCUMENT_BYTES < document.len() {
            return Err(Reason::Borrowed("the document is over 16 KiB"));
        }
        let text =
            str::from_utf8(document).map_err(|_| Reason::Borrowed("the document is not UTF-8"))?;
        self.traits = chars::check(text)?;
        let mut reader = Reader::from_str(text);
        reader.config_mut().check_comments = true;
        let mut first = true;
        loop {
            let event = reader
                .read_event()
                .map_err(|_| Reason::Borrowed("the document is not well-formed"))?;
            if matches!(event, Event::Eof) {
                break;
            }
            self.event(event, first)?;
            first = false;
        }
        if self.done {
            Ok(())
        } else {
            Err(Reason::Borrowed("the document ends before its root does"))
        }
    }

    /// Takes one event; `first` says that none was before it.
    fn event(&mut self, event: Event<'a>, first: bool) -> Result<(), Reason> {
        match event {
            Event::Start(start) => self.open(&start),
            Event::End(_) => self.close(),
            Event::Empty(start) => {
                self.open(&start)?;
                self.close()
            }
            Event::Text(text) => {
                if self.traits.has_bracket && text.contains("]]>") {
                    return Err(Reason::Borrowed("the document is not well-formed"));
                }
                let content =
                    if self.traits.has_cr { text.xml10_content() } else { text.into_inner() };
                self.text(content)
            }
            Event::CData(data) if self.depth != 0 => self.text(data.xml10_content()),
            Event::CData(_) => Err(Reason::Borrowed("text stands outside the root")),
            Event::GeneralRef(reference) => {
                let c = chars::reference(&reference)?;
                self.text(Cow::Owned(c.to_string()))
            }
            Event::Comment(_) | Event::Eof => Ok(()),
            Event::Decl(declaration) if first => chars::declaration(&declaration),
            Event::Decl(_) => Err(Reason::Borrowed("the XML declaration is not first")),
            Event::PI(_) => Err(Reason::Borrowed("the document holds a processing instruction")),
            Event::DocType(_) => Err(Reason::Borrowed("the document holds a DOCTYPE")),
        }
    }

    /// Opens an element.
    fn open(&mut self, start: &BytesStart<'a>) -> Result<(), Reason> {
        let name = start.name();
        let kind = self.kind(name.as_ref())?;
        if !start.attributes_raw().trim_ascii().is_empty() {
            return Err(blame(kind, "has an attribute"));
        }
        if let Kind::Known(key) = kind
            && !self.fields.open(key)
        {
            return Err(blame(kind, "stands twice"));
        }
        self.no_text_beside_elements()?;
        if let Some(parent) = self.current_mut() {
            parent.has_children = true;
        }
        let level = self
            .levels
            .get_mut(self.depth)
            .ok_or(Reason::Borrowed("the document has more than 4 elements in each other"))?;
        *level = Level { kind, has_children: false };
        self.depth += 1;
        Ok(())
    }

    /// Tells what an element is by its name and place, and counts it.
    fn kind(&mut self, name: &str) -> Result<Kind, Reason> {
        let Some(parent) = self.current() else {
            return if self.done || name != "xml" {
                Err(Reason::Borrowed("the root is not one element named xml"))
            } else {
                Ok(Kind::Root)
            };
        };
        self.elements += 1;
        if self.max_elements < self.elements {
            return Err(Reason::Borrowed("the document has too many elements"));
        }
        let key = match parent.kind {
            Kind::Root => Key::under_root(name),
            Kind::Known(Key::Group(group)) => Key::Group(group).child(name),
            Kind::Known(_) => return Err(blame(parent.kind, "holds an element")),
            Kind::Unknown => None,
        };
        match key {
            Some(key) => Ok(Kind::Known(key)),
            None if chars::is_name(name) => Ok(Kind::Unknown),
            None => Err(Reason::Borrowed("an element's name is not plain")),
        }
    }

    /// Closes the element that was opened last.
    fn close(&mut self) -> Result<(), Reason> {
        let level = self.current().ok_or(Reason::Borrowed("the document is not well-formed"))?;
        if level.has_children || matches!(level.kind, Kind::Root | Kind::Known(Key::Group(_))) {
            self.no_text_beside_elements()?;
        }
        let text = std::mem::take(&mut self.text);
        if let Kind::Known(key @ (Key::Text(_) | Key::Part(..))) = level.kind {
            self.fields.push(key, trim(text));
        }
        self.depth -= 1;
        self.done = self.depth == 0;
        Ok(())
    }

    /// Adds to the text of the element at hand.
    fn text(&mut self, more: Cow<'a, str>) -> Result<(), Reason> {
        let Some(level) = self.current() else {
            return if more.trim_ascii().is_empty() {
                Ok(())
            } else {
                Err(Reason::Borrowed("text stands outside the root"))
            };
        };
        if TEXT_BYTES < self.text.len() + more.len() {
            return Err(blame(level.kind, "holds more than 8 KiB of text"));
        }
        if self.text.is_empty() {
            self.text = more;
        } else {
            self.text.to_mut().push_str(&more);
        }
        Ok(())
    }

    /// Refuses text between elements, other than white space.
    fn no_text_beside_elements(&mut self) -> Result<(), Reason> {
        if self.text.trim_ascii().is_empty() {
            self.text = Cow::Borrowed("");
            return Ok(());
        }
        let kind = self.current().map_or(Kind::Unknown, |level| level.kind);
        Err(blame(kind, "holds text beside elements"))
    }

    /// The element that was opened last.
    fn current(&self) -> Option<Level> {
        self.levels.get(self.depth.checked_sub(1)?).copied()
    }

    /// The element that was opened last, to be changed.
    fn current_mut(&mut self) -> Option<&mut Level> {
        self.levels.get_mut(self.depth.checked_sub(1)?)
    }
}

/// A sentence about an element; the name of an unknown one is not repeated.
fn blame(kind: Kind, fault: &str) -> Reason {
    match kind {
        Kind::Root => Reason::Owned(format!("the root {fault}")),
        Kind::Known(key) => Reason::Owned(format!("the element {} {fault}", key.name())),
        Kind::Unknown => Reason::Owned(format!("an unknown element {fault}")),
    }
}

/// A text without the white space around it.
fn trim(text: Cow<'_, str>) -> Cow<'_, str> {
    match text {
        Cow::Borrowed(text) => Cow::Borrowed(text.trim_ascii()),
        Cow::Owned(text) => Cow::Owned(text.trim_ascii().to_owned()),
    }
}
