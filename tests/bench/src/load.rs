//! Loading a plugin, with and without the cache of compiled code.

use anyhow::{Result, ensure};
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
    for (plugin, warm, cold) in [
        ("threshold-policy", "load/policy-cached", "load/policy-compiled"),
        ("mlflow-signature", "load/signature-cached", "load/signature-compiled"),
    ] {
        let bytes: &'static [u8] = Vec::leak(places.component(plugin)?);
        cached.load(bytes)?;
        ensure!(
            cached.load(bytes)?.cache_use() == CacheUse::Hit,
            "the cache does not give back {plugin}"
        );
        let size = bytes.len() / 1024;
        let (cached, uncached) = (cached.clone(), uncached.clone());
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
