//! Tables drawn with lines, for a terminal.

use std::fmt::{self, Write};

use tollgate::text::visible;

/// No column is narrower than this, or words would fall apart.
const NARROW: usize = 8;

/// Draws a table in `width` columns. Texts go on in the next line of their
/// cell. Where there are more columns than the width takes, each row is a list
/// of what its columns are called and what is in them.
pub(super) fn table(
    out: &mut String,
    head: &[String],
    rows: &[Vec<String>],
    width: usize,
) -> fmt::Result {
    let cell = |text: &String| visible(text).to_string();
    let head: Vec<String> = head.iter().map(cell).collect();
    let rows: Vec<Vec<String>> = rows.iter().map(|row| row.iter().map(cell).collect()).collect();
    match widths(&head, &rows, width) {
        Some(widths) => draw(out, &head, &rows, &widths),
        None => list(out, &head, &rows, width),
    }
}

/// Whether a table can be drawn in `width` columns.
pub(super) fn fits(head: &[String], rows: &[Vec<String>], width: usize) -> bool {
    widths(head, rows, width).is_some()
}

fn count(text: &str) -> usize {
    text.chars().count()
}

/// How wide each column is, so that all of them fit: as wide as its longest
/// text, and then the widest gives first. None where even narrow ones do not.
fn widths(head: &[String], rows: &[Vec<String>], width: usize) -> Option<Vec<usize>> {
    let column = |at: usize| {
        let cells = rows.iter().filter_map(move |row| row.get(at));
        cells.chain(head.get(at))
    };
    let longest = |at: usize| column(at).map(|text| count(text)).max().unwrap_or(0);
    let word = |at: usize| {
        let words = column(at).flat_map(|text| pieces(text));
        words.map(count).max().unwrap_or(0)
    };
    let mut widths: Vec<usize> = (0..head.len()).map(longest).collect();
    // Two spaces and a line a column, and one more line.
    let room = width.checked_sub(3 * head.len() + 1)?;
    let least: Vec<usize> =
        (0..head.len()).map(|at| word(at).clamp(NARROW.min(longest(at)), 24)).collect();
    if least.iter().sum::<usize>() > room {
        return None;
    }
    while widths.iter().sum::<usize>() > room {
        let can_give = widths.iter_mut().zip(&least).filter(|(width, least)| **width > **least);
        let (widest, _) = can_give.max_by_key(|(width, least)| **width - **least)?;
        *widest -= 1;
    }
    Some(widths)
}

/// Where a text may always be broken: behind spaces.
fn pieces(text: &str) -> impl Iterator<Item = &str> {
    text.split(' ')
}

/// A text in lines of at most `width` characters. A word that is longer than a
/// line is broken behind underscores, or else anywhere.
fn wrapped(text: &str, width: usize) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    let mut line = String::new();
    let mut add = |piece: &str, space: &str| {
        let is_first = line.is_empty();
        if !is_first && count(&line) + count(space) + count(piece) <= width {
            line.push_str(space);
        } else if !is_first {
            lines.push(std::mem::take(&mut line));
        }
        line.push_str(piece);
    };
    for word in pieces(text) {
        if count(word) <= width {
            add(word, " ");
            continue;
        }
        for (index, part) in word.split_inclusive('_').enumerate() {
            let characters: Vec<char> = part.chars().collect();
            for (at, chunk) in characters.chunks(width.max(1)).enumerate() {
                let chunk: String = chunk.iter().collect();
                add(&chunk, if index == 0 && at == 0 { " " } else { "" });
            }
        }
    }
    lines.push(line);
    lines
}

fn draw(out: &mut String, head: &[String], rows: &[Vec<String>], widths: &[usize]) -> fmt::Result {
    let rule = |out: &mut String, [left, between, right]: [char; 3]| {
        let lines: Vec<String> = widths.iter().map(|width| "─".repeat(width + 2)).collect();
        writeln!(out, "{left}{}{right}", lines.join(&between.to_string()))
    };
    let row = |out: &mut String, cells: &[String]| -> fmt::Result {
        let cells: Vec<Vec<String>> =
            cells.iter().zip(widths).map(|(cell, width)| wrapped(cell, *width)).collect();
        let height = cells.iter().map(Vec::len).max().unwrap_or(1);
        for at in 0..height {
            for (cell, width) in cells.iter().zip(widths) {
                let line = cell.get(at).map_or("", String::as_str);
                let space = " ".repeat(width.saturating_sub(count(line)));
                write!(out, "│ {line}{space} ")?;
            }
            writeln!(out, "│")?;
        }
        Ok(())
    };
    rule(out, ['┌', '┬', '┐'])?;
    row(out, head)?;
    let is_tall = |cells: &Vec<String>| {
        cells.iter().zip(widths).any(|(cell, width)| wrapped(cell, *width).len() > 1)
    };
    // Rows of one line need no lines between them.
    let between = rows.iter().any(is_tall);
    rule(out, ['├', '┼', '┤'])?;
    for (index, cells) in rows.iter().enumerate() {
        if between && index > 0 {
            rule(out, ['├', '┼', '┤'])?;
        }
        row(out, cells)?;
    }
    rule(out, ['└', '┴', '┘'])
}

/// Each row as a paragraph.
fn list(out: &mut String, head: &[String], rows: &[Vec<String>], width: usize) -> fmt::Result {
    for row in rows {
        let mut cells = head.iter().zip(row).filter(|(_, cell)| !cell.is_empty());
        if let Some((_, first)) = cells.next() {
            writeln!(out, "• {first}")?;
        }
        for (name, cell) in cells {
            let text = format!("{name}: {cell}");
            for (index, line) in
                wrapped(&text, width.saturating_sub(6).max(NARROW)).iter().enumerate()
            {
                writeln!(out, "{}{line}", if index == 0 { "    " } else { "      " })?;
            }
        }
    }
    Ok(())
}

/// A paragraph in lines of at most `width` characters, each behind `indent`.
pub(super) fn paragraph(out: &mut String, text: &str, indent: &str, width: usize) -> fmt::Result {
    let text = visible(text).to_string();
    for line in wrapped(&text, width.saturating_sub(count(indent)).max(NARROW)) {
        writeln!(out, "{indent}{line}")?;
    }
    Ok(())
}
