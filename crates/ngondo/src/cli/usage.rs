//! Says what is wrong with a command line, in the user's language.

use std::error::Error;

use clap::error::{ContextKind, ContextValue, ErrorKind};

use crate::said;
use crate::text::{Said, Words};

/// Explains an error of the command line; help and version are none and say themselves.
pub(crate) fn explain(error: &clap::Error, words: &Words) -> String {
    let said = wrong(error);
    let hint = words.say(&said!("usage-hint"));
    let suggestion = suggested(error).map(|name| words.say(&said!("usage-suggest", name = name)));
    [Some(words.say(&said)), suggestion, Some(hint)]
        .into_iter()
        .flatten()
        .collect::<Vec<_>>()
        .join("\n")
}

fn wrong(error: &clap::Error) -> Said {
    let arg = of(error, ContextKind::InvalidArg);
    let value = of(error, ContextKind::InvalidValue);
    match error.kind() {
        ErrorKind::UnknownArgument => said!("usage-unknown-argument", arg = arg),
        ErrorKind::InvalidSubcommand => {
            said!("usage-unknown-verb", verb = of(error, ContextKind::InvalidSubcommand))
        }
        ErrorKind::MissingRequiredArgument => said!("usage-missing", arg = arg),
        ErrorKind::MissingSubcommand => said!("usage-missing-verb"),
        ErrorKind::ArgumentConflict => {
            said!("usage-conflict", arg = arg, other = of(error, ContextKind::PriorArg))
        }
        ErrorKind::NoEquals | ErrorKind::TooFewValues | ErrorKind::WrongNumberOfValues => {
            said!("usage-missing", arg = arg)
        }
        ErrorKind::InvalidValue if value.is_empty() => said!("usage-missing", arg = arg),
        ErrorKind::InvalidValue | ErrorKind::ValueValidation => {
            let cause = error.source().map(ToString::to_string).unwrap_or_default();
            let secret = arg.contains("CODE");
            let value = if secret { "…".to_owned() } else { value };
            said!("usage-bad-value", arg = arg, value = value, cause = cause)
        }
        _ => said!("usage-other", arg = arg),
    }
}

fn suggested(error: &clap::Error) -> Option<String> {
    let name = [ContextKind::SuggestedArg, ContextKind::SuggestedSubcommand]
        .into_iter()
        .map(|kind| of(error, kind))
        .find(|name| !name.is_empty())?;
    Some(name)
}

fn of(error: &clap::Error, kind: ContextKind) -> String {
    match error.get(kind) {
        Some(ContextValue::String(text)) => text.clone(),
        Some(ContextValue::Strings(texts)) => texts.join(", "),
        _ => String::new(),
    }
}
