//! demo
use crate::places::Places;
pub(crate) fn run(places: &Places) -> anyhow::Result<()> {
    crate::plugins::ensure(places)
}
