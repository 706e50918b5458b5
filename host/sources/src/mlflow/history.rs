//! The runs of the versions before one.

use std::collections::BTreeMap;
use std::thread;

use serde::Deserialize;
use serde_json::{Value, json};
use tollgate::source::Source;

use super::describe::ended;
use super::{API, Mlflow, MlflowError, Version, wire};

/// A version, and the run that it came from.
#[derive(Debug, Clone)]
pub struct Earlier {
    /// Its number.
    pub version: u64,
    /// What MLflow answers to `runs/get`.
    pub run: Source,
}

/// So many runs are asked for at once.
const PAGE: usize = 100;

#[derive(Deserialize)]
struct Runs {
    #[serde(default)]
    runs: Vec<Value>,
}

impl Mlflow {
    /// The runs of the newest `count` versions before `version`, those that
    /// have a run, the oldest first. `experiment` is where they are looked for
    /// together; those of others are asked for one by one, side by side.
    ///
    /// # Errors
    /// When there is no answer.
    pub fn earlier(
        &self,
        version: &Version,
        experiment: &str,
        count: usize,
    ) -> Result<Vec<Earlier>, MlflowError> {
        let versions = self.before(&version.name, version.version, count)?;
        let mut found = Vec::with_capacity(versions.len());
        for versions in versions.chunks(PAGE) {
            found.extend(self.runs_of(versions, experiment)?);
        }
        found.sort_by_key(|earlier| earlier.version);
        Ok(found)
    }

    /// The newest versions before a number, the newest first. Of a server that
    /// does not keep the order that is asked for, all are read.
    fn before(&self, name: &str, number: u64, count: usize) -> Result<Vec<Version>, MlflowError> {
        let filter = format!("name='{}'", name.replace('\'', "''"));
        let asked = [("filter", &*filter), ("order_by", "version_number DESC")];
        let mut found: Vec<Version> = Vec::new();
        let (mut last, mut is_ordered) = (u64::MAX, true);
        self.each_page("model-versions/search", &asked, |page: wire::Versions| {
            for version in page.model_versions.into_iter().map(Version::from) {
                is_ordered &= version.version < last;
                last = version.version;
                if version.version < number && !version.run_id.is_empty() {
                    found.push(version);
                }
            }
            page.next_page_token.filter(|_| !is_ordered || found.len() < count)
        })?;
        found.sort_by_key(|version| std::cmp::Reverse(version.version));
        found.truncate(count);
        Ok(found)
    }

    fn runs_of(&self, versions: &[Version], experiment: &str) -> Result<Vec<Earlier>, MlflowError> {
        let known = match experiment {
            "" => BTreeMap::new(),
            experiment => self.runs_in(experiment, versions)?,
        };
        let mut found = Vec::new();
        let mut elsewhere = Vec::new();
        for version in versions {
            // Two versions may be of one run.
            match known.get(&version.run_id) {
                Some(run) => {
                    found.push(Earlier { version: version.version, run: run.clone() });
                }
                None => elsewhere.push(version),
            }
        }
        let answers = thread::scope(|scope| {
            let asked = elsewhere.iter().map(|version| scope.spawn(|| self.run(&version.run_id)));
            let asked: Vec<_> = asked.collect();
            asked.into_iter().map(|asked| ended(asked.join())).collect::<Vec<_>>()
        });
        for (version, answer) in elsewhere.into_iter().zip(answers) {
            if let Some((_, run)) = answer? {
                found.push(Earlier { version: version.version, run });
            }
        }
        Ok(found)
    }

    /// Those of the runs that are in an experiment, by id, each as `runs/get`
    /// would answer.
    fn runs_in(
        &self,
        experiment: &str,
        versions: &[Version],
    ) -> Result<BTreeMap<String, Source>, MlflowError> {
        let path = format!("{API}/runs/search");
        // An id with a quote would end the list, and MLflow's have none.
        let ids = versions.iter().map(|version| version.run_id.replace('\'', ""));
        let ids: Vec<String> = ids.map(|id| format!("'{id}'")).collect();
        let body = self.http.post(
            &path,
            &json!({
                "experiment_ids": [experiment],
                "filter": format!("attributes.run_id IN ({})", ids.join(", ")),
                "max_results": PAGE,
            }),
        )?;
        let answer: Runs = self.json(&path, &body)?;
        let mut known = BTreeMap::new();
        for run in answer.runs {
            let Some(id) = run.pointer("/info/run_id").and_then(Value::as_str).map(str::to_owned)
            else {
                continue;
            };
            let text = json!({ "run": run }).to_string();
            known.insert(id, self.text(&path, text.into_bytes())?);
        }
        Ok(known)
    }
}
