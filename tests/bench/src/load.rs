//! Loading a plugin: compiled ahead, from the cache of compiled code, and with
//! neither.

use anyhow::{Result, ensure};
use tollgate::plugins::Plugins;
use tollgate_engine::{CacheDirectory, CacheUse, Engine};

use crate::group::{Group, Row};
use crate::measure::WallStep;
use crate::places::Places;

/// Loading the policy plugin and the signature plugin, which is larger.
pub(crate) fn group(places: &Places) -> Result<Group> {
    let folder = places.scratch("cache")?;
    let cache = CacheDirectory { entries: folder.join("compiled"), key: folder.join("key") };
    let cached = Engine::builder().cache(cache).build()?;
    let uncached = Engine::builder().build()?;
    let mut rows = Vec::new();
    for (plugin, ahead, warm, cold) in [
        ("threshold-policy", "load/policy-ahead", "load/policy-cached", "load/policy-compiled"),
        (
            "mlflow-signature",
            "load/signature-ahead",
            "load/signature-cached",
            "load/signature-compiled",
        ),
    ] {
        let bytes: &'static [u8] = Vec::leak(places.component(plugin)?);
        cached.load(bytes)?;
        ensure!(
            cached.load(bytes)?.cache_use() == CacheUse::Hit,
            "the cache does not give back {plugin}"
        );
        let size = bytes.len() / 1024;
        let (cached, uncached) = (cached.clone(), uncached.clone());
        let engine = uncached.clone();
        // Each time others, since they load each once.
        let built_in = move || Plugins::new(engine.clone()).built_in(plugin);
        ensure!(
            built_in()?.cache_use() == CacheUse::Ahead,
            "{plugin} was not compiled ahead of time"
        );
        rows.push(Row::new(
            ahead,
            &format!("{plugin}, compiled ahead of time, as the library has it"),
            WallStep(move |_| Ok(built_in()?)),
        ));
        rows.push(Row::new(
            warm,
            &format!("{plugin} ({size} KiB), compiled code from the cache"),
            WallStep(move |_| Ok(cached.load(bytes)?)),
        ));
        rows.push(Row::new(
            cold,
            &format!("{plugin} ({size} KiB), compiled"),
            WallStep(move |_| Ok(uncached.load(bytes)?)),
        ));
    }
    Ok(Group {
        title: "Loading a plugin",
        unit: "load",
        reference: "load/policy-cached",
        long: true,
        rows,
    })
}
