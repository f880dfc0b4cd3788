//! What is read, and that an edit changes nothing but values.

use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;

use super::*;

fn change(section: &str, key: &'static str, value: &str) -> Change {
    Change { section: section.to_owned(), key, value: value.to_owned() }
}

fn entries(text: &str) -> Vec<(String, String, String)> {
    let document = read(text);
    assert_eq!(document.faults, []);
    let of = |section: &Section| {
        let name = section.name.clone();
        let entries = section.entries.clone().into_iter();
        entries.map(move |entry| (name.clone(), entry.key, entry.value))
    };
    document.sections.iter().flat_map(of).collect()
}

#[test]
fn reads_values_as_they_stand() {
    let text = "\u{feff}; commentaire é\r\n[a]\r\n  x = C:\\data\\report.db  \r\n\r\n\
                [ b ]\r\n\t# indented = comment\r\ny:\"a;b\"\r\nz =\r\nw = p'q = r : s";
    let expected = [
        ("a", "x", "C:\\data\\report.db"),
        ("b", "y", "\"a;b\""),
        ("b", "z", ""),
        ("b", "w", "p'q = r : s"),
    ];
    let expected = expected.map(|(a, b, c)| (a.to_owned(), b.to_owned(), c.to_owned()));
    assert_eq!(entries(text), expected);
}

#[test]
fn names_each_bad_line() {
    let document = read("k = 1\n[a\nword\n[b] ; c\n[]\n= 1\nx = 1\\\n[c]\ny = \u{1}\n");
    assert!(document.broken);
    let lines: Vec<_> = document.faults.iter().map(|(line, _)| line.expect("a line")).collect();
    assert_eq!(lines, [1, 2, 3, 4, 5, 6, 7, 9]);
}

#[test]
fn names_what_stands_there_twice() {
    let document = read("[a]\nx = 1\ny = 2\nx = 3\n[b]\n[a]\nz = 1\n");
    assert!(!document.broken);
    let faults: Vec<_> = document.faults.iter().map(|(_, fault)| fault.to_string()).collect();
    assert_eq!(
        faults,
        [
            "[a] x stands in line 2 already: remove one",
            "[a] stands in line 1 already: put its keys there",
        ]
    );
}

#[test]
fn an_empty_file_is_broken() {
    for text in ["", "\n\n", "\u{feff}", "# nothing\n"] {
        assert!(read(text).broken, "{text:?}");
    }
}

#[test]
fn changes_the_value_alone() {
    let text = "\u{feff}# ici\r\n[a]\r\n first=1.2.3.4:5  \r\nsecond =\r\n\r\n# c\r\n[b]\r\nx = y";
    let edited = edit(text, &[change("a", "first", "b:6"), change("a", "second", "c:7")]);
    assert_eq!(
        edited,
        "\u{feff}# ici\r\n[a]\r\n first=b:6  \r\nsecond = c:7\r\n\r\n# c\r\n[b]\r\nx = y"
    );
    let emptied = edit(&edited, &[change("a", "second", "")]);
    assert_eq!(entries(&emptied)[1].2, "");
}

#[test]
fn adds_what_is_missing() {
    let text = "[a]\r\nx = 1\r\n\r\n# about b\r\n[b]";
    let changes =
        [change("a", "y", "2"), change("b", "z", "3"), change("c", "v", "4"), change("c", "w", "")];
    assert_eq!(
        edit(text, &changes),
        "[a]\r\nx = 1\r\ny = 2\r\n\r\n# about b\r\n[b]\r\nz = 3\r\n\r\n[c]\r\nv = 4\r\n"
    );
    assert_eq!(edit("", &[change("c", "v", "4")]), "\n[c]\nv = 4\n");
}

#[test]
fn renames_a_section_alone() {
    assert_eq!(rename("# a\n[ a ]\nx = a\n", "a", "bc"), "# a\n[ bc ]\nx = a\n");
    assert_eq!(rename("[a]\n", "b", "c"), "[a]\n");
}

const SECTIONS: [&str; 4] = ["aar", "lb", "map", "module"];
const KEYS: [&str; 3] = ["first", "second", "epoch"];

/// Lines as people write them, and some that nobody should.
fn line() -> impl Strategy<Value = String> {
    let header = select(&SECTIONS[..]).prop_map(|name| format!("[{name}]"));
    let padded = select(&SECTIONS[..]).prop_map(|name| format!("  [ {name} ]\t"));
    let entry = (select(&KEYS[..]), "[ \t]{0,2}[=:][ \t]{0,2}", "[a-z0-9:/.;#\"' é\\\\]{0,8}")
        .prop_map(|(key, separator, value)| format!("{key}{separator}{value}"));
    let comment = "[ \t]{0,2}[;#][ -~é]{0,10}";
    prop_oneof![
        2 => header,
        1 => padded,
        4 => entry,
        2 => comment,
        1 => "[ \t]{0,3}",
        1 => "[ -~]{0,8}",
    ]
}

fn text() -> impl Strategy<Value = String> {
    let lines = vec((line(), select(&["\n", "\r\n"][..])), 0..14);
    (any::<bool>(), lines, any::<bool>()).prop_map(|(bom, lines, cut)| {
        let mut text: String = if bom { "\u{feff}".to_owned() } else { String::new() };
        for (line, end) in &lines {
            text.extend([line.as_str(), *end]);
        }
        if cut {
            let trimmed = text.trim_end_matches(['\r', '\n']).len();
            text.truncate(trimmed);
        }
        text
    })
}

fn changes() -> impl Strategy<Value = Vec<Change>> {
    let one = (select(&SECTIONS[..]), select(&KEYS[..]), "([a-z0-9][a-z0-9:.-]{0,7})?")
        .prop_map(|(section, key, value)| change(section, key, &value));
    vec(one, 0..6).prop_map(|mut changes| {
        changes.sort_by(|one, other| (&one.section, one.key).cmp(&(&other.section, other.key)));
        changes.dedup_by(|one, other| (&one.section, one.key) == (&other.section, other.key));
        changes
    })
}

/// The text without the first value of each changed key, and without what was added.
fn outside(text: &str, changes: &[Change]) -> Vec<String> {
    let mut section = String::new();
    let (mut headers, mut seen) = (Vec::new(), Vec::new());
    let mut lines = Vec::new();
    for line in scan(text) {
        let mut kept = slice(text, &line.whole).to_owned();
        match &line.kind {
            LineKind::Section { name } => {
                let name = slice(text, name);
                // A later section of the same name is nobody's: such an ini is refused.
                section = if headers.contains(&name) { String::new() } else { name.to_owned() };
                headers.push(name);
            }
            LineKind::Entry { key, value } => {
                let id = (section.clone(), slice(text, key).to_owned());
                let managed = changes.iter().any(|it| it.section == id.0 && it.key == id.1);
                if managed && !seen.contains(&id) {
                    let before = slice(text, &(line.whole.start..value.start));
                    let after = slice(text, &(value.end..line.whole.end));
                    kept =
                        format!("{}|{}", before.trim_end(), after.trim_start_matches([' ', '\t']));
                    seen.push(id);
                }
            }
            LineKind::Nothing | LineKind::Bad(_) => {}
        }
        lines.push(kept);
    }
    lines
}

/// Whether all lines of `part` are in `whole`, in their order, and which ones are new.
fn added<'a>(part: &[String], whole: &'a [String]) -> Option<Vec<&'a str>> {
    let bare = |line: &str| line.trim_end_matches(['\r', '\n']).to_owned();
    let mut part = part.iter().peekable();
    let mut new = Vec::new();
    for line in whole {
        match part.peek() {
            Some(next) if bare(next) == bare(line) => {
                part.next();
            }
            _ => new.push(line.as_str()),
        }
    }
    part.peek().is_none().then_some(new)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2_000, failure_persistence: None, ..Default::default() })]

    #[test]
    fn bytes_outside_the_values_stay(text in text(), changes in changes()) {
        let edited = edit(&text, &changes);
        let (before, after) = (outside(&text, &changes), outside(&edited, &changes));
        let new = added(&before, &after);
        prop_assert!(new.is_some(), "{text:?} -> {edited:?}");
        for line in new.unwrap_or_default() {
            let line = line.trim();
            let ours = line.is_empty()
                || SECTIONS.iter().any(|name| line == format!("[{name}]"))
                || line.contains('|');
            prop_assert!(ours, "{line:?} was added to {text:?}");
        }
    }

    #[test]
    fn a_second_edit_changes_nothing(text in text(), changes in changes()) {
        let once = edit(&text, &changes);
        prop_assert_eq!(edit(&once, &changes), once);
    }

    #[test]
    fn what_was_put_in_is_read(text in text(), changes in changes()) {
        let document = read(&text);
        let edited = read(&edit(&text, &changes));
        prop_assert!(!document.faults.is_empty() || edited.faults.is_empty());
        for change in &changes {
            let read = edited.value(&change.section, change.key).unwrap_or_default();
            prop_assert_eq!(read, &change.value);
        }
    }

    #[test]
    fn the_reader_and_the_editor_agree(text in text()) {
        let document = read(&text);
        let disagree = |(_, fault): &(Option<usize>, Fault)| {
            matches!(fault, Fault::Syntax(what) if what.starts_with("the reader"))
        };
        prop_assert!(!document.faults.iter().any(disagree), "{text:?}");
    }
}
