//! The events of the feed on the terminal: a line each.

use std::io::{IsTerminal, stdout};

use jiff::Timestamp;
use jiff::tz::TimeZone;
use serde_json::Value;

use crate::cli::Color;
use crate::out::Out;
use crate::said;
use crate::text::Said;

const RED: &str = "31";
const GREEN: &str = "32";
const YELLOW: &str = "33";
const FAINT: &str = "2";

/// Where events are shown.
pub(super) struct Screen<'a> {
    out: &'a Out,
    coloured: bool,
    left: Option<u64>,
}

// === impl Screen ===

impl<'a> Screen<'a> {
    /// `count` is how many requests are shown before it is enough.
    pub(super) fn new(out: &'a Out, color: Color, count: Option<u64>) -> Self {
        let coloured = match color {
            Color::Auto => stdout().is_terminal(),
            Color::Always => true,
            Color::Never => false,
        };
        Self { out, coloured, left: count }
    }

    /// Shows an event, and says whether it was the last that was asked for.
    pub(super) fn show(&mut self, kind: &str, mut value: Value) -> bool {
        if kind == "request" {
            self.out.line(&self.request(&value));
        } else if let Some(said) = about(kind, &value) {
            let text = self.out.words().say(&said);
            let color = if matches!(kind, "sessions" | "back") { FAINT } else { YELLOW };
            self.out.line(&self.paint(color, &text));
        }
        if let Some(members) = value.as_object_mut() {
            members.insert("event".to_owned(), kind.into());
            self.out.json(&value);
        }
        if kind == "request"
            && let Some(left) = &mut self.left
        {
            *left = left.saturating_sub(1);
        }
        self.left == Some(0)
    }

    /// `12:03:04.567  admin → pppx-1  boxes/list  ok  OK  1.2 ms  bridge`.
    fn request(&self, event: &Value) -> String {
        let result = word(event, "result");
        let toki = word(event, "toki");
        let way = format!("{:>12} → {:<8}", word(event, "from"), word(event, "to"));
        let result_color = if result == "OK" { GREEN } else { YELLOW };
        let toki_color = match toki.as_str() {
            "ok" => GREEN,
            "none" | "legacy" => FAINT,
            _ => RED,
        };
        [
            self.paint(FAINT, &time(event)),
            way,
            format!("{:<18}", word(event, "cmd")),
            self.paint(toki_color, &format!("{toki:<15}")),
            self.paint(result_color, &format!("{result:<16}")),
            took(event),
            self.paint(FAINT, &word(event, "bridge")),
        ]
        .join(" ")
    }

    fn paint(&self, color: &str, text: &str) -> String {
        if self.coloured { format!("\u{1b}[{color}m{text}\u{1b}[0m") } else { text.to_owned() }
    }
}

/// What the feed says of itself.
fn about(kind: &str, value: &Value) -> Option<Said> {
    let server = word(value, "server");
    let number = |name: &str| value.get(name).and_then(Value::as_u64).unwrap_or_default();
    match kind {
        "sessions" => Some(said!("activity-sessions", server = server, list = sessions(value))),
        "sample" => Some(said!("activity-sample", server = server, n = number("one_in"))),
        "lost" => Some(said!("activity-dropped", server = server, count = number("lost"))),
        "gone" => Some(said!("activity-gone", server = server, why = word(value, "reason"))),
        "back" => Some(said!("activity-back", server = server)),
        _ => None,
    }
}

/// `admin 1, pppx-1 3`.
fn sessions(value: &Value) -> String {
    let all = value.get("sessions").and_then(Value::as_object).into_iter().flatten();
    let list: Vec<_> = all.map(|(name, count)| clean(&format!("{name} {count}"))).collect();
    if list.is_empty() { "-".to_owned() } else { list.join(", ") }
}

fn word(value: &Value, name: &str) -> String {
    value.get(name).and_then(Value::as_str).map_or_else(|| "-".to_owned(), clean)
}

/// Without what would steer the terminal: some of it strangers may have sent.
fn clean(text: &str) -> String {
    text.chars().filter(|it| !it.is_control()).collect()
}

/// The time of day on this machine, to the millisecond.
fn time(event: &Value) -> String {
    let at_us = event.get("at_us").and_then(Value::as_i64).unwrap_or_default();
    let Ok(at) = Timestamp::from_microsecond(at_us) else { return "-".to_owned() };
    at.to_zoned(TimeZone::system()).strftime("%H:%M:%S%.3f").to_string()
}

/// How long it took, in the unit that people read.
fn took(event: &Value) -> String {
    let us = event.get("us").and_then(Value::as_u64).unwrap_or_default();
    if us < 1000 {
        format!("{us:>5} µs")
    } else {
        format!("{:>3}.{} ms", us / 1000, us % 1000 / 100)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::out::Form;
    use crate::text::{Lang, Words};

    fn event() -> Value {
        json!({
            "at_us": 1_795_190_400_123_456_i64, "from": "ad\u{1b}[2Jmin", "to": "pppx-1",
            "cmd": "boxes/list", "bridge": "b-1", "toki": "ok", "result": "OK", "us": 1234,
        })
    }

    #[test]
    fn a_line_says_who_asked_whom_what_and_how_it_went() {
        let out = Out::new(Words::new(Lang::En), Form::Text);
        let screen = Screen::new(&out, Color::Never, None);
        let line = screen.request(&event());
        let words: Vec<_> = line.split_whitespace().skip(1).collect();
        let wanted = ["ad[2Jmin", "→", "pppx-1", "boxes/list", "ok", "OK", "1.2", "ms", "b-1"];
        assert_eq!(words, wanted);
        assert!(line.contains(":00.123"), "{line}");
        let unknown = screen.request(&json!({}));
        assert!(unknown.contains("- → -"), "{unknown}");
    }

    #[test]
    fn counts_requests_alone() {
        let out = Out::new(Words::new(Lang::Fr), Form::Json);
        let mut screen = Screen::new(&out, Color::Always, Some(2));
        assert!(!screen.show("sessions", json!({ "server": "a", "sessions": { "b": 1 } })));
        assert!(!screen.show("request", event()));
        assert!(!screen.show("lost", json!({ "server": "a", "lost": 3 })));
        assert!(screen.show("request", event()));
        assert!(screen.request(&event()).contains("\u{1b}[32mOK"));
    }
}
