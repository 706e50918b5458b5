//! `tollgate bake`

use std::fs;
use std::io::Write as _;

use miette::{IntoDiagnostic as _, WrapErr as _};
use serde::Serialize;
use tollgate::judge;
use tollgate::report::Exit;
use tollgate_engine::Digest;

use crate::arguments::{Bake, Format};
use crate::output;

#[derive(Serialize)]
struct BakeReport {
    command: &'static str,
    output: String,
    size: usize,
    digest: String,
}

pub(crate) fn run(arguments: &Bake) -> Exit {
    output::shown("bake", arguments.shared.format, || {
        let plugins = super::plugins(&arguments.shared)?;
        let component = judge::bake(&plugins, &arguments.policy)?;
        let path = &arguments.output;
        // Beside it and renamed, so that no one ever loads half a component.
        let temporary = path.with_extension("wasm.tmp");
        fs::write(&temporary, &component)
            .and_then(|()| fs::rename(&temporary, path))
            .into_diagnostic()
            .wrap_err_with(|| format!("`{}` cannot be written", path.display()))?;
        let report = BakeReport {
            command: "bake",
            output: path.display().to_string(),
            size: component.len(),
            digest: Digest::of(&component).to_string(),
        };
        match arguments.shared.format {
            Format::Json => output::written(output::json(&report))?,
            Format::Human => {
                let mut out = anstream::stdout().lock();
                let line =
                    writeln!(out, "{} ({} bytes)\n{}", report.output, report.size, report.digest);
                output::written(line)?;
            }
        }
        Ok(Exit::Passed)
    })
}
