//! What a policy has beside its document: a rollout, and counters.

use std::path::PathBuf;

use jiff::tz::TimeZone;
use tollgate::mistake::Mistake;
use tollgate::tree::Node;
use tollgate_counters::{Counter, Location, Measure};

use super::Reader;

/// How another version of a policy comes to answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RolloutConfig {
    /// The document of that version, or its component.
    pub candidate: PathBuf,
    /// The rollout.
    pub plan: PathBuf,
    /// The file that keeps how far it is; none where it begins anew with each
    /// start of the server.
    pub state: Option<PathBuf>,
}

/// What is counted of a policy's decisions.
#[derive(Debug, Clone)]
pub struct CountersConfig {
    /// The member of a request that counters are kept by.
    pub key: String,
    /// Where they are kept.
    pub store: Location,
    /// The counters.
    pub counters: Vec<Counter>,
}

/// Reads the counters of a policy.
pub(super) fn counters(reader: &mut Reader<'_>, node: &Node) -> Option<CountersConfig> {
    let store = node.get("store")?;
    let location = match store.text()?.parse::<Location>() {
        Ok(Location::Sqlite(path)) => Some(Location::Sqlite(reader.folder.join(path))),
        Ok(location) => Some(location),
        Err(problem) => {
            reader.mistakes.push(Mistake::new(reader.source, store.span, problem));
            None
        }
    };
    let zone = match node.get("zone") {
        None => Some(TimeZone::UTC),
        Some(zone) => {
            let named = zone.text().and_then(|name| TimeZone::get(name).ok());
            if named.is_none() {
                let message = "there is no such time zone on this machine";
                let mistake = Mistake::new(reader.source, zone.span, message);
                reader.mistakes.push(mistake.suggest("such as `UTC` or `Europe/Berlin`"));
            }
            named
        }
    };
    let (location, zone) = (location?, zone?);
    let count = node.get("count").and_then(Node::entries).unwrap_or_default();
    let counters = count.iter().filter_map(|entry| {
        let actions = entry.value.get("actions").and_then(Node::items).unwrap_or_default();
        Some(Counter {
            name: entry.key.clone(),
            actions: actions.iter().filter_map(Node::text).map(str::to_owned).collect(),
            measure: match entry.value.get("measure").and_then(Node::text)? {
                "today" => Measure::Today(zone.clone()),
                "this_hour" => Measure::ThisHour,
                "hours_since" => Measure::HoursSince,
                _ => Measure::Total,
            },
        })
    });
    Some(CountersConfig {
        key: node.get("key").and_then(Node::text)?.to_owned(),
        store: location,
        counters: counters.collect(),
    })
}
