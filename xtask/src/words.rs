//! What follows a command's name.

use std::process::ExitCode;

/// What a command was asked, or how it ends without being run: its help was
/// wanted, or its words are wrong, which is exit code 2.
pub(crate) fn asked<T>(
    command: &str,
    help: &str,
    arguments: &[String],
    parse: fn(&[String]) -> Result<T, String>,
) -> Result<T, ExitCode> {
    if arguments.iter().any(|word| word == "--help" || word == "-h") {
        print!("{help}");
        return Err(ExitCode::SUCCESS);
    }
    parse(arguments).map_err(|mistake| {
        eprintln!("error: {mistake}; see `cargo xtask {command} --help`");
        ExitCode::from(2)
    })
}
