//! The one way to the terminal.

use std::io::{self, Write};
use std::time::Duration;

use indicatif::{ProgressBar, ProgressFinish, ProgressStyle};
use serde_json::Value;

use crate::error::Failure;
use crate::text::{Said, Words};

/// Prints for people in their language, or JSON for scripts.
///
/// Texts for people go to standard output, or are left out where JSON was asked for; errors and
/// progress go to standard error. A closed pipe is no error: nobody reads any more.
pub struct Out {
    words: Words,
    form: Form,
}

/// Who reads the output.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Form {
    /// People.
    Text,
    /// Scripts: one JSON document, or one a line.
    Json,
}

// === impl Out ===

impl Out {
    /// Makes the output of a run.
    pub fn new(words: Words, form: Form) -> Self {
        Self { words, form }
    }

    /// The catalogue in use.
    pub fn words(&self) -> &Words {
        &self.words
    }

    /// Whether JSON was asked for.
    pub fn is_json(&self) -> bool {
        self.form == Form::Json
    }

    /// Says a text to people.
    pub fn say(&self, said: &Said) {
        self.line(&self.words.say(said));
    }

    /// Prints a line to people, for what has no words: tables, codes, documents.
    pub fn line(&self, text: &str) {
        if self.form == Form::Text {
            write_line(&mut io::stdout().lock(), text);
        }
    }

    /// Prints a value to scripts, on one line.
    pub fn json(&self, value: &Value) {
        if self.form == Form::Json {
            write_line(&mut io::stdout().lock(), &value.to_string());
        }
    }

    /// Prints a line whoever reads: an answer that is its own form, such as a document.
    pub fn raw(&self, text: &str) {
        write_line(&mut io::stdout().lock(), text);
    }

    /// Warns on standard error.
    pub fn warn(&self, said: &Said) {
        write_line(&mut io::stderr().lock(), &self.words.say(said));
    }

    /// Says on standard error why the verb did not do its job.
    pub fn fail(&self, failure: &Failure) {
        let text = failure.explain(&self.words);
        self.json(&serde_json::json!({ "error": failure.key(), "text": text }));
        write_line(&mut io::stderr().lock(), &text);
    }

    /// Shows that long work goes on whose end nobody knows; nothing where standard error is no
    /// terminal.
    pub fn spinner(&self, said: &Said) -> ProgressBar {
        let bar = ProgressBar::no_length()
            .with_message(self.words.say(said))
            .with_finish(ProgressFinish::AndClear);
        let style = ProgressStyle::with_template("{msg} {spinner} {pos}");
        bar.set_style(style.unwrap_or_else(|_| ProgressStyle::default_spinner()));
        bar.enable_steady_tick(Duration::from_millis(200));
        bar
    }

    /// Shows the progress of long work; nothing where standard error is no terminal.
    pub fn bar(&self, length: u64, said: &Said) -> ProgressBar {
        let bar = ProgressBar::new(length)
            .with_message(self.words.say(said))
            // A verb that fails leaves no half bar before its words.
            .with_finish(ProgressFinish::AndClear);
        let style = ProgressStyle::with_template("{msg} {wide_bar} {pos}/{len} {eta}");
        bar.set_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()));
        bar.enable_steady_tick(Duration::from_millis(200));
        bar
    }
}

/// Prints to standard error without a catalogue's text: usage errors, which are whole already.
pub(crate) fn complain(text: &str) {
    write_line(&mut io::stderr().lock(), text);
}

/// Prints to standard output before there is an [`Out`]: help and version.
pub(crate) fn show(text: &str) {
    write_line(&mut io::stdout().lock(), text.trim_end());
}

fn write_line(to: &mut dyn Write, text: &str) {
    // A reader that went away (`| head`) needs no more lines.
    drop(writeln!(to, "{text}").and_then(|()| to.flush()));
}
