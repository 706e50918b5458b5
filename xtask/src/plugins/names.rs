//! The names of a module's functions, as a person reads them.

use anyhow::{Context, Result};
use wasm_encoder::{Module, NameMap, NameSection, RawSection};
use wasmparser::{KnownCustom, Name, Parser, Payload};

/// The module with its functions' names demangled and without their hashes,
/// which are a tenth of a large plugin. A trap's backtrace shows them so.
pub(super) fn demangled(module: &[u8]) -> Result<Vec<u8>> {
    let mut written = Module::new();
    for payload in Parser::new(0).parse_all(module) {
        let payload = payload.context("it is not a module")?;
        if let Payload::CustomSection(section) = &payload
            && let KnownCustom::Name(names) = section.as_known()
        {
            written.section(&functions(names)?);
        } else if let Some((id, range)) = payload.as_section() {
            let range = usize::try_from(range.start)?..usize::try_from(range.end)?;
            let data = module.get(range).context("a section ends beyond the module")?;
            written.section(&RawSection { id, data });
        }
    }
    Ok(written.finish())
}

fn functions(names: wasmparser::NameSectionReader<'_>) -> Result<NameSection> {
    let mut section = NameSection::new();
    for names in names {
        let Name::Function(functions) = names? else { continue };
        let mut shown = NameMap::new();
        for function in functions {
            let function = function?;
            shown.append(function.index, &format!("{:#}", rustc_demangle::demangle(function.name)));
        }
        section.functions(&shown);
    }
    Ok(section)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_hash_is_left_out_and_other_sections_stay() {
        // One function, `_ZN4rule5apply17h0123456789abcdefE`, and a custom section.
        let mut names = NameSection::new();
        let mut map = NameMap::new();
        map.append(0, "_ZN4rule5apply17h0123456789abcdefE");
        names.functions(&map);
        let mut module = Module::new();
        module.section(&RawSection { id: 1, data: b"\x01\x60\0\0" });
        module.section(&RawSection { id: 3, data: b"\x01\0" });
        module.section(&RawSection { id: 10, data: b"\x01\x02\0\x0b" });
        module.section(&names);
        module.section(&RawSection { id: 0, data: b"\x04kept" });
        let shown = demangled(&module.finish()).unwrap();
        let found = |text: &[u8]| shown.windows(text.len()).any(|part| part == text);
        assert!(found(b"\x0brule::apply"));
        assert!(found(b"\x04kept"));
        assert!(!found(b"0123456789abcdef"));
    }
}
