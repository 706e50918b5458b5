//! The kinds of hostile inputs.

use std::fmt::Write as _;
use std::fs;
use std::path::Path;

use anyhow::Result;
use tollgate_test_support::Dice;

use crate::{mutate, seeds};

/// The words of a command line, and the exit codes that are right.
type Drawn = (Vec<String>, &'static [i32]);

type Draw = fn(&mut Dice, &Path) -> Result<Drawn>;

/// Each kind, as often as its name is here.
pub(super) const KINDS: [(&str, Draw); 13] = [
    ("parquet", parquet),
    ("arrow", arrow),
    ("endless-line", endless_line),
    ("csv", csv),
    ("deep-json", deep_json),
    ("anchors", anchors),
    ("mistakes", mistakes),
    ("facts", facts),
    ("wide-signature", wide_signature),
    ("schema", schema),
    ("component", component),
    ("escapes", escapes),
    ("request", request),
];

const MODEL: &str = "tests/fixtures/mlflow/tumor_screening-v1";
const FRAMES: &str = "tests/fixtures/frames/signature.json";
const FRAUD: &str = "policies/fraud.yaml";
const OFFLINE: &str = "policies/gates/offline.yaml";
const TRANSACTION: &str = r#"{"score": 0.5, "amount": 120, "country": "US", "merchant_age_days": 400, "transactions_last_hour": 1}"#;

/// What was changed may be valid still.
const ANY: &[i32] = &[0, 1, 2, 3];
/// It cannot be right, whatever else it is.
const WRONG: &[i32] = &[1, 2, 3];
/// There is no case in it.
const UNDECIDED: &[i32] = &[3];
/// It cannot be used at all.
const UNUSABLE: &[i32] = &[2];

fn words(words: &[&str]) -> Vec<String> {
    words.iter().map(|word| (*word).to_owned()).collect()
}

fn write(folder: &Path, name: &str, content: impl AsRef<[u8]>) -> Result<String> {
    let path = folder.join(name);
    fs::write(&path, content)?;
    Ok(path.display().to_string())
}

/// A number whose length is drawn, so that small and large ones are alike
/// likely.
fn size(dice: &mut Dice, most: usize) -> usize {
    let digits = most.ilog2() as usize + 1;
    let digits = 1 + dice.roll(digits);
    (1 + dice.roll(1 << digits)).min(most)
}

fn changed(dice: &mut Dice, seeds: &[Vec<u8>]) -> Vec<u8> {
    mutate::input(seeds, dice.number(), dice.number())
}

fn parquet(dice: &mut Dice, folder: &Path) -> Result<Drawn> {
    let file = write(folder, "in.parquet", changed(dice, &seeds::parquet()))?;
    Ok((words(&["check", "--signature", FRAMES, "--payload", &file]), ANY))
}

fn arrow(dice: &mut Dice, folder: &Path) -> Result<Drawn> {
    let file = write(folder, "in.arrow", changed(dice, &seeds::arrow()))?;
    Ok((words(&["check", "--signature", FRAMES, "--payload", &file]), ANY))
}

fn endless_line(dice: &mut Dice, folder: &Path) -> Result<Drawn> {
    let length = size(dice, 48 << 20);
    let open = *dice.one(&["{\"customer\":\"", "[", "{\"a\":[", "\"", "", "{\"a\":1,"]);
    let filling = *dice.one(&["x", " ", "[", "1,", "\\u0000", "\"a\":1,"]);
    let line = open.to_owned() + &filling.repeat(length / filling.len());
    let file = write(folder, "in.jsonl", line)?;
    Ok(match dice.roll(2) {
        0 => (words(&["check", "--signature", FRAMES, "--payload", &file]), WRONG),
        _ => (words(&["decide", "--policy", FRAUD, "--input", &file]), WRONG),
    })
}

fn csv(dice: &mut Dice, folder: &Path) -> Result<Drawn> {
    let header = "customer,amount,age,visits,member,since\n";
    let text = match dice.roll(5) {
        0 => format!("{header}\"{}", "x".repeat(size(dice, 32 << 20))),
        1 => format!("{}\n", "a,".repeat(size(dice, 1 << 20))),
        2 => format!("{header}{}", "c,1,2,3,true,2026-01-31,".repeat(size(dice, 1 << 18))),
        3 => format!("{header}{}", ",\n".repeat(size(dice, 1 << 20))),
        _ => {
            let file = seeds::files(&["tests/fixtures/frames"], &[".csv"]);
            let bytes = changed(dice, &file);
            let file = write(folder, "in.csv", bytes)?;
            return Ok((words(&["check", "--signature", FRAMES, "--payload", &file]), ANY));
        }
    };
    let file = write(folder, "in.csv", text)?;
    Ok((words(&["check", "--signature", FRAMES, "--payload", &file]), WRONG))
}

fn deep_json(dice: &mut Dice, folder: &Path) -> Result<Drawn> {
    let depth = 70 + size(dice, 1 << 20);
    let (open, close) = *dice.one(&[("[", "]"), ("{\"a\":", "}"), ("[{\"inputs\":", "}]")]);
    let inner = open.repeat(depth) + "1" + &close.repeat(dice.roll(2) * depth);
    let text = match dice.roll(3) {
        0 => inner,
        1 => format!("{{\"inputs\": {inner}}}"),
        _ => format!("{{\"dataframe_split\": {{\"columns\": [\"a\"], \"data\": {inner}}}}}"),
    };
    let file = write(folder, "in.json", text)?;
    Ok(match dice.roll(4) {
        0 => (words(&["check", "--signature", MODEL, "--payload", &file]), WRONG),
        1 => (words(&["decide", "--policy", FRAUD, "--input", &file]), UNUSABLE),
        2 => (
            words(&["gate", "--candidate", MODEL, "--facts", &file, "--profile", OFFLINE]),
            UNUSABLE,
        ),
        _ => (words(&["check", "--signature", &file]), UNUSABLE),
    })
}

/// Anchors that unfold to more than there is.
fn anchors(dice: &mut Dice, folder: &Path) -> Result<Drawn> {
    let levels = 1 + dice.roll(60);
    let width = 1 + dice.roll(10);
    let mut text = String::from("a0: &a0 [x, y]\n");
    for level in 1..=levels {
        let of = vec![format!("*a{}", level - 1); width].join(", ");
        match dice.roll(3) {
            0 => writeln!(text, "a{level}: &a{level} {{ k: [{of}] }}")?,
            _ => writeln!(text, "a{level}: &a{level} [{of}]")?,
        }
    }
    if dice.roll(2) == 0 {
        text = format!(
            "name: a\nversion: 1.0.0\nplugin: threshold-policy@^0.1\nowner: t\nsettings:\n  {}",
            text.replace('\n', "\n  ")
        );
    }
    document(dice, folder, &text)
}

/// A document that nothing can be done with.
fn document(dice: &mut Dice, folder: &Path, text: &str) -> Result<Drawn> {
    let file = write(folder, "in.yaml", text)?;
    let input = write(folder, "transaction.json", TRANSACTION)?;
    Ok((
        match dice.roll(2) {
            0 => words(&["decide", "--policy", &file, "--input", &input]),
            _ => words(&["gate", "--candidate", MODEL, "--profile", &file]),
        },
        UNUSABLE,
    ))
}

fn mistakes(dice: &mut Dice, folder: &Path) -> Result<Drawn> {
    let count = size(dice, 200_000);
    let mut text = fs::read_to_string(seeds::root().join(FRAUD))?;
    text.push('\n');
    let form = dice.roll(5);
    if form == 3 {
        text.push_str("changelog:\n");
    }
    for at in 0..count {
        match form {
            0 => writeln!(text, "unknown_{at}: 1")?,
            1 => writeln!(text, "name: again")?,
            2 => writeln!(text, "plugin{at}: [1, {{ a: b }}]")?,
            3 => writeln!(text, "  - {{ version: {at}, date: never, by: 7 }}")?,
            _ => writeln!(text, "  settings{at}: \u{1b}[31m{at}")?,
        }
    }
    document(dice, folder, &text)
}

fn facts(dice: &mut Dice, folder: &Path) -> Result<Drawn> {
    let count = size(dice, 100_000);
    let mut text = String::from("facts:\n");
    let form = dice.roll(4);
    for at in 0..count {
        match form {
            0 => writeln!(text, "  - {{ name: auc, value: 0.{at} }}")?,
            1 => writeln!(text, "  - {{ nmae: auc{at}, value: [] }}")?,
            2 => writeln!(text, "  - {{ name: \"auc{{g={at}}}\", value: .nan }}")?,
            _ => writeln!(text, "  - {{ name: \"\\x1b[2J{at}\", value: wrong }}")?,
        }
    }
    let file = write(folder, "facts.yaml", text)?;
    Ok((words(&["gate", "--candidate", MODEL, "--facts", &file, "--profile", OFFLINE]), WRONG))
}

fn wide_signature(dice: &mut Dice, folder: &Path) -> Result<Drawn> {
    let count = size(dice, 10_000);
    let kinds = ["long", "double", "string", "boolean", "datetime"];
    let mut signature = |name: &str, more: usize| {
        let columns: Vec<String> = (0..count + more)
            .map(|at| format!(r#"{{"type":"{}","name":"column_{at}{name}"}}"#, kinds[dice.roll(5)]))
            .collect();
        format!(r#"{{"inputs":[{}]}}"#, columns.join(","))
    };
    let (old, new) = (signature("", 0), signature("", 3));
    let renamed = signature("x", 0);
    let (old, new) = (write(folder, "old.json", old)?, write(folder, "new.json", new)?);
    let renamed = write(folder, "renamed.json", renamed)?;
    let payload = write(folder, "in.json", r#"{"inputs": [{"colunm_0": 1, "colunm_1": 2}]}"#)?;
    Ok(match dice.roll(4) {
        0 => (words(&["signature", "diff", &old, &new]), &[0, 1]),
        1 => (words(&["signature", "diff", &old, &renamed]), &[0, 1]),
        2 => (words(&["signature", "convert", "--to", "json-schema", &old]), &[0]),
        _ => (words(&["check", "--signature", &old, "--payload", &payload]), WRONG),
    })
}

/// JSON Schemas whose work multiplies.
fn schema(dice: &mut Dice, folder: &Path) -> Result<Drawn> {
    let levels = 1 + dice.roll(60);
    let width = 1 + dice.roll(6);
    let mut definitions = Vec::new();
    let form = dice.roll(4);
    for level in 0..levels {
        let next = format!(r##"{{"$ref":"#/$defs/d{}"}}"##, level + 1);
        let many = vec![next.clone(); width].join(",");
        definitions.push(match form {
            0 => format!(r#""d{level}":{{"allOf":[{many}]}}"#),
            1 => format!(r#""d{level}":{{"anyOf":[{many},{{"not":{{}}}}]}}"#),
            2 => format!(r#""d{level}":{{"properties":{{"a":{next},"b":{next}}},"items":{next}}}"#),
            _ => format!(r#""d{level}":{{"if":{next},"then":{{"not":{next}}},"else":{next}}}"#),
        });
    }
    let text = format!(
        r##"{{"$ref":"#/$defs/d0","$defs":{{{},"d{levels}":{{"type":"string"}}}}}}"##,
        definitions.join(",")
    );
    let file = write(folder, "in.schema.json", text)?;
    let payload = write(folder, "in.json", r#"{"a": {"b": {"a": [1, 2, {"b": 3}]}}}"#)?;
    Ok((words(&["check", "--schema", &file, "--payload", &payload]), ANY))
}

fn component(dice: &mut Dice, folder: &Path) -> Result<Drawn> {
    let bytes = match dice.roll(3) {
        0 => changed(dice, &[seeds::component("guests", "misbehave-no-std.wasm")]),
        1 => {
            // A component of one core module with many functions of many
            // locals.
            let functions = size(dice, 100_000);
            let mut code = leb(functions);
            let mut types = leb(functions);
            let body = [&[1][..], &leb(20_000), &[0x7F], &[0x0B]].concat();
            types.resize(types.len() + functions, 0);
            for _ in 0..functions {
                code.extend([leb(body.len()), body.clone()].concat());
            }
            let module = [
                b"\0asm\x01\0\0\0".to_vec(),
                section(1, &[1, 0x60, 0, 0]),
                section(3, &types),
                section(10, &code),
            ]
            .concat();
            [b"\0asm\x0d\0\x01\0".to_vec(), section(1, &module)].concat()
        }
        _ => {
            let many = section(0, b"\x04name\0").repeat(size(dice, 1 << 20));
            [b"\0asm\x0d\0\x01\0".to_vec(), many].concat()
        }
    };
    let file = write(folder, "in.wasm", bytes)?;
    let input = write(folder, "transaction.json", TRANSACTION)?;
    Ok(match dice.roll(2) {
        0 => (words(&["plugin", "inspect", &file]), &[0, 2]),
        _ => (words(&["decide", "--policy", &file, "--input", &input]), UNUSABLE),
    })
}

fn section(id: u8, content: &[u8]) -> Vec<u8> {
    [&[id][..], &leb(content.len()), content].concat()
}

fn leb(mut number: usize) -> Vec<u8> {
    let mut bytes = Vec::new();
    while number > 0x7F {
        bytes.push(number as u8 | 0x80);
        number >>= 7;
    }
    bytes.push(number as u8);
    bytes
}

/// What a terminal acts on, wherever a stranger may put it.
fn escapes(dice: &mut Dice, folder: &Path) -> Result<Drawn> {
    let evil = *dice.one(&[
        "\u{1b}[2J\u{1b}[1;1Hpassed",
        "\u{1b}]0;title\u{7}",
        "a\nPASSED\n::error::forged",
        "\r\u{8}\u{8}",
        "\u{202E}desrever\u{202C}",
        "\u{9b}31m",
        "::warning file=a::b",
        "\u{2066}x\u{2069}\u{200F}",
    ]);
    let quoted = serde_json::to_string(evil)?;
    let name: String = evil.chars().filter(|sign| !matches!(sign, '\0' | '/')).collect();
    Ok(match dice.roll(6) {
        0 => {
            let file =
                write(folder, "in.json", format!(r#"{{"inputs": [{{{quoted}: {quoted}}}]}}"#))?;
            (words(&["check", "--signature", MODEL, "--payload", &file]), WRONG)
        }
        1 => {
            let text = format!(
                "customer,amount,age,visits,member,since,\"{evil}\"\n\"{evil}\",{quoted},x,x,x,x,x\n"
            );
            let file = write(folder, "in.csv", text)?;
            (words(&["check", "--signature", FRAMES, "--payload", &file]), WRONG)
        }
        2 => {
            let signature = format!(r#"{{"inputs": [{{"type": "long", "name": {quoted}}}]}}"#);
            let signature = write(folder, "signature.json", signature)?;
            let file =
                write(folder, "in.json", format!(r#"{{"inputs": [{{{quoted}: {quoted}}}]}}"#))?;
            (words(&["check", "--signature", &signature, "--payload", &file]), WRONG)
        }
        3 => {
            let text =
                format!("{quoted}: 1\nname: {quoted}\nversion: {quoted}\nplugin: {quoted}\n");
            return document(dice, folder, &text);
        }
        4 => {
            let file = write(folder, &format!("{name}.json"), "{")?;
            (words(&["check", "--signature", MODEL, "--payload", &file]), WRONG)
        }
        _ => {
            let text =
                format!(r#"{{"score": {quoted}, "amount": 1, "country": {quoted}, {quoted}: 1}}"#);
            let file = write(folder, "in.json", text)?;
            (words(&["decide", "--policy", FRAUD, "--input", &file]), UNUSABLE)
        }
    })
}

/// Requests of every form, changed.
fn request(dice: &mut Dice, folder: &Path) -> Result<Drawn> {
    let body = changed(dice, &seeds::bodies());
    let file = write(folder, "in.json", &body)?;
    let text = body.strip_prefix(b"\xef\xbb\xbf").unwrap_or(&body);
    // Nothing is left by chance, and nothing was decided.
    let right = if text.trim_ascii().is_empty() { UNDECIDED } else { UNUSABLE };
    Ok(match dice.roll(3) {
        // None of them is for these signatures, unless it is empty by chance.
        0 => (words(&["check", "--signature", MODEL, "--payload", &file]), ANY),
        1 => {
            (words(&["check", "--signature", FRAMES, "--protocol", "oip", "--payload", &file]), ANY)
        }
        _ => (words(&["decide", "--policy", FRAUD, "--input", &file]), right),
    })
}
