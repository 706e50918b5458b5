//! Components compiled ahead of time, and code that does not fit.

use tollgate_engine::ahead::{self, BuiltIn};
use tollgate_engine::{CacheUse, LoadError, Plugin};

use crate::guest::{self, World};

fn packed(component: &[u8]) -> Vec<u8> {
    // Tests run on kinds of machines that have a baseline.
    ahead::pack(component, None).unwrap().unwrap()
}

/// As if the program had been built with these bytes.
fn load(packed: Vec<u8>) -> Result<Plugin, LoadError> {
    load_like(packed, None)
}

fn load_like(packed: Vec<u8>, like: Option<Vec<u8>>) -> Result<Plugin, LoadError> {
    // SAFETY: what is not damaged comes from `pack`, and what is damaged is
    // found to be.
    #[allow(unsafe_code)]
    let built_in = unsafe { BuiltIn::packed(packed.leak(), like.map(|like| &*like.leak())) };
    guest::engine().load_built_in(&built_in)
}

#[test]
fn what_two_components_share_is_there_once() {
    let (component, other) = (guest::good(World::Gate), guest::good(World::Policy));
    let like = packed(&other);
    let against = ahead::pack(&component, Some(&like)).unwrap().unwrap();
    assert!(against.len() < packed(&component).len());
    let plugin = load_like(against.clone(), Some(like.clone())).unwrap();
    assert_eq!(plugin.cache_use(), CacheUse::Ahead);
    guest::assert_right(&plugin);
    assert!(ahead::is_current(&against, &component, Some(&like)));
    assert!(!ahead::is_current(&against, &component, None));
    assert!(!ahead::is_current(&against, &component, Some(&packed(&component))));
    // Without it, with another one, or with half of it, nothing is made up.
    for wrong in [None, Some(packed(&component)), Some(like[..like.len() / 2].to_vec())] {
        let error = load_like(against.clone(), wrong).unwrap_err().to_string();
        assert!(error.contains("damaged when this program was built"), "{error}");
    }
    assert!(ahead::pack(&component, Some(b"half")).is_err());
}

#[test]
fn code_that_fits_is_taken_and_judges_as_what_is_compiled_here() {
    for world in World::ALL {
        let component = guest::good(world);
        let plugin = load(packed(&component)).unwrap();
        assert_eq!(plugin.cache_use(), CacheUse::Ahead);
        guest::assert_right(&plugin);
        let here = guest::engine().load(&component).unwrap();
        assert_eq!(plugin.digest(), here.digest());
        assert_eq!(plugin.size(), component.len());
    }
}

#[test]
fn the_component_is_compiled_where_there_is_no_code_for_it() {
    let component = guest::good(World::Gate);
    let unpacked = BuiltIn::component(component.clone().leak());
    let plugin = guest::engine().load_built_in(&unpacked).unwrap();
    assert_eq!(plugin.cache_use(), CacheUse::Off);
    guest::assert_right(&plugin);

    // The code of one component under the name of another.
    let other = packed(&guest::good(World::Policy));
    let mut mixed = packed(&component);
    mixed[..32].copy_from_slice(&other[..32]);
    let plugin = load(mixed).unwrap();
    assert_eq!(plugin.cache_use(), CacheUse::Off);
    guest::assert_right(&plugin);

    // Its last byte is part of the checksum over the code.
    let mut damaged = packed(&component);
    *damaged.last_mut().unwrap() ^= 1;
    let plugin = load(damaged).unwrap();
    assert_eq!(plugin.cache_use(), CacheUse::Off);
    guest::assert_right(&plugin);
}

#[test]
fn a_component_that_was_damaged_is_refused() {
    let whole = packed(&guest::good(World::Policy));
    for length in [0, 31, 40, 72, 88, 92, whole.len() / 2, whole.len() - 1] {
        let error = load(whole[..length].to_vec()).unwrap_err().to_string();
        assert!(error.contains("damaged when this program was built"), "{length}: {error}");
    }
}

#[test]
fn a_build_knows_what_it_need_not_compile_again() {
    let component = guest::good(World::Policy);
    let packed = packed(&component);
    assert!(ahead::is_current(&packed, &component, None));
    assert!(!ahead::is_current(&packed, &guest::good(World::Gate), None));
    assert!(!ahead::is_current(b"", &component, None));
    let mut of_another_engine = packed.clone();
    of_another_engine[32] ^= 1;
    assert!(!ahead::is_current(&of_another_engine, &component, None));
}

#[test]
fn what_is_no_plugin_is_not_compiled() {
    assert!(matches!(ahead::pack(b"\0asm\x01\0\0\0", None), Err(LoadError::CoreModule)));
    assert!(matches!(ahead::pack(b"no plugin", None), Err(LoadError::NotWasm)));
}
