//! Writes a line of a CSV that a spreadsheet may open.

use super::line::is_formula;

/// Writes the cells of a line, commas between them, with its line feed.
///
/// What a spreadsheet would run is disarmed by an apostrophe before it; [`super::Csv`] reads it
/// back as it was. Line breaks within a cell become spaces.
pub fn write<'a>(cells: impl IntoIterator<Item = &'a str>) -> String {
    let cells: Vec<String> = cells.into_iter().map(cell).collect();
    format!("{}\n", cells.join(","))
}

fn cell(text: &str) -> String {
    let text: String = text.chars().map(|it| if it.is_control() { ' ' } else { it }).collect();
    // A reader trims, and so may a spreadsheet before it looks.
    let text = text.trim();
    let text = if is_formula(text) { format!("'{text}") } else { text.to_owned() };
    if text.contains(['"', ',', ';']) {
        return format!("\"{}\"", text.replace('"', "\"\""));
    }
    text
}
