//! The cache of compiled code, and what somebody who can write to its folder
//! may try.

use std::fs;
use std::path::{Path, PathBuf};

use tempfile::TempDir;
use tollgate_engine::{CacheDirectory, CacheUse, Engine, EngineError, Limits};

use crate::guest::{self, World};

struct Cache {
    folder: TempDir,
}

impl Cache {
    fn new() -> Self {
        Self { folder: tempfile::tempdir().unwrap() }
    }

    fn entries(&self) -> PathBuf {
        self.folder.path().join("entries")
    }

    fn key(&self) -> PathBuf {
        self.folder.path().join("secret/key")
    }

    fn directory(&self) -> CacheDirectory {
        CacheDirectory { entries: self.entries(), key: self.key() }
    }

    fn engine(&self) -> Engine {
        self.try_engine().unwrap()
    }

    fn try_engine(&self) -> Result<Engine, EngineError> {
        Engine::builder().limits(guest::limits()).cache(self.directory()).build()
    }

    /// What a new engine finds for a good guest, which must work whatever it
    /// is.
    fn load(&self, world: World) -> CacheUse {
        let plugin = self.engine().load(&guest::good(world)).unwrap();
        guest::assert_right(&plugin);
        plugin.cache_use()
    }

    /// The files of the folder, in the order of their names.
    fn files(&self) -> Vec<PathBuf> {
        let mut files: Vec<_> =
            fs::read_dir(self.entries()).unwrap().map(|entry| entry.unwrap().path()).collect();
        files.sort();
        files
    }

    /// Changes the only entry; loading must see it, compile, and mend it.
    fn assert_rejected(&self, what: &str, change: impl FnOnce(&Path, Vec<u8>)) {
        let [file] = self.files().try_into().unwrap();
        let content = fs::read(&file).unwrap();
        change(&file, content);
        assert_eq!(self.load(World::Policy), CacheUse::Rejected, "{what}");
        assert_eq!(self.load(World::Policy), CacheUse::Hit, "after {what}");
    }
}

#[test]
fn without_a_cache_everything_is_compiled() {
    let plugin = guest::engine().load(&guest::good(World::Gate)).unwrap();
    assert_eq!(plugin.cache_use(), CacheUse::Off);
}

#[test]
fn a_second_engine_finds_what_the_first_compiled() {
    let cache = Cache::new();
    assert_eq!(cache.load(World::Policy), CacheUse::Miss);
    assert_eq!(cache.load(World::Policy), CacheUse::Hit);
    assert_eq!(cache.load(World::Gate), CacheUse::Miss);
    assert_eq!(cache.load(World::Gate), CacheUse::Hit);
    assert_eq!(cache.files().len(), 2, "no temporary file is left: {:?}", cache.files());
}

#[test]
fn a_forged_entry_is_rejected_and_mended() {
    let cache = Cache::new();
    cache.load(World::Policy);
    for place in ["start", "middle", "tag"] {
        cache.assert_rejected(place, |file, mut bytes| {
            let at = match place {
                "start" => 0,
                "middle" => bytes.len() / 2,
                _ => bytes.len() - 1,
            };
            bytes[at] ^= 1;
            fs::write(file, bytes).unwrap();
        });
    }
    cache.assert_rejected("no bytes", |file, _| fs::write(file, b"").unwrap());
    cache.assert_rejected("few bytes", |file, _| fs::write(file, b"ELF").unwrap());
    cache.assert_rejected("a tag alone", |file, _| fs::write(file, [0; 32]).unwrap());
    cache.assert_rejected("one byte less", |file, bytes| {
        fs::write(file, &bytes[..bytes.len() - 1]).unwrap();
    });
    cache.assert_rejected("one byte more", |file, mut bytes| {
        bytes.push(0);
        fs::write(file, bytes).unwrap();
    });
}

#[test]
fn an_entry_counts_for_its_own_component_only() {
    let cache = Cache::new();
    cache.load(World::Policy);
    cache.load(World::Gate);
    let [one, other] = cache.files().try_into().unwrap();
    let kept = fs::read(&one).unwrap();
    fs::rename(&other, &one).unwrap();
    fs::write(&other, kept).unwrap();
    assert_eq!(cache.load(World::Policy), CacheUse::Rejected);
    assert_eq!(cache.load(World::Gate), CacheUse::Rejected);
    assert_eq!(cache.load(World::Policy), CacheUse::Hit);
    assert_eq!(cache.load(World::Gate), CacheUse::Hit);
}

#[test]
fn an_entry_made_with_another_key_is_rejected() {
    let (cache, stranger) = (Cache::new(), Cache::new());
    cache.load(World::Policy);
    stranger.load(World::Policy);
    cache.assert_rejected("another key", |file, _| {
        fs::copy(&stranger.files()[0], file).unwrap();
    });
}

#[test]
fn an_entry_that_is_no_file_is_passed_over() {
    let cache = Cache::new();
    cache.load(World::Policy);
    let [file] = cache.files().try_into().unwrap();
    fs::remove_file(&file).unwrap();
    fs::create_dir(&file).unwrap();
    assert_eq!(cache.load(World::Policy), CacheUse::Miss);
}

#[test]
fn a_folder_that_cannot_be_written_is_only_slower() {
    let cache = Cache::new();
    fs::write(cache.entries(), "a file where the folder should be").unwrap();
    assert_eq!(cache.load(World::Policy), CacheUse::Miss);
    assert_eq!(cache.load(World::Policy), CacheUse::Miss);
}

#[test]
fn a_frozen_plugin_is_kept_too_and_checked_too() {
    let cache = Cache::new();
    let bake = || {
        let plugin = cache.engine().load(&guest::good(World::Policy)).unwrap();
        plugin.bake("5", "").unwrap()
    };
    let baked = bake();
    assert_eq!(bake(), baked);
    for file in cache.files() {
        let mut bytes = fs::read(&file).unwrap();
        let middle = bytes.len() / 2;
        bytes[middle] ^= 0x40;
        fs::write(&file, bytes).unwrap();
    }
    assert_eq!(bake(), baked);
}

#[test]
fn compiled_code_obeys_the_limits_of_the_engine_that_loads_it() {
    let cache = Cache::new();
    let large = guest::policy_with("memory", r#"(memory (export "memory") 40)"#);
    guest::assert_right(&cache.engine().load(&large).unwrap());
    let limits = Limits { memory: 1 << 20, ..guest::limits() };
    let small = Engine::builder().limits(limits).cache(cache.directory()).build().unwrap();
    let error = small.load(&large).unwrap_err();
    insta::assert_snapshot!(error);
}

#[test]
fn engines_that_start_at_once_share_one_key() {
    let cache = Cache::new();
    std::thread::scope(|scope| {
        for _ in 0..8 {
            scope.spawn(|| cache.load(World::Policy));
        }
    });
    assert_eq!(cache.load(World::Policy), CacheUse::Hit);
    assert_eq!(cache.files().len(), 1, "{:?}", cache.files());
    assert_eq!(fs::read_dir(cache.key().parent().unwrap()).unwrap().count(), 1);
}

#[test]
#[cfg(unix)]
fn the_key_is_made_for_its_owner_only() {
    use std::os::unix::fs::PermissionsExt as _;
    let cache = Cache::new();
    cache.engine();
    let metadata = fs::metadata(cache.key()).unwrap();
    assert_eq!((metadata.permissions().mode() & 0o777, metadata.len()), (0o600, 32));
}

#[test]
#[cfg(unix)]
fn a_key_that_cannot_be_trusted_stops_the_engine() {
    use std::os::unix::fs::PermissionsExt as _;
    let refused = |spoil: &dyn Fn(&Path)| {
        let cache = Cache::new();
        cache.engine();
        spoil(&cache.key());
        let error = cache.try_engine().unwrap_err().to_string();
        error.replace(&*cache.folder.path().to_string_lossy(), "<folder>")
    };
    let mode = |mode| {
        move |key: &Path| {
            fs::set_permissions(key, fs::Permissions::from_mode(mode)).unwrap();
        }
    };
    let report = [
        refused(&mode(0o644)),
        refused(&mode(0o660)),
        refused(&|key| fs::write(key, b"short").unwrap()),
        refused(&|key| {
            fs::remove_file(key).unwrap();
            fs::create_dir(key).unwrap();
            fs::set_permissions(key, fs::Permissions::from_mode(0o700)).unwrap();
        }),
        refused(&|key| {
            let folder = key.parent().unwrap();
            fs::remove_dir_all(folder).unwrap();
            fs::write(folder, b"").unwrap();
        }),
    ];
    insta::assert_snapshot!(report.join("\n"));
}
