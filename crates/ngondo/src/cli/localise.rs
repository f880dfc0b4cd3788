//! Puts the catalogue's words into the command tree.

use clap::{Arg, ArgAction, Command};

use crate::said;
use crate::text::{Said, Words};

/// Options that every verb takes; their help stands once, under `option-…`.
const GLOBAL: [&str; 6] = ["config", "pppx", "lang", "json", "help", "version"];

/// Gives each verb and argument its help in the language of `words`.
pub(crate) fn localise(command: Command, words: &Words) -> Command {
    let command = command
        .disable_version_flag(true)
        .arg(Arg::new("version").long("version").short('V').action(ArgAction::Version));
    verb(command, "tool", words)
}

fn verb(command: Command, key: &str, words: &Words) -> Command {
    let text = Said::new(key.to_owned(), Vec::new());
    let mut command = command
        .about(words.say(&text))
        .disable_help_flag(true)
        .arg(Arg::new("help").long("help").short('h').action(ArgAction::Help))
        .help_template(template(words))
        .subcommand_help_heading(words.say(&said!("help-verbs")))
        .subcommand_value_name(words.say(&said!("help-verb")))
        .mut_args(|arg| argument(arg, &text, words));
    if let Some(example) = words.part(&text, "example") {
        command = command.after_help(words.say(&said!("help-example", example = example)));
    }
    command.mut_subcommands(|child| {
        let key = if key == "tool" {
            format!("verb-{}", child.get_name())
        } else {
            format!("{key}-{}", child.get_name())
        };
        verb(child, &key, words)
    })
}

fn template(words: &Words) -> String {
    let usage = words.say(&said!("help-usage"));
    format!("{{about-with-newline}}\n{usage} {{usage}}\n\n{{all-args}}{{after-help}}\n")
}

fn argument(arg: Arg, verb: &Said, words: &Words) -> Arg {
    let heading = if arg.is_positional() {
        said!("help-arguments")
    } else if GLOBAL.contains(&arg.get_id().as_str()) {
        said!("help-general")
    } else {
        said!("help-options")
    };
    let heading = words.say(&heading);
    let help = argument_help(&arg, verb, words);
    let arg = arg.help(help).help_heading(heading);
    if arg.get_action().takes_values() {
        return arg.hide_default_value(true).hide_possible_values(true);
    }
    arg
}

fn argument_help(arg: &Arg, verb: &Said, words: &Words) -> String {
    let name = arg.get_id().as_str().replace('_', "-");
    let help = if GLOBAL.contains(&name.as_str()) {
        words.say(&Said::new(format!("option-{name}"), Vec::new()))
    } else {
        // What chooses boxes is the same for each verb on them; and so it is with reports.
        let choice = if verb.key().starts_with("verb-reports") {
            said!("reports-choice")
        } else {
            said!("boxes-choice")
        };
        words.part(verb, &name).or_else(|| words.part(&choice, &name)).unwrap_or_default()
    };
    let shown: Vec<_> =
        arg.get_default_values().iter().filter_map(|value| value.to_str()).collect();
    if shown.is_empty() || matches!(arg.get_action(), ArgAction::SetTrue) {
        return help;
    }
    words.say(&said!("help-default", help = help, value = shown.join(" ")))
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;
    use crate::cli::Cli;
    use crate::text::Lang;

    fn walk(command: &mut Command, path: &str, check: &mut dyn FnMut(&mut Command, &str)) {
        check(command, path);
        for child in command.get_subcommands_mut() {
            let path = format!("{path} {}", child.get_name());
            walk(child, &path, check);
        }
    }

    #[test]
    fn every_verb_and_argument_has_its_help_in_both_languages() {
        for lang in Lang::ALL {
            let words = Words::new(lang);
            let mut command = localise(Cli::command(), &words);
            walk(&mut command, "ngondo", &mut |verb, path| {
                let about = verb.get_about().map(ToString::to_string).unwrap_or_default();
                assert!(about.contains(' '), "{path} has no help in {lang:?}: {about:?}");
                for arg in verb.get_arguments() {
                    let help = arg.get_help().map(ToString::to_string).unwrap_or_default();
                    assert!(help.contains(' '), "{path} {} has no help in {lang:?}", arg.get_id());
                }
            });
        }
    }

    #[test]
    fn every_verb_shows_an_example_that_the_command_line_takes() {
        for lang in Lang::ALL {
            let words = Words::new(lang);
            let mut command = localise(Cli::command(), &words);
            walk(&mut command, "ngondo", &mut |verb, path| {
                let shown = verb.get_after_help().map(ToString::to_string).unwrap_or_default();
                let example = shown.lines().last().unwrap_or_default().trim().to_owned();
                assert!(example.starts_with(path), "{path} has no example in {lang:?}: {shown:?}");
                if let Err(error) = Cli::command().try_get_matches_from(example.split(' ')) {
                    panic!("{path}: the example of {lang:?} is refused: {error}");
                }
            });
        }
    }

    #[test]
    fn help_has_no_english_heading_in_french() {
        let mut command = localise(Cli::command(), &Words::new(Lang::Fr));
        walk(&mut command, "ngondo", &mut |verb, path| {
            let help = verb.render_long_help().to_string();
            for english in ["Usage:", "Commands:", "[default", "Print help"] {
                assert!(!help.contains(english), "{path}: {english} in\n{help}");
            }
        });
    }

    #[test]
    fn the_command_tree_is_sound() {
        localise(Cli::command(), &Words::new(Lang::En)).debug_assert();
    }
}
