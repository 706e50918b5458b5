//! Which rounds are recorded, and each once.

use serde_json::{Value, json};
use tollgate::canonical;
use tollgate::facts::Instant;
use tollgate_engine::Digest;
use tollgate_records::gate::{self, RecordError};
use tollgate_records::log::Appended;

use super::{Judged, Watch};
use crate::WatchError;
use crate::report::{Deeds, RecordLine};
use crate::seen::Seen;
use crate::state::{Due, Kept};

impl Watch {
    /// Puts down a record of a round that says something else than the last
    /// one, or by which something is `raised`: the same evidence twice a minute
    /// would be kept for nobody. A log that is new begins with how things are.
    pub(super) fn draw_up(
        &mut self,
        at: Instant,
        seen: &Seen,
        judged: &Judged,
        raised: bool,
    ) -> Result<(), WatchError> {
        let (Some(recorder), Ok((sighted, report))) = (&self.recorder, judged) else {
            return Ok(());
        };
        let (log, said) = (recorder.log.display().to_string(), self.said(seen, judged));
        let kept = self.state.kept.as_ref();
        let is_known = kept.is_some_and(|kept| kept.log == log && kept.said == said);
        if is_known && !raised && recorder.log.exists() {
            return Ok(());
        }
        let body = gate::body(&sighted.case, &self.gates, Ok(report)).map_err(RecordError::from)?;
        recorder.keep_plugins(&self.gates)?;
        let due = Due { at, body };
        self.state.kept = Some(Kept { log, said, due: Some(due) });
        Ok(())
    }

    /// What a round says, rule by rule and without figures, as a digest.
    fn said(&self, seen: &Seen, judged: &Judged) -> String {
        let verdicts = judged.iter().flat_map(|(_, report)| &report.profiles);
        let rules = seen.rules.iter().flatten();
        let profiles = self.profiles.iter().zip(verdicts).zip(rules);
        let profiles: Vec<Value> = profiles
            .map(|((profile, report), rules)| {
                let rules = rules.iter().map(|(rule, it)| (rule.clone(), it.outcome.name()));
                json!([profile.digest, report.verdict.name(), rules.collect::<Value>()])
            })
            .collect();
        Digest::of(canonical::to_text(&json!([seen.version, profiles])).as_bytes()).to_string()
    }

    /// Records what is due, unless whoever was killed has done so, and strikes
    /// it out.
    pub(super) fn record(&mut self, deeds: &mut Deeds) -> Result<(), WatchError> {
        let Some(due) = self.state.kept.as_ref().and_then(|kept| kept.due.as_ref()) else {
            return Ok(());
        };
        let Some(recorder) = &self.recorder else {
            return Err(WatchError::NoLog { at: due.at });
        };
        if !recorder.has(due.at, &due.body)? {
            let Appended { head, torn } = recorder.add(due.at, due.body.clone())?;
            deeds.recorded.push(RecordLine {
                log: recorder.log.display().to_string(),
                seq: head.seq,
                hash: head.hash.to_string(),
                torn: torn.map(|aside| aside.display().to_string()),
            });
        }
        if let Some(kept) = &mut self.state.kept {
            kept.due = None;
        }
        self.save()
    }
}
