//! What is no YAML, in words for the person who wrote it.

use saphyr_parser::ScanError;

use super::offsets::Offsets;
use crate::mistake::{Mistake, Span};
use crate::source::Source;

/// A mistake of syntax at its place.
pub(super) fn mistake(source: &Source, offsets: &Offsets<'_>, error: &ScanError) -> Mistake {
    let start = offsets.byte(error.marker().index());
    let (message, help) = words(error.info());
    let mistake =
        Mistake::new(source, Span::new(start, start), format!("not valid YAML: {message}"));
    if help.is_empty() { mistake } else { mistake.suggest(help) }
}

/// What the parser says and what we say of it, and what would be right: the
/// first whose words the parser's hold.
const WORDS: &[(&str, &str, &str)] = &[
    ("did not find expected key", "a key is expected here", KEY),
    ("simple key expect", "a `:` is expected behind the key", KEY),
    ("mapping values are not allowed", "a `:` cannot stand here", COLON),
    ("illegal placement of ':'", "a `:` cannot stand here", COLON),
    ("mapping keys are not allowed", "a key cannot stand here", INDENT),
    ("block sequence entries are not allowed", "a list item cannot stand here", INDENT),
    ("expected '-' indicator", "a list item is expected here", "begin each item with `- `"),
    ("flow mapping", "a `{` is not closed here", "part entries with `,` and close with `}`"),
    ("flow sequence", "a `[` is not closed here", "part items with `,` and close with `]`"),
    ("misplaced bracket", "a bracket closes nothing", "remove it, or open it first"),
    ("unknown anchor", "an alias repeats a value that has no such name", ANCHOR),
    ("duplicated anchor", "an anchor has this name already", ANCHOR),
    ("anchor or alias", "an anchor or alias has no name", ANCHOR),
    ("invalid indentation for anchor", "an anchor is indented too little", INDENT),
    ("unknown escape character", "a text has an escape that YAML does not know", QUOTE),
    ("hexadecimal number", "an escape of a text lacks hexadecimal digits", QUOTE),
    ("Unicode character escape", "an escape of a text is no character", QUOTE),
    ("unexpected end of stream", "a text in quotes is not closed", "close it with the same quote"),
    ("document indicator", "a text in quotes is not closed", "close it with the same quote"),
    ("double-quoted scalar", "something stands behind a text in quotes", ""),
    ("indentation in quoted scalar", "a text in quotes is indented too little", INDENT),
    ("block scalar", "a text of several lines begins or is indented wrongly", INDENT),
    ("tab", "a tab stands where only spaces may", "indent with spaces"),
    ("indentation", "the line is indented wrongly", INDENT),
    ("unprintable", "a control character stands in the text", QUOTE),
    ("byte order mark", "a byte order mark stands inside of the text", "remove it"),
    ("plain scalar cannot start", "a text cannot begin so", "put it in quotes"),
    ("comment intercepting", "a comment stands inside of a text", "put the text in quotes"),
    ("directive", "a line that begins with `%` is no directive of YAML", "remove it"),
    ("tag", "a word that begins with `!` is no tag of YAML", "put it in quotes"),
    ("TAG", "a word that begins with `!` is no tag of YAML", "put it in quotes"),
    ("handle", "a word that begins with `!` is no tag of YAML", "put it in quotes"),
    ("recursion limit", "lists and maps nest too deep", ""),
    ("valid YAML whitespace", "a space is missing behind `-` or `:`", "add a space"),
    ("may not precede", "a space is missing behind `:`", "add a space"),
    ("eof", "the text ends too soon", ""),
    ("document", "something stands behind the end of the document", "keep one document a file"),
    ("unexpected character", "a character cannot stand here", "put the text in quotes"),
    ("node content", "a value is expected here", "write the value, or quotes where it is empty"),
];

const KEY: &str = "write `key: value`, and begin all keys of a map in the same column";
const COLON: &str = "put a text that holds `: ` in quotes, or begin the key on a line of its own";
const INDENT: &str = "begin what belongs together in the same column, with spaces";
const ANCHOR: &str = "name a value with `&name` before `*name` repeats it";
const QUOTE: &str =
    "use single quotes, where nothing is an escape, or write `\\\\` for a backslash";

fn words(info: &str) -> (&'static str, &'static str) {
    let found = WORDS.iter().find(|(theirs, ..)| info.contains(theirs));
    found.map_or(("it cannot be read on from here", ""), |(_, ours, help)| (ours, help))
}
