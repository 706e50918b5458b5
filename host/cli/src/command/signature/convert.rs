//! `tollgate signature convert`

use std::fmt::Write as _;

use miette::Result;
use tollgate_signatures::convert::{self, ConvertReport};

use crate::arguments::{Convert, Form, Format};
use crate::exit::Exit;
use crate::output;

pub(crate) fn run(arguments: &Convert) -> Result<Exit> {
    let given = convert::read(&arguments.file, arguments.from.map(form))?;
    let to = form(arguments.to);
    let (document, lost) = convert::write(&given.signature, to, &arguments.name);
    let mut losses = given.losses;
    losses.extend(lost);
    let refused = arguments.lossless && !losses.is_empty();
    let document = (!refused).then_some(document);
    let report = ConvertReport {
        verdict: if refused { "fail" } else { "pass" },
        source: given.source,
        from: given.form,
        to,
        losses,
        document,
    };
    let text = report.document.as_ref().map(convert::Document::text);
    let output = super::file(arguments.output.as_deref());
    if let (Some(text), Some(path)) = (&text, output) {
        super::deliver(Some(path), text)?;
    }
    match arguments.format {
        Format::Json => output::json("signature convert", &report),
        Format::Human => {
            if let (Some(text), None) = (&text, output) {
                super::deliver(None, text)?;
            }
            output::note(|out| super::tell(out, &report.losses));
            if refused {
                let count = report.losses.len();
                let things = if count == 1 { "thing" } else { "things" };
                output::note(|out| {
                    writeln!(out, "{count} {things} would be lost: nothing is written")
                });
            }
        }
    }
    Ok(if refused { Exit::Failed } else { Exit::Passed })
}

fn form(form: Form) -> convert::Form {
    match form {
        Form::Mlflow => convert::Form::Mlflow,
        Form::Mlmodel => convert::Form::Mlmodel,
        Form::JsonSchema => convert::Form::JsonSchema,
        Form::Oip => convert::Form::Oip,
    }
}
