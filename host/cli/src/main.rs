//! The `tollgate` binary: one file a command.

mod arguments;
mod command;
mod exit;
mod output;
mod usage;

use clap::Parser as _;

use crate::arguments::{Arguments, Command};
use crate::exit::Exit;

fn main() -> Exit {
    // A panic while a damaged file is read is caught and told as an error.
    let before = std::panic::take_hook();
    std::panic::set_hook(Box::new(move |panic| {
        if !tollgate_frames::is_guarded() {
            before(panic);
        }
    }));
    let arguments = match Arguments::try_parse() {
        Ok(arguments) => arguments,
        Err(error) => return usage::show(&error),
    };
    match &arguments.command {
        Command::Check(check) => command::check::run(check),
        Command::Gate(gate) => command::gate::run(gate),
        Command::Decide(decide) => command::decide::run(decide),
        Command::Signature(signature) => command::signature::run(signature),
        Command::Plugin(plugin) => command::plugin::run(plugin),
        Command::Bake(bake) => command::bake::run(bake),
        Command::CompileComponent(compile) => command::compile::run(compile),
    }
}
