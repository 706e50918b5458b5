//! The cache of compiled code, and what somebody who can write to its folder
//! may try.

use std::fs;
use std::path::{Path, PathBuf};

use tempfile::TempDir;
use tollgate_engine::{CACHE_SIZE, CacheDirectory, CacheUse, Engine, Limits};

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
        self.engine_of(CACHE_SIZE)
    }

    fn engine_of(&self, size: u64) -> Engine {
        let builder = Engine::builder().limits(guest::limits()).cache(self.directory());
        builder.cache_size(size).build().unwrap()
    }

    /// Why an engine has no cache, which works all the same.
    fn problem(&self) -> String {
        let engine = self.engine();
        let plugin = engine.load(&guest::good(World::Policy)).unwrap();
        guest::assert_right(&plugin);
        assert_eq!(plugin.cache_use(), CacheUse::Off);
        let problem = engine.cache_problem().unwrap().to_string();
        problem.replace(&*self.folder.path().to_string_lossy(), "<folder>")
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
fn an_entry_that_is_a_folder_is_rejected() {
    let cache = Cache::new();
    cache.load(World::Policy);
    let [file] = cache.files().try_into().unwrap();
    fs::remove_file(&file).unwrap();
    fs::create_dir(&file).unwrap();
    assert_eq!(cache.load(World::Policy), CacheUse::Rejected);
}

#[test]
fn a_folder_that_is_a_file_is_told_of() {
    let cache = Cache::new();
    fs::write(cache.entries(), "a file where the folder should be").unwrap();
    insta::assert_snapshot!(cache.problem(), @"`<folder>/entries` is no folder");
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

/// What may be done to key and folders, and why there is no cache then.
#[test]
#[cfg(unix)]
fn what_cannot_be_trusted_is_no_cache() {
    use std::os::unix::fs::{PermissionsExt as _, symlink};
    let refused = |spoil: &dyn Fn(&Cache)| {
        let cache = Cache::new();
        cache.load(World::Policy);
        spoil(&cache);
        cache.problem()
    };
    let mode = |path: &Path, mode| {
        fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
    };
    // Elsewhere, so that a link has somewhere to lead.
    let elsewhere = |path: &Path, cache: &Cache| {
        let moved = cache.folder.path().join("elsewhere");
        fs::rename(path, &moved).unwrap();
        symlink(&moved, path).unwrap();
    };
    let report = [
        refused(&|cache| mode(&cache.key(), 0o644)),
        refused(&|cache| mode(&cache.key(), 0o660)),
        refused(&|cache| fs::write(cache.key(), b"short").unwrap()),
        refused(&|cache| fs::write(cache.key(), b"").unwrap()),
        refused(&|cache| fs::write(cache.key(), [7; 33]).unwrap()),
        refused(&|cache| elsewhere(&cache.key(), cache)),
        refused(&|cache| {
            fs::remove_file(cache.key()).unwrap();
            fs::create_dir(cache.key()).unwrap();
            mode(&cache.key(), 0o700);
        }),
        refused(&|cache| {
            fs::remove_file(cache.key()).unwrap();
            fifo(&cache.key());
        }),
        refused(&|cache| {
            fs::remove_file(cache.key()).unwrap();
            symlink("/dev/zero", cache.key()).unwrap();
        }),
        refused(&|cache| {
            let folder = cache.key().parent().unwrap().to_owned();
            fs::remove_dir_all(&folder).unwrap();
            fs::write(folder, b"").unwrap();
        }),
        refused(&|cache| mode(cache.key().parent().unwrap(), 0o777)),
        refused(&|cache| mode(cache.key().parent().unwrap(), 0o770)),
        refused(&|cache| mode(cache.key().parent().unwrap(), 0o1777)),
        refused(&|cache| mode(&cache.entries(), 0o722)),
        refused(&|cache| mode(cache.folder.path(), 0o777)),
        refused(&|cache| elsewhere(cache.key().parent().unwrap(), cache)),
        refused(&|cache| elsewhere(&cache.entries(), cache)),
    ];
    insta::assert_snapshot!(report.join("\n"));
}

/// A folder may be reached by a link: `~/.cache` on another disk.
#[test]
#[cfg(unix)]
fn a_folder_behind_a_link_is_judged_by_what_it_is() {
    let cache = Cache::new();
    let link = tempfile::tempdir().unwrap();
    let linked = link.path().join("cache");
    std::os::unix::fs::symlink(cache.folder.path(), &linked).unwrap();
    let directory =
        CacheDirectory { entries: linked.join("entries"), key: linked.join("secret/key") };
    let engine = || {
        let builder = Engine::builder().limits(guest::limits()).cache(directory.clone());
        builder.build().unwrap()
    };
    assert_eq!(engine().load(&guest::good(World::Gate)).unwrap().cache_use(), CacheUse::Miss);
    assert_eq!(engine().load(&guest::good(World::Gate)).unwrap().cache_use(), CacheUse::Hit);
}

#[test]
fn a_relative_path_is_no_cache() {
    let directory = CacheDirectory { entries: "entries".into(), key: "key".into() };
    let engine = Engine::builder().limits(guest::limits()).cache(directory).build().unwrap();
    insta::assert_snapshot!(
        engine.cache_problem().unwrap(),
        @"`` is a relative path, so that whoever made the present folder would choose what runs; give an absolute one"
    );
    assert!(!Path::new("key").exists() && !Path::new("entries").exists());
}

/// Files and folders of another user: as `root` one can make them, and
/// everybody else has those of `root`.
#[test]
#[cfg(unix)]
fn what_belongs_to_another_user_is_no_cache() {
    use std::os::unix::fs::{MetadataExt as _, chown};
    let cache = Cache::new();
    cache.load(World::Policy);
    let me = fs::metadata(cache.key()).unwrap().uid();
    let problem = |key: PathBuf| {
        let directory = CacheDirectory { entries: cache.entries(), key };
        let engine = Engine::builder().limits(guest::limits()).cache(directory).build().unwrap();
        engine.cache_problem().map(ToString::to_string).unwrap_or_default()
    };
    if me != 0 {
        let problem = problem("/etc/passwd".into());
        assert!(problem.contains("belongs to user 0"), "{problem}");
        return;
    }
    let runs = "belongs to user 12345, and this process runs as user 0";
    chown(cache.key(), Some(12345), None).unwrap();
    assert!(problem(cache.key()).contains(&format!("key` {runs}")), "{}", problem(cache.key()));
    chown(cache.key(), Some(0), None).unwrap();
    assert_eq!(problem(cache.key()), "");
    for folder in [cache.key().parent().unwrap(), cache.folder.path()] {
        chown(folder, Some(12345), None).unwrap();
        assert!(problem(cache.key()).contains(runs), "{}", problem(cache.key()));
        chown(folder, Some(0), None).unwrap();
    }
    assert_eq!(cache.load(World::Policy), CacheUse::Hit);
    cache.assert_rejected("another user's entry", |file, _| {
        chown(file, Some(12345), None).unwrap();
    });
}

/// Whatever stands where an entry should, loading it neither waits nor follows
/// it, and mends it.
#[test]
#[cfg(unix)]
fn an_entry_that_is_no_regular_file_of_the_user_is_rejected() {
    use std::os::unix::fs::{PermissionsExt as _, symlink};
    let cache = Cache::new();
    cache.load(World::Policy);
    cache.assert_rejected("a link to the very entry", |file, content| {
        let real = cache.folder.path().join("real");
        fs::write(&real, content).unwrap();
        fs::remove_file(file).unwrap();
        symlink(real, file).unwrap();
    });
    cache.assert_rejected("a device without an end", |file, _| {
        fs::remove_file(file).unwrap();
        symlink("/dev/zero", file).unwrap();
    });
    cache.assert_rejected("a FIFO without a writer", |file, _| {
        fs::remove_file(file).unwrap();
        fifo(file);
    });
    cache.assert_rejected("a link to itself", |file, _| {
        fs::remove_file(file).unwrap();
        symlink(file, file).unwrap();
    });
    cache.assert_rejected("an entry that others can write", |file, _| {
        fs::set_permissions(file, fs::Permissions::from_mode(0o666)).unwrap();
    });
    cache.assert_rejected("terabytes of nothing", |file, _| {
        fs::OpenOptions::new().write(true).open(file).unwrap().set_len(1 << 40).unwrap();
    });
}

#[cfg(unix)]
fn fifo(path: &Path) {
    let made = std::process::Command::new("mkfifo").arg(path).status().unwrap();
    assert!(made.success());
}

/// The size of one entry, more or less: the guests are alike.
fn size_of_an_entry() -> u64 {
    let cache = Cache::new();
    cache.load(World::Policy);
    fs::metadata(&cache.files()[0]).unwrap().len()
}

/// A guest that differs from others by its number alone.
fn numbered(number: usize) -> Vec<u8> {
    let mut component = guest::good(World::Policy);
    // An empty custom section of that name.
    let name = format!("{number:04}");
    component.extend([0, 1 + name.len() as u8, name.len() as u8]);
    component.extend(name.bytes());
    component
}

#[test]
fn the_least_recently_used_entries_make_room() {
    let cache = Cache::new();
    let size = size_of_an_entry() * 7 / 2;
    let engine = cache.engine_of(size);
    let load = |number| engine.load(&numbered(number)).unwrap().cache_use();
    for number in 0..3 {
        assert_eq!(load(number), CacheUse::Miss);
    }
    assert_eq!(load(0), CacheUse::Hit, "it is used again");
    assert_eq!(load(3), CacheUse::Miss);
    assert_eq!(cache.files().len(), 3);
    assert_eq!(load(0), CacheUse::Hit);
    assert_eq!(load(2), CacheUse::Hit);
    assert_eq!(load(3), CacheUse::Hit);
    assert_eq!(load(1), CacheUse::Miss, "it was used least recently");
}

#[test]
fn entries_of_other_engines_go_first_and_other_files_stay() {
    let cache = Cache::new();
    let entry = size_of_an_entry();
    cache.load(World::Policy);
    cache.load(World::Gate);
    let file = |name: String, size: u64| {
        let path = cache.entries().join(name);
        fs::write(&path, vec![0; size as usize]).unwrap();
        path
    };
    let digest = "0a".repeat(32);
    // Written last, and of another version of the host.
    let old = file(format!("{digest}-00000000deadbeef"), 4 * entry);
    let strange = file("thesis.txt".to_owned(), 8 * entry);
    let halves = ["now", "then"].map(|when| file(format!("{digest}.{when}.tmp"), entry));
    let then = std::time::SystemTime::now() - std::time::Duration::from_secs(7200);
    fs::OpenOptions::new().write(true).open(&halves[1]).unwrap().set_modified(then).unwrap();
    cache.engine_of(entry * 7 / 2).load(&guest::good(World::Signature)).unwrap();
    assert!(!old.exists(), "it serves no engine here");
    assert!(strange.exists(), "it is no entry");
    assert!(halves[0].exists() && !halves[1].exists(), "nobody writes to it any more");
    for world in World::ALL {
        assert_eq!(cache.load(world), CacheUse::Hit, "{world:?}");
    }
}

/// Twenty engines fill one small cache at once: nothing breaks, and what is
/// left is within the bound.
#[test]
fn engines_that_evict_at_once_keep_the_bound() {
    let cache = Cache::new();
    let bound = size_of_an_entry() * 5 / 2;
    std::thread::scope(|scope| {
        for thread in 0..20 {
            let engine = cache.engine_of(bound);
            scope.spawn(move || {
                for number in 0..5 {
                    let plugin = engine.load(&numbered(thread % 7 * 5 + number)).unwrap();
                    guest::assert_right(&plugin);
                    assert_eq!(engine.cache_problem(), None);
                }
            });
        }
    });
    cache.engine_of(bound).load(&numbered(999)).unwrap();
    let total: u64 = cache.files().iter().map(|file| fs::metadata(file).unwrap().len()).sum();
    assert!(total <= bound, "{total} of {bound}");
}

#[test]
fn a_component_larger_than_the_cache_is_not_kept() {
    let cache = Cache::new();
    let engine = cache.engine_of(1000);
    guest::assert_right(&engine.load(&guest::good(World::Gate)).unwrap());
    assert_eq!(cache.files().len(), 0);
    assert_eq!(engine.cache_problem(), None);
}

/// A watcher hears of what goes wrong later, once.
#[test]
#[cfg(unix)]
fn an_entry_that_cannot_be_written_is_told_of_once() {
    use std::sync::atomic::{AtomicU32, Ordering};
    static TOLD: AtomicU32 = AtomicU32::new(0);
    let cache = Cache::new();
    let builder = Engine::builder().limits(guest::limits()).cache(cache.directory());
    let engine = builder
        .on_cache_problem(|_| {
            TOLD.fetch_add(1, Ordering::Relaxed);
        })
        .build()
        .unwrap();
    assert_eq!(TOLD.load(Ordering::Relaxed), 0);
    fs::remove_dir(cache.entries()).unwrap();
    for number in 0..3 {
        guest::assert_right(&engine.load(&numbered(number)).unwrap());
    }
    assert_eq!(TOLD.load(Ordering::Relaxed), 1);
    let problem = engine.cache_problem().unwrap().to_string();
    assert!(problem.contains("entries` cannot be written to: "), "{problem}");
}
