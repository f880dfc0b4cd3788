//! Which characters a document may hold.

use super::Reason;

/// Whether XML and the protocol allow `c`: no control character but tab, CR and LF.
pub(super) const fn allowed(c: char) -> bool {
    !matches!(c,
        '\0'..='\x08' | '\x0b' | '\x0c' | '\x0e'..='\x1f' | '\x7f'..='\u{9f}' | '\u{fffe}' | '\u{ffff}')
}

/// Whether `c` is white space of XML.
pub(super) const fn is_space(c: char) -> bool {
    matches!(c, ' ' | '\t' | '\r' | '\n')
}

/// What a document holds that most do not.
#[derive(Debug, Clone, Copy)]
pub(super) struct Traits {
    /// A CR, which is read as LF where it stands as such.
    pub(super) has_cr: bool,
    /// A `]`, which may end a CDATA section that was never begun.
    pub(super) has_bracket: bool,
}

/// Checks every character of a document.
///
/// One pass without branches decides for the usual document of plain ASCII.
pub(super) fn check(document: &str) -> Result<Traits, Reason> {
    let (mut odd, mut cr, mut bracket) = (0_u8, 0_u8, 0_u8);
    for byte in document.bytes() {
        let space = u8::from(byte == b'\t') | u8::from(byte == b'\n') | u8::from(byte == b'\r');
        odd |= (u8::from(byte < b' ') & !space) | u8::from(b'~' < byte);
        cr |= u8::from(byte == b'\r');
        bracket |= u8::from(byte == b']');
    }
    if odd == 0 || document.chars().all(allowed) {
        Ok(Traits { has_cr: cr != 0, has_bracket: bracket != 0 })
    } else {
        Err(Reason::Borrowed("the document holds a control character"))
    }
}

/// Resolves what stands between `&` and `;`.
pub(super) fn reference(content: &str) -> Result<char, Reason> {
    let named = match content {
        "amp" => '&',
        "lt" => '<',
        "gt" => '>',
        "quot" => '"',
        "apos" => '\'',
        _ => return numbered(content),
    };
    Ok(named)
}

/// Resolves `#65` and `#x41`.
fn numbered(content: &str) -> Result<char, Reason> {
    let number = content
        .strip_prefix('#')
        .ok_or(Reason::Borrowed("the document holds an entity that is not predefined"))?;
    let (digits, radix) = number.strip_prefix('x').map_or((number, 10), |hex| (hex, 16));
    let plain = digits.chars().all(|c| c.is_digit(radix));
    u32::from_str_radix(digits, radix)
        .ok()
        .filter(|_| plain)
        .and_then(char::from_u32)
        .filter(|&c| allowed(c))
        .ok_or(Reason::Borrowed(
            "the document holds a reference to a character that it may not hold",
        ))
}

/// Checks `xml version="1.0"`, then encoding and standalone, if any.
pub(super) fn declaration(content: &str) -> Result<(), Reason> {
    const WRONG: Reason = Reason::Borrowed("the XML declaration is not of its form");
    let mut rest = content.strip_prefix("xml").ok_or(WRONG)?;
    let mut names = ["version", "encoding", "standalone"].iter();
    let mut first = true;
    while !rest.trim_matches(is_space).is_empty() {
        let (name, after) = rest.split_once('=').ok_or(WRONG)?;
        let spaced = name.starts_with(is_space);
        let name = name.trim_matches(is_space);
        names.find(|&&known| known == name).filter(|_| spaced).ok_or(WRONG)?;
        let after = after.trim_start_matches(is_space);
        let quote = after.chars().next().filter(|c| matches!(c, '"' | '\'')).ok_or(WRONG)?;
        let (value, after) =
            after.strip_prefix(quote).and_then(|text| text.split_once(quote)).ok_or(WRONG)?;
        match (name, value) {
            ("version", "1.0") | ("standalone", "yes" | "no") => {}
            ("encoding", value) if value.eq_ignore_ascii_case("utf-8") => {}
            ("encoding", _) => return Err(Reason::Borrowed("the encoding is not UTF-8")),
            _ => return Err(WRONG),
        }
        if first && name != "version" {
            return Err(WRONG);
        }
        first = false;
        rest = after;
    }
    if first { Err(WRONG) } else { Ok(()) }
}

/// Whether `name` can name an element that has no namespace.
pub(super) fn is_name(name: &str) -> bool {
    let start = |c: char| c.is_alphabetic() || c == '_';
    let inner = |c: char| start(c) || c.is_numeric() || matches!(c, '-' | '.' | '\u{b7}');
    name.starts_with(start) && name.chars().all(inner)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn takes_every_character_but_controls() {
        assert!(check("é\t\r\n𐍈~").is_ok());
        for text in ["\0", "\u{1}", "\u{7f}", "\u{85}", "é\u{b}", "\u{fffe}"] {
            assert!(check(text).is_err(), "{text:?}");
        }
    }

    #[test]
    fn resolves_the_five_and_the_numbered() {
        for (content, c) in
            [("amp", '&'), ("#65", 'A'), ("#x41", 'A'), ("#x1F600", '😀'), ("#13", '\r')]
        {
            assert_eq!(reference(content), Ok(c));
        }
        for content in
            ["nbsp", "", "#", "#x", "#+65", "#0", "#1", "#x7f", "#xD800", "#x110000", "#X41", "#-1"]
        {
            assert!(reference(content).is_err(), "{content}");
        }
    }

    #[test]
    fn takes_a_declaration_of_utf_8_or_of_nothing() {
        for content in [
            "xml version=\"1.0\"",
            "xml version='1.0' encoding='utf-8' ",
            "xml version = \"1.0\" encoding=\"UTF-8\" standalone=\"yes\"",
        ] {
            assert_eq!(declaration(content), Ok(()), "{content}");
        }
        for content in [
            "xml",
            "xml encoding=\"UTF-8\"",
            "xml version=\"1.1\"",
            "xml version=\"1.0\" encoding=\"ISO-8859-1\"",
            "xml version=\"1.0\" standalone=\"yes\" encoding=\"UTF-8\"",
            "xml version=\"1.0\"encoding=\"UTF-8\"",
            "xml version=\"1.0\" version=\"1.0\"",
            "xml version=1.0",
            "xml version=\"1.0\" x",
        ] {
            assert!(declaration(content).is_err(), "{content}");
        }
    }
}
