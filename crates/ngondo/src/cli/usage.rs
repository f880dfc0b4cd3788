//! Says what is wrong with a command line, in the user's language.

use std::error::Error;
use std::net::AddrParseError;
use std::num::ParseIntError;

use clap::error::{ContextKind, ContextValue, ErrorKind};
use protocol::FormError;

use crate::said;
use crate::text::{Said, UnknownLang, Words, cause};

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
        ErrorKind::MissingRequiredArgument => missing(&arg),
        ErrorKind::MissingSubcommand => said!("usage-missing-verb"),
        ErrorKind::ArgumentConflict => {
            let other = of(error, ContextKind::PriorArg);
            if arg == other {
                return said!("usage-twice", arg = arg);
            }
            said!("usage-conflict", arg = arg, other = other)
        }
        ErrorKind::NoEquals | ErrorKind::TooFewValues | ErrorKind::WrongNumberOfValues => {
            said!("usage-missing", arg = arg)
        }
        ErrorKind::InvalidValue if value.is_empty() => said!("usage-missing", arg = arg),
        ErrorKind::InvalidValue | ErrorKind::ValueValidation => {
            let secret = arg.contains("CODE");
            let value = if secret { "…".to_owned() } else { value };
            said!("usage-bad-value", arg = arg, value = value, cause = unfit(error))
        }
        _ => said!("usage-other", arg = arg),
    }
}

/// Names what is missing; of a group, each that would do.
fn missing(arg: &str) -> Said {
    match arg.strip_prefix("<--").and_then(|group| group.strip_suffix('>')) {
        Some(group) => said!("usage-missing-one", args = format!("--{}", group.replace('|', ", "))),
        None => said!("usage-missing", arg = arg),
    }
}

/// Says why a value does not do.
fn unfit(error: &clap::Error) -> Said {
    let known = of(error, ContextKind::ValidValue);
    if !known.is_empty() {
        return said!("usage-one-of", values = known);
    }
    let Some(source) = error.source() else { return said!("usage-unfit") };
    if let Some(error) = source.downcast_ref::<FormError>() {
        return cause::form(*error);
    }
    if source.is::<ParseIntError>() {
        return said!("rule-number");
    }
    if source.is::<AddrParseError>() {
        return said!("rule-socket");
    }
    if source.is::<UnknownLang>() {
        return said!("usage-one-of", values = "fr, en");
    }
    range(&source.to_string()).unwrap_or_else(|| said!("usage-unfit"))
}

/// Reads the bounds out of `5 is not in 1..=3`, which is all that clap tells of them.
fn range(text: &str) -> Option<Said> {
    let (_, bounds) = text.split_once(" is not in ")?;
    let (min, max) = bounds.split_once("..")?;
    let max = max.trim_start_matches('=');
    Some(match max {
        "" => said!("usage-at-least", min = min),
        max => said!("usage-range", min = min, max = max),
    })
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
