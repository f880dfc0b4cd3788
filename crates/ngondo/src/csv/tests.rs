use proptest::collection::vec;
use proptest::prelude::*;

use super::*;
use crate::text::{Lang, Words};

const COLUMNS: Columns = Columns { need: &["operator", "code"], may: &["label", "msisdn"] };

fn open(bytes: &[u8]) -> Result<Csv, Failure> {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("lines.csv");
    fs::write(&file, bytes).unwrap();
    Csv::open(&file, COLUMNS)
}

fn rows(bytes: &[u8]) -> Vec<Row> {
    open(bytes).unwrap().map(Result::unwrap).collect()
}

/// The values of one column; bad lines as their sentence.
fn column(bytes: &[u8], name: &str) -> Vec<String> {
    let value = |row: Row| match row.cells {
        Ok(cells) => cells.get(name).unwrap_or("-").to_owned(),
        Err(fault) => fault.to_string(),
    };
    rows(bytes).into_iter().map(value).collect()
}

fn utf16(text: &str, bytes: fn(u16) -> [u8; 2]) -> Vec<u8> {
    text.encode_utf16().flat_map(bytes).collect()
}

#[test]
fn reads_each_encoding_that_a_spreadsheet_writes() {
    let text = "operator,code,label\nMTN,12345678,Bépanda «1» €\n";
    let (le, be) = (u16::to_le_bytes, u16::to_be_bytes);
    let western = text.replace('€', "\u{80}").chars().map(|it| u8::try_from(it).unwrap()).collect();
    let forms: [Vec<u8>; 7] = [
        text.as_bytes().to_vec(),
        format!("\u{feff}{text}").into_bytes(),
        utf16(&format!("\u{feff}{text}"), le),
        utf16(&format!("\u{feff}{text}"), be),
        utf16(text, le),
        utf16(text, be),
        western,
    ];
    for form in forms {
        assert_eq!(column(&form, "label"), ["Bépanda «1» €"], "{form:?}");
    }
}

#[test]
fn reads_each_separator_and_line_end() {
    for separator in [",", ";", "\t"] {
        for end in ["\n", "\r\n", "\r"] {
            let text = ["operator,code", "MTN,1", "", "ORANGE,2"].join(end);
            let text = text.replace(',', separator);
            assert_eq!(column(text.as_bytes(), "code"), ["1", "2"], "{text:?}");
        }
    }
    assert_eq!(column(b"sep=;\noperator;code\nMTN;1\n", "code"), ["1"]);
    assert_eq!(column(b"sep=\t\noperator\tcode\nMTN\t1\n", "code"), ["1"]);
}

#[test]
fn takes_columns_in_any_order_and_case_and_leaves_blanks_out() {
    let text = b"Code;LABEL;Operator;;\n 1 ;\"a; \"\"b\"\"\";MTN;;\n;;;;\n\n2;;MTN\n";
    let read = rows(text);
    assert_eq!(read.iter().map(|row| row.line).collect::<Vec<_>>(), [2, 5]);
    let first = read[0].cells.as_ref().unwrap();
    assert_eq!((first.get("code"), first.get("label")), (Some("1"), Some("a; \"b\"")));
    assert_eq!(read[1].cells.as_ref().unwrap().object().len(), 2);
}

#[test]
fn a_bad_line_has_its_verdict_and_the_next_is_read() {
    let text =
        b"operator,code,label\nMTN,\nMTN,1,a,b\nMTN,2,\"open\nMTN,3,\"a\"b\nMTN,\x014,\nMTN,5,\n";
    let verdicts = [
        "code: missing",
        "the line has more cells than the first one",
        "a quote is not closed",
        "a quote is not closed",
        "it holds a control character",
        "5",
    ];
    assert_eq!(column(text, "code"), verdicts);
}

#[test]
fn a_damaged_byte_costs_its_own_line_alone() {
    let text = b"operator,code,label\nMTN,1,B\xc3\xa9panda\nMTN,2,B\xe9panda\nMTN,3,\n";
    let wrong = "the line is no text in the file's encoding";
    assert_eq!(column(text, "code"), ["1", wrong, "3"]);
    let cut = utf16("\u{feff}operator,code\nMTN,1\nMTN,2", u16::to_le_bytes);
    assert_eq!(column(&cut[..cut.len() - 1], "code"), ["1", wrong]);
    assert_eq!(column(b"operator,code\nMTN,1\nMTN,\x81\xff\n", "code"), ["1", wrong]);
}

#[test]
fn a_formula_is_refused_in_and_a_number_is_none() {
    let text =
        b"operator,code,msisdn\nMTN,=1+1,\nMTN,@SUM(A1),\nMTN,+cmd|x,\nMTN,-2,+237650000000\n";
    let wrong = "code: it is a formula";
    assert_eq!(column(text, "code"), [wrong, wrong, wrong, "-2"]);
    assert_eq!(column(b"operator,code\nMTN,\"=1\"\n", "code"), [wrong]);
}

#[test]
fn a_formula_is_disarmed_out_and_comes_back_as_it_was() {
    let line = write(["MTN", "=cmd|' /C calc'!A0", "a,\"b\"", "+237650000000"]);
    assert_eq!(line, "MTN,'=cmd|' /C calc'!A0,\"a,\"\"b\"\"\",+237650000000\n");
    let text = format!("operator,code,label,msisdn\n{line}");
    assert_eq!(column(text.as_bytes(), "code"), ["=cmd|' /C calc'!A0"]);
    assert_eq!(column(text.as_bytes(), "label"), ["a,\"b\""]);
}

#[test]
fn a_million_columns_and_an_endless_line_are_verdicts() {
    let wide = [b"operator,code\nMTN,1".as_slice(), &b",".repeat(1_000_000), b"\nMTN,2\n"].concat();
    assert_eq!(column(&wide, "code"), ["the line is too long", "2"]);
    let cells = format!("operator,code\nMTN,1{}\nMTN,2\n", ",x".repeat(COLUMNS_MOST));
    assert_eq!(column(cells.as_bytes(), "code")[0], "the line has more cells than the first one");
    let long = [b"operator,code\nMTN,".as_slice(), &b"1".repeat(5_000_000), b"\nMTN,2\n"].concat();
    assert_eq!(column(&long, "code"), ["the line is too long", "2"]);
}

#[test]
fn refuses_a_first_line_that_does_not_fit() {
    for (text, why) in [
        ("", "is empty"),
        ("\n\n", "is empty"),
        ("operator\nMTN\n", "code"),
        ("operator,code,code\n", "code"),
        ("operator,code,colour\n", "colour"),
        ("operator,code,\"label\n", "not closed"),
    ] {
        let failure = open(text.as_bytes()).unwrap_err();
        let told = failure.explain(&Words::new(Lang::En));
        assert!(told.contains(why), "{text:?}: {told}");
    }
    let wide = open(&b"operator,".repeat(100_000)).unwrap_err();
    assert!(wide.explain(&Words::new(Lang::En)).contains("too long"), "{wide}");
}

#[test]
fn refuses_a_folder_a_pipe_and_too_many_lines() {
    let folder = tempfile::tempdir().unwrap();
    assert!(Csv::open(folder.path(), COLUMNS).is_err());
    let pipe = folder.path().join("pipe.csv");
    nix::unistd::mkfifo(&pipe, nix::sys::stat::Mode::S_IRWXU).unwrap();
    assert_eq!(Csv::open(&pipe, COLUMNS).unwrap_err().key(), "csv-no-file");
    let many = [b"operator,code\n".as_slice(), &b"\n".repeat(1_000_001)].concat();
    assert_eq!(open(&many).unwrap_err().key(), "csv-too-many-lines");
}

#[test]
fn a_huge_file_without_lines_takes_no_memory() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("huge.csv");
    // A file with a hole: it takes no room on the disk, and reads as zeros.
    fs::write(&file, "operator,code\nMTN,1\n").unwrap();
    fs::OpenOptions::new().write(true).open(&file).unwrap().set_len(32 << 20).unwrap();
    let read: Vec<Row> = Csv::open(&file, COLUMNS).unwrap().map(Result::unwrap).collect();
    assert_eq!(read.len(), 2);
    assert_eq!(read[1].cells, Err(Fault::TooLong));
}

proptest! {
    #[test]
    fn whatever_the_bytes_each_line_is_read_or_has_its_verdict(
        tail in vec(any::<u8>(), 0..200), head in any::<bool>(),
    ) {
        let head: &[u8] = if head { b"operator,code\n" } else { b"" };
        if let Ok(csv) = open(&[head, &tail].concat()) {
            let read: Vec<_> = csv.map(Result::unwrap).collect();
            prop_assert!(read.len() <= tail.len() + 1);
            prop_assert!(read.windows(2).all(|two| two[0].line < two[1].line));
        }
    }

    #[test]
    fn what_is_written_is_read_back(cells in vec("[a-zé=@+' ,;\"-]{1,9}", 2)) {
        let text = format!("operator,code\n{}", write(cells.iter().map(String::as_str)));
        let wanted: Vec<_> = cells.iter().map(|it| it.trim().to_owned()).collect();
        prop_assume!(wanted.iter().all(|it| !it.is_empty() && !it.starts_with('\'')));
        let read = rows(text.as_bytes());
        let found = read[0].cells.as_ref().unwrap();
        prop_assert_eq!(found.get("operator"), Some(wanted[0].as_str()));
        prop_assert_eq!(found.get("code"), Some(wanted[1].as_str()));
    }
}
