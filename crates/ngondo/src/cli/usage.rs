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
    let group = arg.strip_prefix('<').and_then(|group| group.strip_suffix('>'));
    match group.filter(|group| group.contains('|')) {
        Some(group) => said!("usage-missing-one", args = group.replace('|', ", ")),
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
    // The greatest number of the type is no bound that anybody chose.
    let is_open = max.is_empty() || max.parse() == Ok(u32::MAX);
    Some(if is_open {
        said!("usage-at-least", min = min)
    } else {
        said!("usage-range", min = min, max = max)
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::Cli;
    use crate::text::Lang;

    fn first_line(line: &str) -> String {
        let words = Words::new(Lang::Fr);
        let args: Vec<_> = line.split(' ').map(Into::into).collect();
        let error = Cli::read(&args, &words).unwrap_err();
        explain(&error, &words).lines().next().unwrap_or_default().to_owned()
    }

    #[test]
    fn says_in_french_why_a_value_does_not_do() {
        for (line, wanted) in [
            ("ngondo boxes find --imei 86", "il faut 15 caractères, il y en a 2."),
            ("ngondo boxes find --last4 12", "il faut 4 caractères, il y en a 2."),
            ("ngondo boxes list --limit 0", "il faut un nombre entier de 1 à 1000."),
            ("ngondo boxes list --limit x", "ce n'est pas un nombre entier."),
            ("ngondo bench auth --boxes 0", "il faut un nombre entier, 1 au moins."),
            ("ngondo --lang de boxes list", "choisissez parmi fr, en."),
            ("ngondo sim key --listen foo", "une adresse IP, un deux-points et un port."),
            ("ngondo vouchers sell --operator MTN --amount -5", "le caractère 1 n'est pas permis."),
        ] {
            let told = first_line(line);
            assert!(told.ends_with(wanted), "{line}: {told}");
        }
    }

    #[test]
    fn says_which_of_some_arguments_would_do_and_which_is_there_twice() {
        let missing = first_line("ngondo boxes find");
        assert!(missing.starts_with("Il manque l'un de ceux-ci : TEXT, --macaddr <MAC>, --imei"));
        let twice = first_line("ngondo boxes list --limit 1 --limit 2");
        assert_eq!(twice, "--limit <N> est donné deux fois.");
    }

    #[test]
    fn does_not_repeat_a_code() {
        assert!(!first_line("ngondo topup 12345678").contains("12345678"));
    }
}
