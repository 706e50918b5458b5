//! Where the answers to rows go, and in which form.

use arrow_schema::ArrowError;
use bytes::Bytes;
use hyper::HeaderMap;
use hyper::header::ACCEPT;
use tokio::sync::{mpsc, oneshot};
use tollgate::judge::{Answer, Decider};

use super::arrow::Columns;
use crate::problem::{INTERNAL, NOT_ACCEPTABLE, Problem};

/// The media type of an Arrow stream.
pub(super) const ARROW: &str = "application/vnd.apache.arrow.stream";

const LINES: &str = "application/x-ndjson";

/// Bytes of answers that are sent at once.
const CHUNK: usize = 64 << 10;

/// What answers are written as.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Form {
    /// One JSON object a line.
    Lines,
    /// An Arrow stream.
    Arrow,
}

impl Form {
    /// What a caller takes; lines where it does not say.
    pub(super) fn accepted(headers: &HeaderMap) -> Result<Self, Problem> {
        let mut values = headers.get_all(ACCEPT).iter().peekable();
        if values.peek().is_none() {
            return Ok(Self::Lines);
        }
        let texts = values.filter_map(|value| value.to_str().ok());
        for media in texts.flat_map(|text| text.split(',')) {
            match media.split(';').next().unwrap_or_default().trim() {
                ARROW => return Ok(Self::Arrow),
                LINES | "application/jsonl" | "application/*" | "*/*" => return Ok(Self::Lines),
                _ => {}
            }
        }
        Err(Problem::new(NOT_ACCEPTABLE, format!("answers to rows are `{LINES}` or `{ARROW}`")))
    }

    pub(super) fn media(self) -> &'static str {
        match self {
            Self::Lines => LINES,
            Self::Arrow => ARROW,
        }
    }
}

/// What is not sent yet.
enum Written {
    Lines(String),
    Columns(Box<Columns>),
}

/// Where answers go. What is sent last is nothing: without it the response is
/// cut off.
pub(super) struct Out {
    begun: Option<oneshot::Sender<Result<(), Problem>>>,
    answers: mpsc::Sender<Option<Bytes>>,
    written: Written,
    is_lost: bool,
}

impl Out {
    pub(super) fn new(
        begun: oneshot::Sender<Result<(), Problem>>,
        answers: mpsc::Sender<Option<Bytes>>,
    ) -> Self {
        let written = Written::Lines(String::new());
        Self { begun: Some(begun), answers, written, is_lost: false }
    }

    /// From here on there is a response.
    pub(super) fn begin(&mut self, form: Form, decider: &Decider) -> Result<(), Problem> {
        if form == Form::Arrow {
            let columns = Columns::new(decider).map_err(|error| unwritten(&error))?;
            self.written = Written::Columns(Box::new(columns));
        }
        if let Some(begun) = self.begun.take() {
            self.is_lost |= begun.send(Ok(())).is_err();
        }
        Ok(())
    }

    pub(super) fn add(&mut self, answer: &Answer<'_>, time: Option<&str>) {
        match &mut self.written {
            Written::Columns(columns) => columns.add(answer),
            Written::Lines(text) => {
                answer.write_json(time, text);
                text.push('\n');
            }
        }
    }

    /// Whether there is enough of a batch to be sent.
    pub(super) fn is_full(&self) -> bool {
        matches!(&self.written, Written::Lines(text) if text.len() >= CHUNK)
    }

    /// Sends what there is of a batch.
    pub(super) fn batch(&mut self) -> Result<(), Problem> {
        let bytes = match &mut self.written {
            Written::Lines(text) => std::mem::take(text).into(),
            Written::Columns(columns) => columns.batch().map_err(|error| unwritten(&error))?.into(),
        };
        self.send(bytes);
        Ok(())
    }

    /// Whether nobody takes the answers any more.
    pub(super) fn is_lost(&self) -> bool {
        self.is_lost
    }

    /// Ends the response, or says in a last line why it is cut off.
    pub(super) fn end(mut self, ended: Result<(), Problem>) {
        if let Some(begun) = self.begun.take() {
            // Whoever is gone is told nothing.
            let _ = begun.send(ended);
            return;
        }
        let last = match (ended, &mut self.written) {
            (Ok(()), Written::Lines(_)) => Ok(Bytes::new()),
            (Ok(()), Written::Columns(columns)) => columns.end().map(Bytes::from),
            (Err(problem), Written::Lines(_)) => {
                let line = format!("{}\n", problem.to_json(None));
                self.send(line.into());
                return;
            }
            // A stream of Arrow without its end is not whole.
            (Err(_), Written::Columns(_)) => return,
        };
        let Ok(last) = last else { return };
        self.send(last);
        if !self.is_lost {
            // Whoever is gone needs no end.
            let _ = self.answers.blocking_send(None);
        }
    }

    fn send(&mut self, bytes: Bytes) {
        if !bytes.is_empty() && !self.is_lost {
            self.is_lost = self.answers.blocking_send(Some(bytes)).is_err();
        }
    }
}

fn unwritten(error: &ArrowError) -> Problem {
    tracing::error!(%error, "answers cannot be written as Arrow");
    Problem::new(INTERNAL, "the answers cannot be written")
}
