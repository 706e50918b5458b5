//! Facts in Tollgate's own form.

use tollgate::facts::{CHAMPION, Evidence};
use tollgate::source::Source;

use crate::said::Said;

/// Reads `facts:` and `metrics:`, as `--facts` does. The error says where the
/// text is wrong.
pub(crate) fn read(source: &Source, subject: &str) -> Result<Said, String> {
    let mut evidence = Evidence::new();
    evidence.parse(source, subject).map_err(|error| error.to_string())?;
    let mut said = Said::default();
    for fact in evidence.facts() {
        if fact.subject == CHAMPION && subject != CHAMPION {
            let title = tollgate::facts::title(fact);
            said.missing(
                Some(&title),
                "it speaks of the champion, and the source does not say `subject: champion`",
            );
        } else {
            said.facts.push(fact.clone());
        }
    }
    Ok(said)
}
