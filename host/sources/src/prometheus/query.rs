//! One query of the document.

use std::time::Duration;

use tollgate::facts::{is_stated, split_name};
use tollgate::tree::{Content, Node};
use tollgate_engine::types::Label;

use super::reduce::Reduce;
use super::template::Template;
use crate::duration;
use crate::mistakes::{Reading, text, texts};

/// The most steps that Prometheus answers for one series.
const MOST_STEPS: u128 = 11_000;

/// What is asked, and what its answer is called.
#[derive(Debug, Clone)]
pub(crate) struct Query {
    pub(crate) metric: String,
    pub(crate) labels: Vec<Label>,
    /// None where numbers have none.
    pub(crate) unit: Option<String>,
    pub(crate) query: Template,
    pub(crate) samples: Option<Template>,
    pub(crate) window: Option<String>,
    pub(crate) range: Option<Range>,
    pub(crate) by: Vec<String>,
    pub(crate) keeps_warned: bool,
}

/// At which moments a query is asked, and what its values become.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Range {
    pub(crate) window: Duration,
    pub(crate) step: Duration,
    pub(crate) reduce: Reduce,
    /// The share of steps that must have a value.
    pub(crate) coverage: f64,
}

impl Range {
    /// How many steps there are, both ends included.
    pub(crate) fn steps(&self) -> u128 {
        self.window.as_millis() / self.step.as_millis().max(1) + 1
    }
}

impl Query {
    pub(crate) fn read(node: &Node, subject: &str, reading: &mut Reading<'_>) -> Option<Self> {
        let metric = node.get("metric")?;
        let (name, labels) = reading.read(metric, split_name(metric.text()?))?;
        if is_stated(&name, subject) {
            reading.wrong(
                metric.span,
                format!("`{name}` is the registry's to say, and no source's: give it another name"),
            );
        }
        let mut template = |key: &str| {
            let node = node.get(key)?;
            let template = reading.read(node, Template::parse(node.text()?))?;
            Some((node.span, template))
        };
        let (query, samples) = (template("query"), template("samples"));
        let window = text(node, "window").map(str::to_owned);
        let of_window = length(node, "window", reading);
        for (span, template) in query.iter().chain(&samples) {
            if template.has_window() && window.is_none() {
                reading.wrong(*span, "the query says `$window`, and there is no `window`");
            }
        }
        Some(Self {
            metric: name,
            labels,
            unit: text(node, "unit").filter(|unit| *unit != "none").map(str::to_owned),
            query: query?.1,
            samples: samples.map(|(_, template)| template),
            range: of_window.and_then(|window| range(node, window, reading)),
            window,
            by: texts(node, "by"),
            keeps_warned: text(node, "warnings") == Some("keep"),
        })
    }

    /// What tells it from others of the same source.
    pub(crate) fn title(&self) -> String {
        let mut labels = self.labels.clone();
        labels.extend(
            self.window.iter().map(|it| Label { key: "window".to_owned(), value: it.clone() }),
        );
        labels.sort();
        crate::said::title(&self.metric, &labels)
    }
}

/// A length of time under a key.
pub(crate) fn length(node: &Node, key: &str, reading: &mut Reading<'_>) -> Option<Duration> {
    let node = node.get(key)?;
    let length = duration::parse(node.text()?);
    if length.is_none() {
        reading.wrong(node.span, "a length of time is between 1ms and ten years, such as `1h`");
    }
    length
}

fn range(node: &Node, window: Duration, reading: &mut Reading<'_>) -> Option<Range> {
    let at = node.get("step")?.span;
    let step = length(node, "step", reading)?;
    let number = |node: &Node| match &node.content {
        Content::Number(number) => number.as_f64(),
        _ => None,
    };
    let how = node.get("reduce")?;
    let reduce = match how.text() {
        Some("last") => Reduce::Last,
        Some("mean") => Reduce::Mean,
        Some("max") => Reduce::Max,
        Some("min") => Reduce::Min,
        _ => Reduce::Quantile(how.get("quantile").and_then(number)?),
    };
    let coverage = node.get("coverage").and_then(number).unwrap_or(0.9);
    let range = Range { window, step, reduce, coverage };
    if step > window {
        reading.wrong(at, "the step is longer than the window");
    } else if range.steps() > MOST_STEPS {
        reading.wrong(
            at,
            format!(
                "the window has {} steps, and Prometheus answers at most {MOST_STEPS}",
                range.steps()
            ),
        );
    }
    Some(range)
}
