//! One way to write YAML, which keeps comments and meaning.
//!
//! | what | becomes |
//! | --- | --- |
//! | indentation | two spaces a level, items of a list below their key |
//! | `{ a: 1 }` and `[a, b]` | one line where that has 100 characters at most, else one item a line; those written over several lines stay so |
//! | quotes | double ones, unless the text holds some; a text that needs none keeps what it has |
//! | comments, order, anchors, block texts | as they are |
//! | empty lines | one at most |
//! | white space at ends of lines, CRLF, no line break at the end | none, LF, one |
//!
//! Nothing is taken on trust: a text whose values, comments or anchors would
//! not be the same is refused, and so is one that would be formatted otherwise
//! the next time.

use std::ops::Range;
use std::panic::catch_unwind;

use miette::Diagnostic;
use pretty_yaml::config::{FormatOptions, LanguageOptions, LayoutOptions, LineBreak};
use similar::TextDiff;
use thiserror::Error;
use tollgate::mistake::{Mistake, Mistakes};
use tollgate::source::Source;
use tollgate::tree::{Content, Node, NonFinite};
use yaml_parser::{SyntaxKind, SyntaxNode, SyntaxToken};

/// Where a line of a flow map or list ends.
pub const WIDTH: usize = 100;

/// The comment above an entry that is to be left as it is.
pub const IGNORE: &str = "tollgate-fmt-ignore";

/// Why a text is not formatted.
#[derive(Debug, Error, Diagnostic)]
pub enum FormatError {
    /// It is no YAML that tollgate reads.
    #[error(transparent)]
    #[diagnostic(transparent)]
    Mistakes(#[from] Mistakes),
    /// The formatter cannot read what tollgate reads.
    #[error("`{name}` is left as it is: the formatter does not understand it, {reason}")]
    NotUnderstood {
        /// The file.
        name: String,
        /// What it stumbled over.
        reason: String,
    },
    /// Formatting would change more than the form.
    #[error("`{name}` is left as it is: formatting would change its {what}")]
    Changed {
        /// The file.
        name: String,
        /// `values`, `comments`, ...
        what: &'static str,
    },
    /// JSON has no comments and a form of its own.
    #[error("`{0}` is JSON, and only YAML is formatted")]
    Json(String),
}

impl From<Mistake> for FormatError {
    fn from(mistake: Mistake) -> Self {
        Self::Mistakes(mistake.into())
    }
}

/// Formats a text.
///
/// # Errors
/// When it is no YAML, or would not mean the same afterwards.
pub fn format(source: &Source) -> Result<String, FormatError> {
    let name = || source.name().to_owned();
    if source.name().ends_with(".json") {
        return Err(FormatError::Json(name()));
    }
    let before = Node::parse_yaml(source, NonFinite::Kept)?;
    let text = source.text().replace("\r\n", "\n");
    let formatted = written(&text, &name)?;
    let changed = |what| FormatError::Changed { name: name(), what };
    let again = Source::new(source.name(), &formatted);
    let after = Node::parse_yaml(&again, NonFinite::Kept).map_err(|_| changed("syntax"))?;
    if !is_same(&before, &after) {
        return Err(changed("values"));
    }
    if beside(&text) != beside(&formatted) {
        return Err(changed("comments, anchors or tags"));
    }
    if written(&formatted, &name)? != formatted {
        return Err(changed("form once more the next time"));
    }
    Ok(formatted)
}

/// What formatting changes, as `diff -u` would say it.
#[must_use]
pub fn changes(source: &Source, formatted: &str) -> String {
    let name = source.name();
    let diff = TextDiff::from_lines(source.text(), formatted);
    diff.unified_diff().header(name, &format!("{name} (formatted)")).to_string()
}

fn written(text: &str, name: &impl Fn() -> String) -> Result<String, FormatError> {
    let options = FormatOptions {
        layout: LayoutOptions {
            print_width: WIDTH,
            line_break: LineBreak::Lf,
            ..LayoutOptions::default()
        },
        language: LanguageOptions {
            trailing_comma: false,
            // In block texts these are part of the value.
            trim_trailing_whitespaces: false,
            ignore_comment_directive: IGNORE.to_owned(),
            ..LanguageOptions::default()
        },
    };
    let not_understood = |error: &dyn ToString| {
        let reason = error.to_string().lines().next().unwrap_or_default().to_owned();
        FormatError::NotUnderstood { name: name(), reason }
    };
    // It slices texts by what it counted, and a document is a stranger's.
    let formatted = catch_unwind(|| pretty_yaml::format_text(text, &options));
    let formatted = formatted.map_err(|_| not_understood(&"its formatter gave up"))?;
    let mut formatted = formatted.map_err(|error| not_understood(&error))?;
    let tree = yaml_parser::parse(&formatted).map_err(|error| not_understood(&error))?;
    let closings: Vec<usize> = tree.descendants().filter_map(|node| closing(&node)).collect();
    // From the end, so that the places before stay what they are.
    for at in closings.into_iter().rev() {
        let line =
            formatted.get(..at).map_or("", |before| before.rsplit('\n').next().unwrap_or(""));
        if line.trim().is_empty() {
            formatted.insert_str(at, "  ");
        }
    }
    let original = yaml_parser::parse(text).map_err(|error| not_understood(&error))?;
    let tree = yaml_parser::parse(&formatted).map_err(|error| not_understood(&error))?;
    let (left, written) = (ignored_firsts(&original), ignored_firsts(&tree));
    if left.len() == written.len() {
        for (left, written) in left.iter().zip(&written).rev() {
            formatted.replace_range(Range::<usize>::from(written.text_range()), &left.to_string());
        }
    }
    Ok(formatted)
}

/// The first entries of maps and lists below a key that are to be left as they
/// are. The formatter knows the comment above any other entry.
fn ignored_firsts(tree: &SyntaxNode) -> Vec<SyntaxNode> {
    let is_first = |node: &SyntaxNode| {
        matches!(node.kind(), SyntaxKind::BLOCK_MAP_ENTRY | SyntaxKind::BLOCK_SEQ_ENTRY)
            && node.prev_sibling().is_none()
    };
    let mut found: Vec<SyntaxNode> = Vec::new();
    for node in tree.descendants().filter(|node| is_first(node) && is_below_ignore(node)) {
        let is_within = |outer: &SyntaxNode| outer.text_range().contains_range(node.text_range());
        if !found.iter().any(is_within) {
            found.push(node);
        }
    }
    found
}

/// Whether the last thing above a node is the comment, on a line of its own.
fn is_below_ignore(node: &SyntaxNode) -> bool {
    let before = |token: SyntaxToken| token.prev_token();
    let is_blank = |token: &SyntaxToken| token.kind() == SyntaxKind::WHITESPACE;
    let mut above =
        std::iter::successors(node.first_token().and_then(before), |it| it.prev_token())
            .skip_while(is_blank);
    let Some(comment) = above.next().filter(|it| it.kind() == SyntaxKind::COMMENT) else {
        return false;
    };
    let text = comment.text().trim_start_matches('#').trim_start();
    let is_own_line = above.next().is_none_or(|it| is_blank(&it) && it.text().contains('\n'));
    let rest = text.strip_prefix(IGNORE);
    is_own_line && rest.is_some_and(|rest| rest.is_empty() || rest.starts_with([' ', '\t']))
}

/// Where the bracket is that closes a list or map of a key's own line. The
/// formatter writes it below the key, where YAML does not let a value go on.
fn closing(node: &SyntaxNode) -> Option<usize> {
    let is_flow = matches!(node.kind(), SyntaxKind::FLOW_SEQ | SyntaxKind::FLOW_MAP);
    let value = node.parent()?.parent()?;
    let bracket = node.last_token()?;
    (is_flow && value.kind() == SyntaxKind::BLOCK_MAP_VALUE)
        .then(|| bracket.text_range().start().into())
}

/// Whether two trees hold the same, places apart: keys in the same order, and
/// numbers bit for bit.
fn is_same(one: &Node, other: &Node) -> bool {
    match (&one.content, &other.content) {
        (Content::List(one), Content::List(other)) => {
            one.len() == other.len()
                && one.iter().zip(other).all(|(one, other)| is_same(one, other))
        }
        (Content::Map(one), Content::Map(other)) => {
            one.len() == other.len()
                && one
                    .iter()
                    .zip(other)
                    .all(|(one, other)| one.key == other.key && is_same(&one.value, &other.value))
        }
        (Content::NonFinite(one), Content::NonFinite(other)) => one.to_bits() == other.to_bits(),
        (one, other) => one == other,
    }
}

/// What a text holds beside values, in its order.
fn beside(text: &str) -> Option<Vec<(SyntaxKind, String)>> {
    const KEPT: [SyntaxKind; 9] = [
        SyntaxKind::COMMENT,
        SyntaxKind::AMPERSAND,
        SyntaxKind::ASTERISK,
        SyntaxKind::ANCHOR_NAME,
        SyntaxKind::EXCLAMATION_MARK,
        SyntaxKind::TAG_CHAR,
        SyntaxKind::VERBATIM_TAG,
        SyntaxKind::DIRECTIVE_NAME,
        SyntaxKind::YAML_VERSION,
    ];
    let tree = yaml_parser::parse(text).ok()?;
    let tokens = tree.descendants_with_tokens().filter_map(|it| it.into_token());
    let kept = tokens.filter(|token| KEPT.contains(&token.kind()));
    Some(kept.map(|token| (token.kind(), token.text().trim_end().to_owned())).collect())
}
