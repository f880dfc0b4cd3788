//! The one table of all measurements, for the terminal, as JSON and as Markdown.

use std::fmt::Write as _;
use std::fs;
use std::io;
use std::path::Path;

use serde_json::{Value, json};

use super::machine::Machine;
use super::measure::{Compare, Measure, Met};

/// The name of the table's own files, beside those of the benches.
const REPORT: &str = "report";

/// All measurements of a folder, and what they ran on.
#[derive(Debug, Clone, PartialEq)]
pub struct Table {
    /// The measurements, by their rows.
    pub measures: Vec<Measure>,
    /// What they ran on.
    pub machine: Machine,
}

// === impl Table ===

impl Table {
    /// Reads what the benches wrote into a folder.
    ///
    /// # Errors
    ///
    /// The folder or a file cannot be read, or is not a measurement.
    pub fn read(dir: &Path, machine: Machine) -> io::Result<Self> {
        let mut measures = Vec::new();
        for entry in fs::read_dir(dir)? {
            let path = entry?.path();
            let stem = path.file_stem().and_then(|stem| stem.to_str());
            if path.extension().is_some_and(|it| it == "json") && stem != Some(REPORT) {
                measures.push(serde_json::from_slice::<Measure>(&fs::read(&path)?)?);
            }
        }
        measures.sort_by_cached_key(|it| (it.id.len(), it.id.clone(), it.name.clone()));
        Ok(Self { measures, machine })
    }

    /// Writes `report.json` and `report.md` into the folder.
    ///
    /// # Errors
    ///
    /// A file cannot be written.
    pub fn write(&self, dir: &Path) -> io::Result<()> {
        let path = dir.join(REPORT);
        fs::write(path.with_extension("json"), format!("{:#}\n", self.to_json()))?;
        fs::write(path.with_extension("md"), self.to_markdown())
    }

    /// Says whether any measurement has no figure.
    pub fn has_errors(&self) -> bool {
        self.measures.iter().any(|measure| measure.met() == Met::Unknown)
    }

    /// The table for programs, rounds included.
    pub fn to_json(&self) -> Value {
        let rows = self.measures.iter().map(|measure| {
            json!({
                "measure": measure, "ours": measure.ours(), "reference": measure.reference(),
                "figure": measure.figure(), "met": measure.met(),
            })
        });
        json!({ "machine": self.machine, "rows": rows.collect::<Vec<_>>() })
    }

    /// The table for people; its numbers are medians.
    pub fn to_markdown(&self) -> String {
        let mut text = String::from("# Benchmarks\n\n");
        let machine = &self.machine;
        let rounds = self.measures.iter().map(|measure| measure.ours_rounds.len()).max();
        // Writing to a text cannot fail.
        writeln!(
            text,
            "{} cores ({}), {} MiB, Linux {}; ngondo {}, {}.\nMedians of up to {} rounds, ours and the reference in turn.\n",
            machine.cores, machine.processor, machine.memory_mib, machine.kernel, machine.ngondo,
            machine.rustc, rounds.unwrap_or_default(),
        )
        .unwrap_or_default();
        for line in self.lines() {
            writeln!(text, "{line}").unwrap_or_default();
        }
        text
    }

    /// The table alone, a line a row, its columns aligned.
    pub fn lines(&self) -> Vec<String> {
        let head = ["", "name", "ours", "reference", "figure", "bar", "met"].map(str::to_owned);
        let rows: Vec<_> = std::iter::once(head).chain(self.measures.iter().map(cells)).collect();
        let widths: [usize; 7] = std::array::from_fn(|column| {
            rows.iter()
                .filter_map(|row| row.get(column))
                .map(|cell| cell.chars().count())
                .max()
                .unwrap_or(0)
        });
        let line = |row: &[String; 7]| {
            let cells = row.iter().zip(widths).map(|(cell, width)| format!(" {cell:width$} "));
            format!("|{}|", cells.collect::<Vec<_>>().join("|"))
        };
        let mut lines: Vec<_> = rows.iter().map(line).collect();
        let rule = widths.map(|width| "-".repeat(width + 2)).join("|");
        lines.insert(1, format!("|{rule}|"));
        lines
    }
}

fn cells(measure: &Measure) -> [String; 7] {
    let number = |value: Option<f64>| value.map_or_else(|| "-".to_owned(), |it| format!("{it:.1}"));
    let unit = match measure.compare {
        Compare::Ratio => String::new(),
        Compare::Difference => format!(" {}", measure.unit),
    };
    let figure = measure
        .figure()
        .map_or_else(|| format!("none: {} errors", measure.errors), |it| format!("{it:.2}{unit}"));
    let met = match measure.met() {
        Met::Aim => "yes, and the aim",
        Met::Bar => "yes",
        Met::No => "no",
        Met::Unknown => "-",
    };
    [
        measure.id.clone(),
        measure.name.clone(),
        format!("{} {}", number(measure.ours()), measure.unit),
        format!("{} {} ({})", number(measure.reference()), measure.unit, measure.reference),
        figure,
        format!("{}{unit}", measure.bar),
        met.to_owned(),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;

    const PARSE: &str = r#"{"id":"P6","name":"parse","unit":"ns","better":"less","reference":"bare loop",
        "bar":2.0,"aim":1.3,"errors":0,"ours_rounds":[15.0],"reference_rounds":[10.0]}"#;

    #[test]
    fn gathers_what_the_benches_wrote() {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("parse.json"), PARSE).unwrap();
        let failed = PARSE.replace("P6", "P4").replace(r#""errors":0"#, r#""errors":2"#);
        fs::write(folder.path().join("topup.json"), failed).unwrap();
        for _ in 0..2 {
            let table = Table::read(folder.path(), Machine::default()).unwrap();
            table.write(folder.path()).unwrap();
            assert!(table.has_errors());
            assert_eq!(
                table.lines(),
                [
                    "|    | name  | ours    | reference           | figure         | bar | met |",
                    "|----|-------|---------|---------------------|----------------|-----|-----|",
                    "| P4 | parse | 15.0 ns | 10.0 ns (bare loop) | none: 2 errors | 2   | -   |",
                    "| P6 | parse | 15.0 ns | 10.0 ns (bare loop) | 1.50           | 2   | yes |",
                ]
            );
        }
        let report = fs::read_to_string(folder.path().join("report.json")).unwrap();
        let report: Value = serde_json::from_str(&report).unwrap();
        assert_eq!(report["rows"][1]["figure"], 1.5);
        assert_eq!(report["rows"][0]["figure"], Value::Null);
        assert!(fs::read_to_string(folder.path().join("report.md")).unwrap().contains("| P6 |"));
    }
}
