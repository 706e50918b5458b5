//! What a component says it was built with.

use wasmparser::{KnownCustom, Parser, Payload, ProducersSectionReader};

use crate::text::plain;

/// So many tools are named; a file may claim any number of them.
const TOOLS: usize = 8;

/// The compiler and the other tools, by the first module that names them:
/// `rustc 1.95.0 (59807616e 2026-04-14)`. Nothing but a claim of the file.
pub(crate) fn tools(component: &[u8]) -> Vec<String> {
    Parser::new(0)
        .parse_all(component)
        .map_while(Result::ok)
        .find_map(|payload| match payload {
            Payload::CustomSection(section) => match section.as_known() {
                KnownCustom::Producers(producers) => named(producers),
                _ => None,
            },
            _ => None,
        })
        .unwrap_or_default()
}

fn named(producers: ProducersSectionReader<'_>) -> Option<Vec<String>> {
    let tools = producers.into_iter().map_while(Result::ok).find(|it| it.name == "processed-by")?;
    let tools = tools.values.into_iter().map_while(Result::ok).take(TOOLS);
    Some(tools.map(|tool| plain(&format!("{} {}", tool.name, tool.version))).collect())
}
