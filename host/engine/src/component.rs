//! What a file says it is, read before anything is compiled.

use wasmparser::{Parser, Payload};

use crate::baked;
use crate::contract::{self, CONTRACT_VERSIONS, Contract};
use crate::error::LoadError;
use crate::world::World;

const PACKAGE: &str = "tollgate:plugin/";

/// How deep components may lie within each other. Tools make two or three;
/// the time and memory of validating them grow with the square of the depth.
const DEPTH: usize = 16;

/// What a component declares at its surface.
pub(crate) struct Declared {
    pub(crate) world: World,
    pub(crate) contract: &'static dyn Contract,
    /// The text of the custom section that baking adds.
    pub(crate) baked: Option<Vec<u8>>,
}

/// Reads the imports and exports of a component and decides what it is.
pub(crate) fn read(bytes: &[u8], limit: usize) -> Result<Declared, LoadError> {
    if !bytes.starts_with(b"\0asm") {
        return Err(LoadError::NotWasm);
    }
    if Parser::is_core_wasm(bytes) {
        return Err(LoadError::CoreModule);
    }
    if bytes.len() > limit {
        return Err(LoadError::TooLarge { size: bytes.len(), limit });
    }
    let (imports, exports, baked) = surface(bytes).map_err(LoadError::Invalid)?;
    if !imports.is_empty() {
        return Err(LoadError::Imports(imports));
    }
    let (world, contract) = world(&exports)?;
    Ok(Declared { world, contract, baked })
}

type Surface = (Vec<String>, Vec<String>, Option<Vec<u8>>);

fn surface(bytes: &[u8]) -> Result<Surface, String> {
    let text = |error: wasmparser::BinaryReaderError| error.to_string();
    let (mut imports, mut exports, mut baked) = (Vec::new(), Vec::new(), None);
    let mut depth = 0_usize;
    for payload in Parser::new(0).parse_all(bytes) {
        match payload.map_err(text)? {
            // Nested modules and components have surfaces of their own.
            Payload::ModuleSection { .. } | Payload::ComponentSection { .. } => {
                depth += 1;
                if depth > DEPTH {
                    return Err(format!("components lie within each other deeper than {DEPTH}"));
                }
            }
            Payload::End(_) => depth = depth.saturating_sub(1),
            Payload::ComponentImportSection(section) if depth == 0 => {
                for import in section {
                    imports.push(import.map_err(text)?.name.name.to_owned());
                }
            }
            Payload::ComponentExportSection(section) if depth == 0 => {
                for export in section {
                    exports.push(export.map_err(text)?.name.name.to_owned());
                }
            }
            Payload::CustomSection(section) if depth == 0 && section.name() == baked::SECTION => {
                baked = Some(section.data().to_vec());
            }
            _ => {}
        }
    }
    Ok((imports, exports, baked))
}

/// The world and contract version that these exports make.
fn world(exports: &[String]) -> Result<(World, &'static dyn Contract), LoadError> {
    let mut found = Vec::new();
    let mut versions = Vec::new();
    for export in exports {
        let Some((interface, version)) =
            export.strip_prefix(PACKAGE).and_then(|name| name.split_once('@'))
        else {
            continue;
        };
        versions.push(version);
        let world = World::ALL.into_iter().find(|world| world.interface() == interface);
        found.extend(world.map(|world| (world, version)));
    }
    if let Some(wanted) = versions.iter().find(|version| contract::of(version).is_none()) {
        let wanted = (*wanted).to_owned();
        return Err(LoadError::UnknownContract { wanted, known: CONTRACT_VERSIONS });
    }
    match found.as_slice() {
        [(world, version)] => {
            let contract = contract::of(version);
            let contract = contract.ok_or_else(|| LoadError::NotAPlugin(exports.to_vec()))?;
            Ok((*world, contract))
        }
        [] => Err(LoadError::NotAPlugin(exports.to_vec())),
        several => {
            let name = |(world, version): &(World, &str)| format!("{world}@{version}");
            Err(LoadError::SeveralWorlds(several.iter().map(name).collect()))
        }
    }
}
