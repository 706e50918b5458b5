//! `tollgate watch`

use std::fmt::{self, Write as _};
use std::path::PathBuf;
use std::thread;
use std::time::{Duration, Instant};

use clap::{ArgGroup, Args};
use miette::{IntoDiagnostic as _, Result, miette};
use tollgate::judge::Gate;
use tollgate_engine::types::Outcome;
use tollgate_sources::{ModelReference, Sources};
use tollgate_watch::notice::{Letter, to_the_second};
use tollgate_watch::place::{self, Place, Webhook};
use tollgate_watch::schedule::Schedule;
use tollgate_watch::sight::{self, Sight};
use tollgate_watch::store::{self, Store};
use tollgate_watch::{RoundReport, Watch as Watched};

use super::mlflow::{self, Registry};
use super::record::{self, Recording};
use crate::arguments::{Format, Shared};
use crate::exit::Exit;
use crate::output::{self, visible};

/// The variable that holds the webhook's address, which lets anybody write.
const WEBHOOK: &str = "TOLLGATE_WEBHOOK_URL";

/// How soon a signal is answered between two rounds.
const SHORT: Duration = Duration::from_millis(100);

#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  tollgate watch models:/churn@champion --profile policies/gates/drift.yaml \\
      --sources sources.yaml --every 30s
  tollgate watch models:/churn@challenger --profile policies/gates/ramp.yaml \\
      --sources sources.yaml --every 30s --state /var/lib/tollgate/ramp.json
  tollgate watch models:/churn@champion --profile policies/gates/drift.yaml \\
      --facts live.json --once --dry-run

What is done about a broken rule stands in the profile, under `watch`: notify or
roll back, and after how many rounds on end. Rounds that cannot be judged, since
a source is down, count as neither good nor bad, and roll nothing back unless the
profile says so. What was raised is remembered in the state: a restart raises
nothing twice and forgets nothing. With --record a round is recorded when it says
something else of a rule than the last record, and when it raises something; a
round that could not be judged is not. A signal to end is answered between rounds,
with the exit code of the last one.")]
#[command(group = ArgGroup::new("mail").args(["email_out", "sendmail"]).multiple(true))]
// Of a registry nothing is asked where no model of it is named.
#[command(mut_arg("plan", |plan| plan.requires("model")))]
#[command(mut_arg("registry", |registry| registry.requires("model")))]
pub(crate) struct Watch {
    /// The version that is watched: models:/NAME@ALIAS follows the alias; none
    /// where facts are all that there is
    #[arg(value_name = "MODEL")]
    pub(crate) model: Option<ModelReference>,
    /// A gate profile that says what to do under `watch`; may be given several
    /// times
    #[arg(long, value_name = "FILE", required = true)]
    pub(crate) profile: Vec<PathBuf>,
    /// Where live facts are: servers and files, asked in each round; may be given
    /// several times
    #[arg(long, value_name = "FILE", required_unless_present = "facts")]
    pub(crate) sources: Vec<PathBuf>,
    /// A file of facts, JSON or YAML, read anew in each round; may be given
    /// several times
    #[arg(long, value_name = "FILE")]
    pub(crate) facts: Vec<PathBuf>,
    /// How often, such as 30s, 5m or 1h; a round that takes longer delays the
    /// next, and rounds never pile up
    #[arg(long, value_name = "DURATION", value_parser = every, required_unless_present = "once")]
    pub(crate) every: Option<Duration>,
    /// Make one round and end with its exit code, as for cron
    #[arg(long, conflicts_with = "every")]
    pub(crate) once: bool,
    /// Where is kept what was raised; below `$XDG_STATE_HOME/tollgate/watch`, by
    /// default ~/.local/state, without it
    #[arg(long, value_name = "FILE")]
    pub(crate) state: Option<PathBuf>,
    /// Say what would be done, and do nothing; no state and no record is written
    #[arg(long)]
    pub(crate) dry_run: bool,
    /// Who rolls back, for the record
    #[arg(long, value_name = "NAME", default_value = "tollgate watch", requires = "model")]
    pub(crate) by: String,
    /// A folder in which each notification is left as a file of mail
    ///
    /// `TOLLGATE_WEBHOOK_URL` in the environment names a webhook that takes
    /// Slack's JSON. It may be told twice, after a crash, and has the same
    /// `Idempotency-Key` then.
    #[arg(long, value_name = "FOLDER", requires = "email_to")]
    pub(crate) email_out: Option<PathBuf>,
    /// A command that takes each notification as mail on its standard input,
    /// such as '/usr/sbin/sendmail -t -i'; no shell reads it
    #[arg(long, value_name = "COMMAND", requires = "email_to")]
    pub(crate) sendmail: Option<String>,
    /// To whom mail goes; may be given several times
    #[arg(long, value_name = "ADDRESS", requires = "mail")]
    pub(crate) email_to: Vec<String>,
    /// From whom mail comes
    #[arg(long, value_name = "ADDRESS", default_value = "tollgate@localhost", requires = "mail")]
    pub(crate) email_from: String,
    #[command(flatten)]
    pub(crate) recording: Recording,
    #[command(flatten)]
    pub(crate) registry: Registry,
    /// How to print rounds: a line for a person, or a line of JSON
    #[arg(long, value_enum, default_value_t)]
    pub(crate) format: Format,
    #[command(flatten)]
    pub(crate) shared: Shared,
}

pub(crate) fn run(arguments: &Watch) -> Exit {
    output::shown("watch", arguments.format, || watch(arguments))
}

fn watch(arguments: &Watch) -> Result<Exit> {
    let stop = Stop::on_signals()?;
    // A round that does nothing is nothing to be asked about later.
    let recorder = arguments.recording.recorder()?.filter(|_| !arguments.dry_run);
    let plugins = super::plugins(&arguments.shared)?;
    let profiles = arguments.profile.iter().map(|path| Gate::open(&plugins, path));
    let gates = profiles.collect::<std::result::Result<Vec<_>, _>>()?;
    let sight = sight(arguments, &gates)?;
    let places = places(arguments)?;
    let store = match arguments.dry_run {
        true => None,
        false => Some(Store::hold(&state(arguments, &sight, &gates)?)?),
    };
    let mut watched = Watched::new(gates, sight, places, &arguments.by, store, recorder)?;
    let mut schedule = arguments.every.map(|every| Schedule::new(every, Instant::now()));
    loop {
        let round = watched.round(&plugins, tollgate::facts::Instant::now())?;
        tell(arguments, &round);
        let Some(schedule) = &mut schedule else { return Ok(exit(&round)) };
        let (pause, missed) = schedule.next(Instant::now());
        if missed > 0 && arguments.format == Format::Human {
            output::note(|out| {
                writeln!(out, "the round took longer than `--every`: {missed} were left out")
            });
        }
        if stop.waits(pause) {
            return Ok(exit(&round));
        }
    }
}

fn sight(arguments: &Watch, gates: &[Gate]) -> Result<Sight> {
    let is_input = |path: &PathBuf| tollgate::source::is_standard_input(path);
    if arguments.facts.iter().any(is_input) && !arguments.once {
        return Err(miette!(
            "standard input can be read once only, and a watch reads in each round"
        ));
    }
    let registry = match &arguments.model {
        None => None,
        Some(model) => {
            let plan = arguments.registry.plan()?;
            let mlflow = arguments.registry.connect(&plan)?;
            Some(sight::Registry { mlflow, plan, model: model.clone() })
        }
    };
    let mut sources = Vec::new();
    for path in &arguments.sources {
        Sources::join(&mut sources, [Sources::read(path)?]);
    }
    for gate in gates {
        Sources::join(&mut sources, Sources::of_profile(gate.profile())?);
    }
    Ok(Sight::new(registry, sources, arguments.facts.clone()))
}

fn places(arguments: &Watch) -> Result<Vec<Place>> {
    let patience = Duration::from_secs(arguments.registry.timeout);
    let mut places = Vec::new();
    if let Some(address) = mlflow::variable(WEBHOOK) {
        places.push(Place::Webhook(Webhook::new(&address, patience)?));
    }
    if let Some(folder) = &arguments.email_out {
        if !folder.is_dir() {
            let folder = folder.display();
            return Err(miette!("there is no folder `{folder}` to leave mail in"));
        }
        places.push(Place::Folder(folder.clone(), letter(arguments)?));
    }
    if let Some(line) = &arguments.sendmail {
        places.push(Place::Command(place::command(line)?, letter(arguments)?, patience));
    }
    Ok(places)
}

fn letter(arguments: &Watch) -> Result<Letter> {
    Ok(Letter::new(&arguments.email_from, &arguments.email_to)?)
}

/// The file of the state: the one that is named, or one of its own for what is
/// watched and by what.
fn state(arguments: &Watch, sight: &Sight, gates: &[Gate]) -> Result<PathBuf> {
    if let Some(path) = &arguments.state {
        return Ok(path.clone());
    }
    let folder = super::state_folder().ok_or_else(|| {
        miette!(
            help = "give `--state FILE`, or set `XDG_STATE_HOME` to a folder",
            "nobody says where the state is kept: the home folder has no absolute path"
        )
    })?;
    let folder = folder.join("tollgate/watch");
    std::fs::create_dir_all(&folder).into_diagnostic()?;
    let names: Vec<&str> = gates.iter().map(|gate| &*gate.profile().name).collect();
    Ok(folder.join(store::file_name(sight, &names)))
}

fn exit(round: &RoundReport) -> Exit {
    match round.outcome {
        // What people were to be told, they do not know.
        _ if !round.deeds.waiting.is_empty() => Exit::Error,
        None => Exit::Error,
        Some(outcome) => Exit::of(outcome, false),
    }
}

fn every(text: &str) -> Result<Duration, String> {
    let wrong = || format!("`{text}` is no duration of a second to a week, such as `30s` or `5m`");
    let duration = text.parse::<jiff::SignedDuration>().map_err(|_| wrong())?;
    let duration = Duration::try_from(duration).map_err(|_| wrong())?;
    let week = Duration::from_secs(7 * 24 * 60 * 60);
    if (Duration::from_secs(1)..=week).contains(&duration) { Ok(duration) } else { Err(wrong()) }
}

fn tell(arguments: &Watch, round: &RoundReport) {
    match arguments.format {
        Format::Json => output::json_line("watch", round),
        Format::Human => output::page(|out| print(out, round)),
    }
}

/// One line, and one for each thing that was done or is to be known.
fn print(out: &mut String, round: &RoundReport) -> fmt::Result {
    let outcome = round.outcome.unwrap_or(Outcome::Inconclusive);
    let style = output::style(outcome);
    let word = round.outcome.map_or("ERROR", tollgate_reports::word);
    write!(out, "{}  {}", to_the_second(&round.as_of), visible(&round.watched))?;
    write!(out, "  {style}{word}{style:#}")?;
    if let Some(error) = &round.error {
        write!(out, "  {}", visible(error))?;
    }
    writeln!(out)?;
    for profile in &round.profiles {
        for rule in &profile.rules {
            let title = format!("{}: {}", profile.name, rule.rule);
            write!(
                out,
                "    {:<12} {}: {}",
                rule.outcome,
                visible(&title),
                visible(&rule.message)
            )?;
            if rule.rounds > 1 {
                write!(out, " ({} rounds on end)", rule.rounds)?;
            }
            writeln!(out)?;
        }
    }
    for record in &round.deeds.recorded {
        let added = record::added(&record.log, record.seq, &record.hash);
        writeln!(out, "    {:<12} {added}", "recorded")?;
        if let Some(torn) = &record.torn {
            writeln!(out, "    {:<12} {}", "note", record::moved_aside(&record.log, torn))?;
        }
    }
    for deed in &round.deeds.done {
        writeln!(out, "    {:<12} {}", "done", visible(&deed.what))?;
    }
    for deed in &round.deeds.waiting {
        writeln!(out, "    {:<12} {}", "waiting", visible(&deed.what))?;
    }
    round.notes.iter().try_for_each(|note| writeln!(out, "    {:<12} {}", "note", visible(note)))
}

/// Whether somebody wants this to end.
struct Stop {
    #[cfg(unix)]
    flag: std::sync::Arc<std::sync::atomic::AtomicBool>,
}

impl Stop {
    /// Listens to SIGTERM and SIGINT; a second one ends the process at once.
    #[cfg(unix)]
    fn on_signals() -> Result<Self> {
        use signal_hook::consts::{SIGINT, SIGTERM};
        let flag = std::sync::Arc::default();
        for signal in [SIGTERM, SIGINT] {
            let code = i32::from(Exit::Error.code());
            let again = std::sync::Arc::clone(&flag);
            signal_hook::flag::register_conditional_shutdown(signal, code, again)
                .into_diagnostic()?;
            signal_hook::flag::register(signal, std::sync::Arc::clone(&flag)).into_diagnostic()?;
        }
        Ok(Self { flag })
    }

    #[cfg(not(unix))]
    fn on_signals() -> Result<Self> {
        Ok(Self {})
    }

    fn is_asked(&self) -> bool {
        #[cfg(unix)]
        {
            self.flag.load(std::sync::atomic::Ordering::Relaxed)
        }
        #[cfg(not(unix))]
        {
            false
        }
    }

    /// Waits so long; true as soon as this is to end.
    fn waits(&self, pause: Duration) -> bool {
        let since = Instant::now();
        while !self.is_asked() {
            let left = pause.saturating_sub(since.elapsed());
            if left.is_zero() {
                return false;
            }
            thread::sleep(left.min(SHORT));
        }
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_round_lasts_a_second_to_a_week() {
        for (text, seconds) in
            [("1s", 1), ("30s", 30), ("5m", 300), ("1h 30m", 5400), ("168h", 604_800)]
        {
            assert_eq!(every(text), Ok(Duration::from_secs(seconds)), "{text}");
        }
        for wrong in ["", "30", "0s", "-30s", "10ms", "8d", "169h", "s", "30 parsecs"] {
            assert!(every(wrong).is_err(), "{wrong}");
        }
    }
}
