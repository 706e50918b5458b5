//! Every document under `cases/documents` and what is said about it.
#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a test that fails panics"
)]

mod common;

use std::path::PathBuf;

use tollgate::document::PolicyDocument;
use tollgate::source::Source;

#[test]
fn documents_are_read_or_every_mistake_is_told() {
    for (name, text) in common::cases("documents") {
        let shown = match PolicyDocument::parse(Source::new(&name, &text), PathBuf::new()) {
            Ok(document) => described(&document),
            Err(error) => common::shown(&error),
        };
        common::assert_shown("documents", &name, &shown);
    }
}

fn described(document: &PolicyDocument) -> String {
    format!(
        "name      {}\nversion   {}\nplugin    {}\nowner     {}\nsummary   {:?}\nchangelog {:#?}\ninputs    {:#?}\nfallback  {:?}\nsettings  {}\ndigest    {}\n",
        document.name,
        document.version,
        document.plugin,
        document.owner,
        document.summary,
        document.changelog,
        document.inputs,
        document.fallback,
        document.settings(),
        document.settings_digest(),
    )
}
