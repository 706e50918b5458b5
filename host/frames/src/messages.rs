//! The messages of an Arrow stream: a description, and a body behind it.

use std::io::{self, BufRead, Read};

use arrow_buffer::{Buffer, MutableBuffer};
use arrow_ipc::{Block, Message as Parsed, root_as_message};

use crate::limits::{MOST_BODY, WHOLE};

/// The longest description of one message; a schema of 100,000 columns is
/// some 20 MB.
const DESCRIPTION: usize = 32 << 20;

/// The messages of a stream.
pub(crate) struct Messages {
    reader: Box<dyn BufRead + Send>,
    /// How many bytes were read.
    at: u64,
    /// A table of contents follows, as in a file.
    has_contents: bool,
    ended: bool,
}

/// The description of a message.
pub(crate) struct Message {
    /// As in the file, length included.
    head: Vec<u8>,
    /// Where the description begins in it.
    start: usize,
    /// How long the body is that follows.
    pub(crate) body: u64,
}

impl Message {
    pub(crate) fn parsed(&self) -> Result<Parsed<'_>, String> {
        parsed(self.head.get(self.start..).unwrap_or_default())
    }

    /// The message with its body, as the decoder takes it. The arrays want
    /// their numbers at multiples of their size.
    pub(crate) fn framed(&self, body: &[u8]) -> (Block, Buffer) {
        let mut bytes = MutableBuffer::with_capacity(self.head.len() + body.len());
        bytes.extend_from_slice(&self.head);
        bytes.extend_from_slice(body);
        let head = i32::try_from(self.head.len()).unwrap_or(i32::MAX);
        let block = Block::new(0, head, i64::try_from(body.len()).unwrap_or(i64::MAX));
        (block, bytes.into())
    }
}

fn parsed(description: &[u8]) -> Result<Parsed<'_>, String> {
    root_as_message(description).map_err(|_| {
        "it is damaged: the description of a message cannot be read, or nests too deep".to_owned()
    })
}

fn cut(error: io::Error) -> String {
    match error.kind() {
        io::ErrorKind::UnexpectedEof => "it ends in the middle of a record batch".to_owned(),
        _ => error.to_string(),
    }
}

impl Messages {
    pub(crate) fn new(reader: Box<dyn BufRead + Send>) -> Self {
        Self { reader, at: 0, has_contents: false, ended: false }
    }

    /// How many bytes were read.
    pub(crate) fn at(&self) -> u64 {
        self.at
    }

    /// A file begins with its mark, filled up to eight bytes or to sixty-four.
    pub(crate) fn skip_mark(&mut self) -> Result<(), String> {
        if self.reader.fill_buf().map_err(cut)?.starts_with(b"ARROW1") {
            self.has_contents = true;
            self.fill(&mut Vec::new(), 8)?;
            for _ in 0..7 {
                if self.reader.fill_buf().map_err(cut)?.starts_with(&[0; 8]) {
                    self.reader.consume(8);
                    self.at += 8;
                }
            }
        }
        Ok(())
    }

    /// The next message's description; none at the end. Its body comes next.
    ///
    /// A stream may end by being closed, says the format. Of bytes that lie in
    /// a file or come through a pipe nobody knows whether they were closed or
    /// cut off, so only the mark is an end, and nothing comes behind it.
    pub(crate) fn next(&mut self) -> Result<Option<Message>, String> {
        if self.ended {
            return Ok(None);
        }
        if self.reader.fill_buf().map_err(cut)?.is_empty() {
            return Err("it has no end-of-stream mark: it may be cut off between two batches, or \
                        its writer was not closed"
                .to_owned());
        }
        let mut head = Vec::new();
        self.fill(&mut head, 4)?;
        let marked = head == [0xFF; 4];
        if marked {
            self.fill(&mut head, 4)?;
        }
        let start = head.len();
        let length = head.last_chunk().copied().map_or(0, i32::from_le_bytes);
        if length == 0 {
            self.ended = true;
            if !self.has_contents && !self.reader.fill_buf().map_err(cut)?.is_empty() {
                return Err("more follows behind its end-of-stream mark: several streams in one \
                            file are not read as one"
                    .to_owned());
            }
            return Ok(None);
        }
        let length = usize::try_from(length)
            .ok()
            .filter(|length| *length <= DESCRIPTION)
            .ok_or("it is damaged: the length of a message makes no sense")?;
        self.fill(&mut head, length)?;
        let body = parsed(head.get(start..).unwrap_or_default())?.bodyLength();
        let body = u64::try_from(body).ok().filter(|body| *body <= MOST_BODY).ok_or_else(|| {
            format!(
                "a record batch is larger than {} MiB, or its length is damaged",
                MOST_BODY >> 20
            )
        })?;
        Ok(Some(Message { head, start, body }))
    }

    /// The body of a message.
    pub(crate) fn body(&mut self, message: &Message) -> Result<Vec<u8>, String> {
        if message.body > 2 * WHOLE {
            return Err(format!(
                "a record batch of {} MiB cannot be held: give it as a file, not on standard \
                 input, or write it in smaller batches",
                message.body >> 20
            ));
        }
        let mut bytes = Vec::new();
        self.fill(&mut bytes, usize::try_from(message.body).unwrap_or(usize::MAX))?;
        Ok(bytes)
    }

    /// The body of a message that is no larger than one that is read whole.
    pub(crate) fn small_body(&mut self, message: &Message) -> Result<Vec<u8>, String> {
        if message.body > WHOLE {
            return Err(format!(
                "a dictionary takes {} MiB, and the limit is {} MiB",
                message.body >> 20,
                WHOLE >> 20
            ));
        }
        self.body(message)
    }

    /// Passes over the body of a message.
    pub(crate) fn skip(&mut self, message: &Message) -> Result<(), String> {
        let mut body = (&mut self.reader).take(message.body);
        let skipped = io::copy(&mut body, &mut io::sink()).map_err(cut)?;
        self.at += skipped;
        if skipped < message.body { Err(cut(io::ErrorKind::UnexpectedEof.into())) } else { Ok(()) }
    }

    /// Reads on. Memory grows with what is there, not with what is announced.
    fn fill(&mut self, bytes: &mut Vec<u8>, length: usize) -> Result<(), String> {
        let read = (&mut self.reader).take(length as u64).read_to_end(bytes).map_err(cut)?;
        self.at += read as u64;
        if read < length { Err(cut(io::ErrorKind::UnexpectedEof.into())) } else { Ok(()) }
    }
}
