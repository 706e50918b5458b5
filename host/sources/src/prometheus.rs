//! Facts from Prometheus, or whatever speaks its API: Thanos, Mimir,
//! VictoriaMetrics.
//!
//! An instant query is asked as of the run; a query with a step is asked at
//! every step of the window before it, and its values become one. What is no
//! single number a slice is missing, and so is what the server warns of.

mod answer;
mod query;
mod reduce;
mod template;

use std::env;
use std::path::{Path, PathBuf};
use std::time::Duration;

use tollgate::facts::Instant;
use tollgate::tree::Node;
use tollgate_engine::types::{Fact, Label};

use self::answer::{Answer, Slice};
use self::query::{Query, Range, length};
use self::template::Template;
use crate::asked::{Asked, Named};
use crate::http::{Auth, Client, Connection, HttpError};
use crate::mistakes::{Reading, text};
use crate::said::{self, Said};

/// How far the moment of an answer may be from the one that was asked for: a
/// server rounds to milliseconds, and answers as of another moment where it
/// does not read the question.
const NEAR: u64 = 1000;

/// A server, and what it is asked.
#[derive(Debug, Clone)]
pub(crate) struct Prometheus {
    /// `$NAME` for what the environment says.
    address: String,
    auth: Login,
    certificates: Option<PathBuf>,
    timeout: Duration,
    queries: Vec<Query>,
}

/// The variables of the environment that say who asks.
#[derive(Debug, Clone)]
enum Login {
    Nobody,
    Bearer(String),
    Basic(String, String),
}

/// Why one query gave nothing.
enum Failure {
    /// The server gives no answer to any other either.
    Down(String),
    /// This query alone is at fault.
    Query(String),
}

impl Prometheus {
    /// Reads a source of the document, whose shape was checked.
    pub(crate) fn read(
        node: &Node,
        folder: &Path,
        subject: &str,
        reading: &mut Reading<'_>,
    ) -> Option<Self> {
        let at = node.get("prometheus")?;
        let address = at.text()?;
        if address
            .split_once("://")
            .is_some_and(|(_, rest)| rest.split('/').next().is_some_and(|host| host.contains('@')))
        {
            reading.advised(
                at.span,
                "the address holds a name or a password",
                "`auth` names the variables of the environment that hold them",
            );
        } else if !address.starts_with('$')
            && let Err(error) = Client::new(&Connection::new(address))
        {
            reading.wrong(at.span, error.to_string());
        }
        let auth = node.get("auth");
        let variable = |key: &str| auth.and_then(|auth| text(auth, key)).map(str::to_owned);
        let auth = match (variable("bearer_env"), variable("username_env")) {
            (Some(token), _) => Login::Bearer(token),
            (None, Some(name)) => Login::Basic(name, variable("password_env")?),
            (None, None) => Login::Nobody,
        };
        let mut queries: Vec<Query> = Vec::new();
        for item in node.get("queries").and_then(Node::items).unwrap_or_default() {
            let Some(query) = Query::read(item, subject, reading) else { continue };
            if queries.iter().any(|other| other.title() == query.title()) {
                let span = item.nearest("/metric").span();
                reading.wrong(span, format!("`{}` is asked for twice", query.title()));
            }
            queries.push(query);
        }
        Some(Self {
            address: address.to_owned(),
            auth,
            certificates: text(node, "certificates").map(|path| folder.join(path)),
            timeout: length(node, "timeout", reading).unwrap_or(Duration::from_secs(10)),
            queries,
        })
    }

    /// Asks the server everything.
    pub(crate) fn ask(&self, asked: &Asked, of: &Named) -> Said {
        let mut said = Said::default();
        let client = match self.connect() {
            Ok(client) => client,
            Err(problem) => {
                said.missing(None, problem);
                return said;
            }
        };
        for query in &self.queries {
            match facts(&client, query, asked, of, &mut said) {
                Ok(facts) => said.facts.extend(facts),
                Err(Failure::Query(problem)) => said.missing(Some(&query.title()), problem),
                Err(Failure::Down(problem)) => {
                    // What was said before it went down stands.
                    let of = (!said.facts.is_empty()).then(|| query.title());
                    said.missing(of.as_deref(), problem);
                    break;
                }
            }
        }
        said
    }

    /// What the server will say, but for the values and the slices.
    pub(crate) fn foreseen(&self) -> Said {
        let mut said = Said::default();
        said.facts.extend(self.queries.iter().map(|query| {
            let of_series = query.by.iter().map(|key| said::label(key, "any"));
            let slice = Slice { labels: of_series.collect(), values: Vec::new() };
            Fact {
                labels: labels_of(query, &slice),
                samples: query.samples.as_ref().map(|_| u64::from(u32::MAX)),
                ..said::number(&query.metric, 0.5, query.unit.as_deref())
            }
        }));
        said
    }

    fn connect(&self) -> Result<Client, String> {
        let address = match self.address.strip_prefix('$') {
            Some(name) => variable(name)?,
            None => self.address.clone(),
        };
        let mut connection = Connection::new(&address);
        connection.timeout = self.timeout;
        connection.auth = match &self.auth {
            Login::Nobody => Auth::None,
            Login::Bearer(token) => Auth::Bearer(variable(token)?),
            Login::Basic(name, password) => Auth::Basic(variable(name)?, variable(password)?),
        };
        if let Some(path) = &self.certificates {
            connection = connection.trusting(path).map_err(|error| error.to_string())?;
        }
        Client::new(&connection).map_err(|error| error.to_string())
    }
}

fn variable(name: &str) -> Result<String, String> {
    let value = env::var(name).ok().filter(|value| !value.trim().is_empty());
    value.ok_or_else(|| format!("the environment's `{name}` is not set, and the source needs it"))
}

/// The facts that one query comes to.
fn facts(
    client: &Client,
    query: &Query,
    asked: &Asked,
    of: &Named,
    said: &mut Said,
) -> Result<Vec<Fact>, Failure> {
    let title = query.title();
    let window = query.window.as_deref().unwrap_or_default();
    let filled = query.query.fill(of, window).map_err(Failure::Query)?;
    let now = asked.as_of.as_milliseconds();
    let answer = ask(client, &filled, now, query.range.as_ref())?;
    for info in &answer.infos {
        said.remark(Some(&title), format!("the server says: {info}"));
    }
    if let Some(warning) = answer.warning() {
        let warning = format!("the server warns: {warning}");
        if !query.keeps_warned {
            return Err(Failure::Query(warning));
        }
        said.remark(Some(&title), warning);
    }
    let slices = answer.slices(&query.by).map_err(Failure::Query)?;
    let samples = match &query.samples {
        Some(count) => Some(samples(client, query, count, now, of, said)?),
        None => None,
    };
    let mut facts = Vec::with_capacity(slices.len());
    for slice in &slices {
        let name = said::title(&query.metric, &merged(&query.labels, &slice.labels));
        match value(slice, query.range.as_ref(), now) {
            Err(problem) => {
                said.missing(Some(&name), problem);
                facts.extend(
                    said::unknown(&query.metric, slice.labels.clone())
                        .map(|fact| Fact { labels: labels_of(query, slice), ..fact }),
                );
            }
            Ok((at, value)) => {
                let samples = samples.as_ref().and_then(|counts| {
                    let found = counts.iter().find(|(labels, _)| *labels == slice.labels);
                    if found.is_none() {
                        let what = "the count of its samples is missing";
                        said.remark(Some(&name), what);
                    }
                    found.map(|(_, count)| *count)
                });
                facts.push(Fact {
                    labels: labels_of(query, slice),
                    samples,
                    observed_at: Some(at.to_string()),
                    source: Some(format!("prometheus {}: {filled}", client.base())),
                    ..said::number(&query.metric, value, query.unit.as_deref())
                });
            }
        }
    }
    Ok(facts)
}

fn labels_of(query: &Query, slice: &Slice) -> Vec<Label> {
    let mut labels = merged(&query.labels, &slice.labels);
    labels.extend(query.window.iter().map(|it| said::label("window", it)));
    labels.sort();
    labels
}

fn merged(own: &[Label], of_series: &[Label]) -> Vec<Label> {
    let mut labels: Vec<Label> = own.iter().chain(of_series).cloned().collect();
    labels.sort();
    labels
}

/// What a slice is worth, and when.
fn value(slice: &Slice, range: Option<&Range>, now: i64) -> Result<(Instant, f64), String> {
    let (at, last) = *slice.values.last().ok_or("the series has no value")?;
    let value = match range {
        None if at.abs_diff(now) > NEAR => {
            return Err("the server answers as of another time than it was asked for".to_owned());
        }
        None => last,
        Some(range) => {
            let steps = range.steps();
            let most = range.window.as_millis() + u128::from(NEAR);
            if slice.values.iter().any(|(at, _)| *at > now || u128::from(at.abs_diff(now)) > most) {
                return Err("the server answers of other times than it was asked for".to_owned());
            }
            #[allow(clippy::cast_precision_loss, reason = "thousands of steps at most")]
            let share = slice.values.len() as f64 / steps as f64;
            if share < range.coverage {
                return Err(format!(
                    "the series has values at {} of {steps} steps, less than {} of them",
                    slice.values.len(),
                    range.coverage
                ));
            }
            let values: Vec<f64> = slice.values.iter().map(|(_, value)| *value).collect();
            range.reduce.of(&values).ok_or("the series has no value")?
        }
    };
    let at = Instant::from_milliseconds(at).ok_or("the value is of no time of the calendar")?;
    Ok((at, value))
}

/// How many samples each slice rests on.
fn samples(
    client: &Client,
    query: &Query,
    count: &Template,
    now: i64,
    of: &Named,
    said: &mut Said,
) -> Result<Vec<(Vec<Label>, u64)>, Failure> {
    let filled = count.fill(of, query.window.as_deref().unwrap_or_default());
    let filled = filled.map_err(Failure::Query)?;
    let counted = ask(client, &filled, now, None).and_then(|answer| match answer.warning() {
        Some(warning) if !query.keeps_warned => {
            Err(Failure::Query(format!("the server warns: {warning}")))
        }
        _ => answer.slices(&query.by).map_err(Failure::Query),
    });
    let slices = match counted {
        Ok(slices) => slices,
        Err(Failure::Down(problem)) => return Err(Failure::Down(problem)),
        Err(Failure::Query(problem)) => {
            said.remark(
                Some(&query.title()),
                format!("the count of its samples is missing: {problem}"),
            );
            return Ok(Vec::new());
        }
    };
    Ok(slices
        .into_iter()
        .filter_map(|slice| {
            let (_, count) = value(&slice, None, now).ok()?;
            // `increase` counts between the scrapes in proportion, so that
            // counts have fractions; more than was counted is never claimed.
            let is_count = count.is_finite() && (0.0..9e15).contains(&count);
            #[allow(
                clippy::cast_possible_truncation,
                clippy::cast_sign_loss,
                reason = "within bounds, and rounded down on purpose"
            )]
            is_count.then(|| (slice.labels, count.floor() as u64))
        })
        .collect())
}

fn ask(client: &Client, query: &str, now: i64, range: Option<&Range>) -> Result<Answer, Failure> {
    let seconds = |milliseconds: i64| {
        format!("{}.{:03}", milliseconds.div_euclid(1000), milliseconds.rem_euclid(1000))
    };
    let body = match range {
        None => client.get("/api/v1/query", &[("query", query), ("time", &seconds(now))]),
        Some(range) => {
            // Counted back from now, so that the last step is now.
            let step = i64::try_from(range.step.as_millis()).unwrap_or(i64::MAX);
            let steps = i64::try_from(range.steps() - 1).unwrap_or(i64::MAX);
            let start = now.saturating_sub(step.saturating_mul(steps));
            let (start, end) = (seconds(start), seconds(now));
            let step = range.step.as_secs_f64().to_string();
            let query = [("query", query), ("start", &start), ("end", &end), ("step", &step)];
            client.get("/api/v1/query_range", &query)
        }
    };
    let body = body.map_err(|error| match error {
        HttpError::Refused { status: 400 | 422, .. } => Failure::Query(error.to_string()),
        error => Failure::Down(error.to_string()),
    })?;
    serde_json::from_slice(&body).map_err(|_| {
        let error = HttpError::unexpected(client.base(), &body, "Prometheus's JSON");
        Failure::Down(error.to_string())
    })
}
