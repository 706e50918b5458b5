//! How a policy that decides is written, once for each file.

use serde_json::{Value as Json, json};
use tollgate::canonical;
use tollgate::judge::Decider;
use tollgate_engine::types::Kind;

use crate::mask::{HowMasked, Key, Masks};
use crate::sample::Sample;

/// What never changes in the records of a policy's decisions.
pub(crate) struct Policy {
    /// The body of the record that describes it.
    pub(crate) body: String,
    /// The number of that record.
    pub(crate) seq: u64,
    /// Of which file that is; 0 where it is not known.
    pub(crate) file: u64,
    /// Its inputs in the order that their names have in a record.
    pub(crate) inputs: Vec<Input>,
    /// Its actions, as JSON.
    pub(crate) actions: Vec<String>,
    /// Its reasons, as JSON.
    pub(crate) reasons: Vec<String>,
    /// The action where it does not decide, as JSON.
    pub(crate) fallback: String,
    /// `"fraud_detector"`.
    pub(crate) name: String,
    /// `"2.1.0"`.
    pub(crate) version: String,
    /// The input that is the score, unless that is masked.
    pub(crate) score: Option<usize>,
    /// The key, where an input is masked.
    pub(crate) key: Option<Key>,
    /// Held so that no other one is taken for it.
    pub(crate) decider: Decider,
}

pub(crate) struct Input {
    /// Its place among those that the policy declares.
    pub(crate) place: usize,
    /// `"amount":`.
    pub(crate) label: String,
    pub(crate) name: String,
    pub(crate) kind: Kind,
    pub(crate) mask: Option<HowMasked>,
}

impl Policy {
    pub(crate) fn new(decider: &Decider, masks: &Masks, sample: Sample) -> Self {
        let surface = decider.policy().surface();
        let names = || surface.inputs.iter().map(|input| input.name.as_str());
        let key = masks.key_for(names()).cloned();
        let mut inputs: Vec<Input> = surface
            .inputs
            .iter()
            .enumerate()
            .map(|(place, input)| Input {
                place,
                label: quoted(&input.name) + ":",
                name: input.name.clone(),
                kind: input.kind,
                mask: masks.of(&input.name),
            })
            .collect();
        inputs.sort_by(|one, other| one.name.encode_utf16().cmp(other.name.encode_utf16()));
        let score = surface.score.map(|score| score as usize).filter(|score| {
            inputs.iter().any(|input| input.place == *score && input.mask.is_none())
        });
        let document = decider.document();
        Self {
            body: canonical::to_text(&described(decider, masks, key.as_ref(), sample)),
            seq: 0,
            file: 0,
            inputs,
            actions: surface.actions.iter().map(|action| quoted(action)).collect(),
            reasons: surface.reasons.iter().map(|reason| quoted(reason)).collect(),
            fallback: document.fallback.as_deref().map_or_else(|| "null".to_owned(), quoted),
            name: quoted(&document.name),
            version: quoted(&document.version.to_string()),
            score,
            key,
            decider: decider.clone(),
        }
    }
}

/// All that is needed to decide again, and to read what was decided.
fn described(decider: &Decider, masks: &Masks, key: Option<&Key>, sample: Sample) -> Json {
    let (document, plugin) = (decider.document(), decider.plugin());
    let surface = decider.policy().surface();
    let masked = |name: &str| masks.of(name).map(HowMasked::name);
    let inputs = surface.inputs.iter().map(|input| {
        let mut described = json!({
            "name": input.name, "kind": input.kind.name(), "required": input.required,
        });
        if let (Some(how), Some(members)) = (masked(&input.name), described.as_object_mut()) {
            members.insert("masked".to_owned(), how.into());
        }
        described
    });
    let is_baked = plugin.baked().is_some();
    json!({
        "name": document.name,
        "version": document.version.to_string(),
        // Of what was baked the component holds the document.
        "document": match is_baked {
            true => document.to_canonical_json(),
            false => document.source().text().to_owned(),
        },
        "settings": document.settings_digest().to_string(),
        "plugin": {
            "name": plugin.info().name,
            "version": plugin.info().version,
            "contract": plugin.contract(),
            "digest": plugin.digest().to_string(),
            "baked": is_baked,
        },
        "inputs": inputs.collect::<Vec<_>>(),
        "score": surface.score.and_then(|score| surface.inputs.get(score as usize))
            .map(|input| input.name.clone()),
        "actions": surface.actions,
        "reasons": surface.reasons,
        "fallback": document.fallback,
        "rate": sample.rate(),
        "key": key.map(Key::fingerprint),
    })
}

fn quoted(text: &str) -> String {
    let mut out = String::new();
    canonical::write_string(text, &mut out);
    out
}
