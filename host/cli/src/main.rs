//! The `tollgate` binary: one file a command.

mod arguments;
mod command;
mod exit;
mod output;
mod usage;

use clap::Parser as _;

use crate::command::Arguments;
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
    arguments.command.run()
}
