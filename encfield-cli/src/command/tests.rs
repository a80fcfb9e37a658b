//! What the help says is what can be typed.

#![allow(clippy::unwrap_used)]

use clap::{CommandFactory, Parser};

use super::Arguments;

/// The examples in a command's help: the lines that begin with the command's name.
fn examples(command: &clap::Command) -> Vec<String> {
    let help = command.get_after_help().map(ToString::to_string);
    help.unwrap_or_default()
        .lines()
        .filter_map(|line| line.strip_prefix("  encfield "))
        .map(|line| line.split("   ").next().unwrap().to_owned())
        .collect()
}

/// The words that a shell makes of a line, without what it keeps to itself.
fn words(line: &str) -> Vec<String> {
    let (mut words, mut open) = (Vec::new(), None::<String>);
    for word in line.split(' ') {
        match (&mut open, word.strip_prefix('\''), word.strip_suffix('\'')) {
            (None, Some(first), _) => open = Some(first.to_owned()),
            (Some(text), _, Some(last)) => {
                words.push(format!("{text} {last}"));
                open = None;
            }
            (Some(text), _, None) => text.push_str(&format!(" {word}")),
            (None, None, _) => words.push(word.to_owned()),
        }
    }
    assert_eq!(open, None, "{line}");
    let redirected = words.iter().position(|word| word == "<" || word == ">");
    words.truncate(redirected.unwrap_or(words.len()));
    words
}

fn walk(path: &str, command: &clap::Command, seen: &mut usize) {
    let examples = examples(command);
    assert!(!examples.is_empty(), "{path} has no example");
    for example in examples {
        let line = std::iter::once("encfield".to_owned()).chain(words(&example));
        let parsed = Arguments::try_parse_from(line);
        assert!(
            parsed.is_ok(),
            "{path}: {example}\n{}",
            parsed.err().unwrap()
        );
        // An example shows the command that it stands below.
        let own = format!("encfield {example} ");
        assert!(own.starts_with(&format!("{path} ")), "{path}: {example}");
        *seen += 1;
    }
    for below in command.get_subcommands() {
        if below.get_name() != "help" {
            walk(&format!("{path} {}", below.get_name()), below, seen);
        }
    }
}

#[test]
fn the_help_of_each_command_has_examples_and_each_can_be_typed() {
    let mut seen = 0;
    walk("encfield", &Arguments::command(), &mut seen);
    assert!(seen > 30, "{seen}");
}
