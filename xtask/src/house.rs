//! No two modules of a crate import each other.
//!
//! A module is a file and what lies below it; two are looked at when they have
//! the same parent. Tests may look wherever they like.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

use anyhow::{Context, Result, ensure};

use crate::places::Places;

/// The path of a module within its crate: `judge`, `decide`.
type Module = Vec<String>;

/// Errors: two modules that import each other, by name.
pub(crate) fn check(places: &Places) -> Result<()> {
    let mut cycles = Vec::new();
    for folder in ["host", "plugins", "tests", "tests/guests", "."] {
        for entry in fs::read_dir(places.root.join(folder))? {
            let root = entry?.path();
            let src = root.join("src");
            if !root.join("Cargo.toml").is_file() || !src.is_dir() {
                continue;
            }
            let name = root.strip_prefix(&places.root).unwrap_or(&root).display().to_string();
            let mut files = BTreeMap::new();
            read(&src, &mut Vec::new(), &mut files)?;
            cycles.extend(mutual(&files).map(|(one, other)| {
                format!("{name}: `{}` and `{}`", one.join("::"), other.join("::"))
            }));
        }
    }
    ensure!(
        cycles.is_empty(),
        "modules that import each other: give what both need a module of its own\n  {}",
        cycles.join("\n  ")
    );
    Ok(())
}

/// The text of every module below `folder`, without its tests.
fn read(folder: &Path, module: &mut Module, files: &mut BTreeMap<Module, String>) -> Result<()> {
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        let stem = path.file_stem().and_then(|stem| stem.to_str()).unwrap_or_default().to_owned();
        if path.is_dir() {
            if stem != "bin" {
                module.push(stem);
                read(&path, module, files)?;
                module.pop();
            }
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            let text = fs::read_to_string(&path)
                .with_context(|| format!("cannot read `{}`", path.display()))?;
            let text = text.split("#[cfg(test)]\nmod ").next().unwrap_or_default().to_owned();
            let mut name = module.clone();
            if !matches!(stem.as_str(), "lib" | "main" | "mod") {
                name.push(stem);
            }
            files.insert(name, text);
        }
    }
    Ok(())
}

/// Pairs of siblings of which each imports from the other.
fn mutual(files: &BTreeMap<Module, String>) -> impl Iterator<Item = (Module, Module)> {
    let mut edges: BTreeSet<(Module, Module)> = BTreeSet::new();
    for (module, text) in files {
        for target in imports(module, text) {
            let common = module.iter().zip(&target).take_while(|(one, other)| one == other).count();
            let (Some(from), Some(to)) = (module.get(..=common), target.get(..=common)) else {
                continue;
            };
            // Only what is a module: not a type that a parent offers.
            if files.keys().any(|known| known.starts_with(to)) {
                edges.insert((from.to_vec(), to.to_vec()));
            }
        }
    }
    let mutual: Vec<_> = edges
        .iter()
        .filter(|(from, to)| from < to && edges.contains(&(to.clone(), from.clone())))
        .cloned()
        .collect();
    mutual.into_iter()
}

/// The paths that a module's text names by `crate::` and `super::`.
fn imports(module: &[String], text: &str) -> Vec<Module> {
    let mut found = Vec::new();
    for line in statements(text) {
        for (start, root) in [("crate::", Some(0)), ("super::", None)] {
            for (at, _) in line.match_indices(start) {
                let before = line.get(..at).and_then(|before| before.chars().next_back());
                if before.is_some_and(|c| c.is_alphanumeric() || matches!(c, '_' | ':' | '$')) {
                    continue;
                }
                let mut rest = line.get(at + start.len()..).unwrap_or_default();
                let mut depth = root.unwrap_or(module.len().saturating_sub(1));
                while let Some(further) = rest.strip_prefix("super::") {
                    rest = further;
                    depth = depth.saturating_sub(1);
                }
                let base = module.get(..depth).unwrap_or_default().to_vec();
                paths(&base, rest, &mut found);
            }
        }
    }
    found
}

/// Statements that go over several lines as one; comments are left out.
fn statements(text: &str) -> Vec<String> {
    let code = text.lines().map(str::trim).filter(|line| !line.starts_with("//"));
    code.collect::<Vec<_>>().join(" ").split(';').map(str::to_owned).collect()
}

/// `a::b`, and of `{a::X, b::Y}` each.
fn paths(base: &[String], text: &str, found: &mut Vec<Module>) {
    let word: String = text.chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect();
    let rest = text.get(word.len()..).unwrap_or_default();
    if word.is_empty() {
        let Some(group) = rest.strip_prefix('{') else { return };
        let mut depth = 0_i32;
        let mut start = 0;
        for (at, c) in group.char_indices() {
            match c {
                '{' => depth += 1,
                '}' if depth == 0 => {
                    return paths(base, group.get(start..at).unwrap_or_default().trim(), found);
                }
                '}' => depth -= 1,
                ',' if depth == 0 => {
                    paths(base, group.get(start..at).unwrap_or_default().trim(), found);
                    start = at + 1;
                }
                _ => {}
            }
        }
        return;
    }
    let mut module = base.to_vec();
    if word != "self" {
        module.push(word);
        found.push(module.clone());
    }
    if let Some(rest) = rest.strip_prefix("::") {
        paths(&module, rest, found);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn module(path: &str) -> Module {
        path.split("::").filter(|part| !part.is_empty()).map(str::to_owned).collect()
    }

    fn found(files: &[(&str, &str)]) -> Vec<String> {
        let files = files.iter().map(|(path, text)| (module(path), (*text).to_owned())).collect();
        mutual(&files).map(|(one, other)| one.join("::") + " " + &other.join("::")).collect()
    }

    #[test]
    fn two_that_import_each_other_are_found_however_they_write_it() {
        let one = "use crate::b::X;\n";
        for other in [
            "use crate::a::Y;",
            "use crate::{\n    c::Z,\n    a::{self, Y},\n};",
            "use super::a::Y;",
            "fn f() { crate::a::g() }",
        ] {
            assert_eq!(
                found(&[("", "mod a;"), ("a", one), ("b", other), ("c", "")]),
                ["a b"],
                "{other}"
            );
        }
        // Below a module counts for it.
        let below = [("a", one), ("a::inner", ""), ("b", ""), ("b::inner", "use crate::a::Y;")];
        assert_eq!(found(&below), ["a b"]);
        let within =
            [("a", "mod x; mod y;"), ("a::x", "use super::y::Y;"), ("a::y", "use super::x::X;")];
        assert_eq!(found(&within), ["a::x a::y"]);
    }

    #[test]
    fn one_way_and_a_parent_are_fine() {
        for other in ["", "// use crate::a::Y;", "use other_crate::a::Y;", "use super::Y;"] {
            assert!(
                found(&[("", ""), ("a", "use crate::b::X;"), ("b", other)]).is_empty(),
                "{other}"
            );
        }
        assert!(found(&[("a", "use self::x::X;"), ("a::x", "use super::Y;")]).is_empty());
    }
}
