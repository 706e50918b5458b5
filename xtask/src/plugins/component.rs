//! From a core module to a component that keeps the contract's promise.

use anyhow::{Context, Result, anyhow, bail, ensure};
use wit_component::{ComponentEncoder, DecodedWasm};

use super::names;

/// What every interface of the contract is called, version aside.
const CONTRACT: &str = "tollgate:plugin/";

/// Wraps the module of plugin `name`.
///
/// Errors: it is no valid component, it imports something, or it exports no
/// interface of the contract.
pub(crate) fn encode(name: &str, module: &[u8]) -> Result<Vec<u8>> {
    let cannot = || format!("plugin `{name}` does not become a component");
    let module = names::demangled(module).with_context(cannot)?;
    let component = ComponentEncoder::default()
        .validate(true)
        .module(&module)
        .and_then(|encoder| encoder.encode())
        .with_context(cannot)?;
    check(name, &component)?;
    Ok(component)
}

/// A plugin exports the contract and imports nothing.
pub(crate) fn check(name: &str, component: &[u8]) -> Result<()> {
    let decoded = wit_component::decode(component)
        .with_context(|| format!("plugin `{name}` is not a component"))?;
    let DecodedWasm::Component(resolve, id) = &decoded else {
        bail!("plugin `{name}` is a package of types, not a component");
    };
    let world = resolve.worlds.get(*id).ok_or_else(|| anyhow!("plugin `{name}` has no world"))?;
    let names = |keys: Vec<_>| -> Vec<String> {
        keys.into_iter().map(|key| resolve.name_world_key(key)).collect()
    };
    let imports = names(world.imports.keys().collect());
    ensure!(
        imports.is_empty(),
        "plugin `{name}` imports `{}`, and a plugin imports nothing: remove the dependency that asks for it",
        imports.join("`, `")
    );
    let exports = names(world.exports.keys().collect());
    ensure!(
        exports.iter().any(|export| export.starts_with(CONTRACT)),
        "plugin `{name}` exports no interface of `tollgate:plugin`: call one of the SDK's export macros in its lib.rs"
    );
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A module without any code or custom section.
    const EMPTY: &[u8] = b"\0asm\x01\0\0\0";

    #[test]
    fn a_module_without_the_contract_is_refused() {
        let error = encode("empty", EMPTY).unwrap_err().to_string();
        assert!(error.starts_with("plugin `empty` exports no interface"), "{error}");
    }

    #[test]
    fn a_module_that_imports_is_refused() {
        // (type (func)) (import "env" "now" (func (type 0)))
        let mut module = EMPTY.to_vec();
        module.extend(b"\x01\x04\x01\x60\0\0\x02\x0b\x01\x03env\x03now\0\0");
        let error = format!("{:#}", encode("clock", &module).unwrap_err());
        assert!(error.starts_with("plugin `clock` does not become a component"), "{error}");
        assert!(error.contains("env"), "{error}");
    }

    #[test]
    fn a_component_that_imports_is_refused_by_name() {
        let mut component = b"\0asm\x0d\0\x01\0".to_vec();
        // (type (instance)) (import "acme:host/clock" (instance (type 0)))
        component.extend(b"\x07\x03\x01\x42\0");
        component.extend(b"\x0a\x14\x01\0\x0facme:host/clock\x05\0");
        let error = check("clock", &component).unwrap_err().to_string();
        assert!(error.starts_with("plugin `clock` imports `acme:host/clock`"), "{error}");
    }
}
