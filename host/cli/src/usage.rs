//! What is shown instead of running a command: help, and arguments that are
//! wrong.

use std::ffi::OsString;

use clap::error::{Error, ErrorKind};
use clap::{CommandFactory as _, Parser as _};

use crate::command::Arguments;
use crate::exit::Exit;
use crate::output::{self, visible};

/// Shows it; the exit code is that of what was asked for, not of the showing.
pub(crate) fn show(error: &Error) -> Exit {
    if matches!(error.kind(), ErrorKind::DisplayHelp | ErrorKind::DisplayVersion) {
        output::page(|out| {
            out.push_str(&error.render().ansi().to_string());
            Ok(())
        });
        return Exit::Passed;
    }
    let arguments: Vec<String> = std::env::args_os().map(|argument| shown(&argument)).collect();
    // The message repeats arguments: it is made again, of those that can be
    // shown. Should they be right then, what is wrong is not among them.
    let again = Arguments::try_parse_from(&arguments).err();
    let error = again.as_ref().unwrap_or(error);
    output::note(|out| {
        out.push_str(&error.render().ansi().to_string());
        Ok(())
    });
    if asks_for_json(&arguments) {
        output::program(&command(&arguments), sentence(error), Vec::new());
    }
    Exit::Error
}

fn shown(argument: &OsString) -> String {
    visible(&argument.to_string_lossy()).to_string()
}

/// The arguments are wrong, and yet they may say who reads.
fn asks_for_json(arguments: &[String]) -> bool {
    arguments.iter().any(|argument| argument == "--format=json")
        || arguments.windows(2).any(|pair| pair == ["--format", "json"])
}

/// The command that the arguments name, `signature diff`, or the program.
fn command(arguments: &[String]) -> String {
    let program = Arguments::command();
    let find = |under: &clap::Command, name: Option<&String>| {
        under
            .get_subcommands()
            .find(|command| name.is_some_and(|name| command.get_name() == name))
            .cloned()
    };
    let Some(first) = find(&program, arguments.get(1)) else {
        return program.get_name().to_owned();
    };
    // `plugin list` and `plugin inspect` report as one.
    let reports_apart = ["signature", "log", "registry"].contains(&first.get_name());
    match find(&first, arguments.get(2)) {
        Some(second) if reports_apart => format!("{} {}", first.get_name(), second.get_name()),
        _ if reports_apart => program.get_name().to_owned(),
        _ => first.get_name().to_owned(),
    }
}

/// What is wrong, without what `--help` says.
fn sentence(error: &Error) -> String {
    let text = error.render().to_string();
    let text = text.strip_prefix("error: ").unwrap_or(&text);
    let parts = text
        .split("\n\n")
        .filter(|part| !part.starts_with("Usage:") && !part.starts_with("For more information"))
        .map(|part| part.lines().map(str::trim).filter(|line| !line.is_empty()))
        .map(|lines| lines.collect::<Vec<_>>().join(", ").replace(":, ", ": "));
    parts.filter(|part| !part.is_empty()).collect::<Vec<_>>().join("; ")
}
