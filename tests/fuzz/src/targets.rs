//! The readers, and what they are given.

use std::cell::RefCell;
use std::fmt::Display;
use std::fs;
use std::path::PathBuf;

use mlflow_signature::MlflowSignature;
use oip_signature::OipSignature;
use tempfile::TempDir;
use tollgate::document::PolicyDocument;
use tollgate::facts::Evidence;
use tollgate::input::{Cases, Extractor, Outside};
use tollgate::rows::{Judged, RowFormat, RowSource as _};
use tollgate::source::Source;
use tollgate_engine::types::{Declaration, Input, Kind, Value};
use tollgate_engine::{CacheDirectory, CacheUse, Engine, Limits};
use tollgate_frames::{Payload, PayloadFormat};
use tollgate_sdk::signature::Signature;

use crate::seeds;

/// A reader.
#[derive(Debug)]
pub struct Target {
    /// Its name, and that of the folder of its cases.
    pub name: &'static str,
    /// Valid files.
    pub seeds: fn() -> Vec<Vec<u8>>,
    /// Reads an input. Whatever it is, it must come back.
    pub read: fn(&[u8]),
    /// How much memory it may take, in bytes, the seeds included.
    pub memory: usize,
}

const MEGABYTE: usize = 1 << 20;

/// All of them.
#[must_use]
pub fn targets() -> &'static [Target] {
    &[
        Target {
            name: "documents",
            seeds: document_seeds,
            read: documents,
            memory: 256 * MEGABYTE,
        },
        Target { name: "facts", seeds: fact_seeds, read: facts, memory: 256 * MEGABYTE },
        Target { name: "requests", seeds: request_seeds, read: requests, memory: 256 * MEGABYTE },
        Target { name: "bodies", seeds: seeds::bodies, read: bodies, memory: 256 * MEGABYTE },
        Target { name: "csv", seeds: csv_seeds, read: csv, memory: 256 * MEGABYTE },
        Target { name: "jsonl", seeds: jsonl_seeds, read: jsonl, memory: 256 * MEGABYTE },
        Target { name: "parquet", seeds: seeds::parquet, read: parquet, memory: 256 * MEGABYTE },
        Target { name: "arrow", seeds: seeds::arrow, read: arrow, memory: 256 * MEGABYTE },
        Target { name: "components", seeds: guests, read: components, memory: 1024 * MEGABYTE },
        Target { name: "cache", seeds: cache_seeds, read: cache, memory: 1024 * MEGABYTE },
    ]
}

/// The one of that name.
#[must_use]
pub fn target(name: &str) -> Option<&'static Target> {
    targets().iter().find(|target| target.name == name)
}

/// What a person reads of a failure is there, and short. Where it is shown the
/// binary escapes it, which `cargo xtask hostile` looks at.
fn told(error: impl Display) {
    let text = error.to_string();
    let start: String = text.chars().take(300).collect();
    assert!(!text.is_empty(), "an error says nothing");
    assert!(text.len() < 64 << 10, "{} bytes of an error: {start}", text.len());
}

fn document_seeds() -> Vec<Vec<u8>> {
    seeds::files(
        &["policies", "policies/gates", "host/tollgate/tests/cases/documents"],
        &[".yaml", ".json"],
    )
}

fn documents(bytes: &[u8]) {
    for name in ["d.yaml", "d.json"] {
        match Source::from_bytes(name, bytes.to_vec()) {
            Err(error) => told(error),
            Ok(source) => match PolicyDocument::parse(source, PathBuf::new()) {
                Err(error) => told(error),
                Ok(document) => {
                    assert!(!document.to_canonical_json().is_empty());
                    if let Err(mistakes) = document.validate_against(&declaration()) {
                        told(mistakes);
                    }
                }
            },
        }
    }
}

fn fact_seeds() -> Vec<Vec<u8>> {
    seeds::files(
        &[
            "host/tollgate/tests/cases/facts",
            "tests/fixtures/mlflow/tumor_screening-v1",
            "tests/fixtures/mlflow/diabetes_progression-v1",
        ],
        &["facts.json", "run.json", ".yaml"],
    )
}

fn facts(bytes: &[u8]) {
    for name in ["f.yaml", "f.json"] {
        match Source::from_bytes(name, bytes.to_vec()) {
            Err(error) => told(error),
            Ok(source) => {
                let mut evidence = Evidence::new();
                if let Err(error) = evidence.parse(&source, "candidate") {
                    told(error);
                }
            }
        }
    }
}

fn declaration() -> Declaration {
    let inputs = [
        ("score", Kind::Number, true),
        ("amount", Kind::Number, true),
        ("count", Kind::Integer, false),
        ("country", Kind::Text, true),
        ("trusted", Kind::Boolean, false),
    ];
    Declaration {
        inputs: inputs
            .into_iter()
            .map(|(name, kind, required)| Input { name: name.to_owned(), kind, required })
            .collect(),
        score: Some(0),
        actions: vec!["allow".to_owned(), "block".to_owned()],
        reasons: Vec::new(),
    }
}

fn extractor() -> Extractor {
    const DOCUMENT: &str = "name: a\nversion: 1.0.0\nplugin: p@^1\nowner: t\ninputs:\n  \
        amount: { pointer: /transaction/amount, column: amount }\n  count: { default: 7 }\n";
    let source = Source::new("a.yaml", DOCUMENT);
    let document = PolicyDocument::parse(source, PathBuf::new()).unwrap();
    Extractor::new(&declaration(), Some(&document)).unwrap()
}

fn request_seeds() -> Vec<Vec<u8>> {
    let mut found = seeds::lines("tests/fixtures/mlflow/fraud/transactions.jsonl", 1, 40);
    found.push(
        br#"{"score": 0.5, "transaction": {"amount": 12.5}, "count": 3, "country": "DE", "trusted": true}"#
            .to_vec(),
    );
    found
}

fn requests(bytes: &[u8]) {
    let mut values = vec![Value::Null];
    match extractor().extract(bytes, &Outside::default(), &mut values) {
        Ok(()) => assert_eq!(values.len(), declaration().inputs.len()),
        Err(error) => {
            assert!(values.is_empty(), "values of a request that was refused");
            told(error);
        }
    }
}

fn bodies(bytes: &[u8]) {
    thread_local! {
        static MLFLOW: Vec<MlflowSignature> = checkers();
        static OIP: Vec<OipSignature> = of_the_protocol();
    }
    MLFLOW.with(|checkers| checkers.iter().for_each(|checker| judged(checker, bytes)));
    OIP.with(|checkers| checkers.iter().for_each(|checker| judged(checker, bytes)));
}

fn judged(checker: &impl Signature, bytes: &[u8]) {
    let findings = checker.check(bytes);
    let blocks = findings.iter().any(|finding| finding.outcome > tollgate_sdk::Outcome::Warn);
    let normalized = checker.normalize(bytes);
    assert_eq!(blocks, normalized.is_err(), "`check` and `normalize` disagree");
    findings.iter().for_each(|finding| assert!(finding.message.len() < 4 << 20));
}

fn of_the_protocol() -> Vec<OipSignature> {
    let inputs =
        r#"[{"type":"tensor","name":"p","tensor-spec":{"dtype":"float64","shape":[-1,2]}}]"#;
    let columns = r#"[{"type":"long","name":"a"},{"type":"string","name":"x","required":false}]"#;
    let params = r#"[{"name":"temperature","type":"double","default":0.5,"shape":null}]"#;
    let configured = |part, inputs| {
        let settings = format!(
            r#"{{"part":"{part}","signature":{{"inputs":{inputs},"outputs":{inputs},"params":{params}}}}}"#
        );
        let settings = serde_json::from_str(&settings).unwrap();
        OipSignature::configure(settings).unwrap_or_else(|e| panic!("{e:?}"))
    };
    [("inputs", inputs), ("inputs", columns), ("outputs", inputs)]
        .map(|(part, of)| configured(part, of))
        .into()
}

fn checkers() -> Vec<MlflowSignature> {
    let columns = r#"[{"type":"long","name":"a"},{"type":"double","name":"x","required":false},{"type":"array","items":{"type":"long"},"name":"l","required":false},{"type":"object","properties":{"k":{"type":"string"}},"name":"o","required":false},{"type":"datetime","name":"t","required":false},{"type":"any","name":"y","required":false}]"#;
    let tensor =
        r#"[{"type":"tensor","name":"p","tensor-spec":{"dtype":"float64","shape":[-1,2]}}]"#;
    let unnamed = r#"[{"type":"double"}]"#;
    let params = r#"[{"name":"temperature","type":"double","default":0.5,"shape":null}]"#;
    let mut all = Vec::new();
    for mode in ["strict", "mlflow"] {
        for (inputs, more) in [
            (columns, ""),
            (tensor, ""),
            (unnamed, ""),
            (columns, r#","form":"data""#),
            (columns, r#","part":"outputs""#),
        ] {
            let settings = format!(
                r#"{{"mode":"{mode}","signature":{{"inputs":{inputs},"outputs":{inputs},"params":{params}}}{more}}}"#
            );
            let settings = serde_json::from_str(&settings).unwrap();
            all.push(MlflowSignature::configure(settings).unwrap_or_else(|e| panic!("{e:?}")));
        }
    }
    all
}

fn csv_seeds() -> Vec<Vec<u8>> {
    let mut found = seeds::files(&["tests/fixtures/frames"], &[".csv"]);
    found.extend(seeds::lines("tests/fixtures/mlflow/fraud/transactions.csv", 30, 3));
    found.push(
        b"score,amount,count,country,trusted\n0.5,12.5,3,DE,true\n\"0.1\",\"1\",,\"a\"\"b\",\n"
            .to_vec(),
    );
    found
}

fn csv(bytes: &[u8]) {
    rows_of(bytes, RowFormat::Csv);
}

fn jsonl_seeds() -> Vec<Vec<u8>> {
    let mut found = seeds::files(&["tests/fixtures/frames"], &[".jsonl"]);
    found.extend(seeds::lines("tests/fixtures/mlflow/fraud/transactions.jsonl", 20, 3));
    found
}

fn jsonl(bytes: &[u8]) {
    rows_of(bytes, RowFormat::Jsonl);
}

fn parquet(bytes: &[u8]) {
    rows_of(bytes, RowFormat::Parquet);
}

fn arrow(bytes: &[u8]) {
    rows_of(bytes, RowFormat::Arrow);
}

fn drain(mut more: impl FnMut() -> bool) {
    while more() {}
}

/// A folder for this thread's files.
fn in_folder<T>(work: impl FnOnce(&TempDir) -> T) -> T {
    thread_local! {
        static FOLDER: TempDir = tempfile::tempdir().unwrap();
    }
    FOLDER.with(work)
}

/// Reads a file of rows to its end, however it is judged.
fn rows_of(bytes: &[u8], format: RowFormat) {
    let path = in_folder(|folder| folder.path().join("input"));
    fs::write(&path, bytes).unwrap();
    let (extractor, outside) = (extractor(), Outside::default());
    for judged in [Judged::Together, Judged::Apart, Judged::Decided] {
        match tollgate_frames::open(&path, PayloadFormat::Rows(format), judged) {
            Err(error) => told(error),
            Ok(Payload::Request(_)) => panic!("a file of rows was taken for a request"),
            Ok(Payload::Frames(rows)) if judged == Judged::Decided => {
                match Cases::new(rows, &extractor, &outside) {
                    Err(error) => told(error),
                    Ok(mut cases) => drain(|| more(cases.next_rows())),
                }
            }
            Ok(Payload::Frames(mut rows)) => drain(|| more(rows.next_batch())),
        }
    }
}

/// Whether there may be more rows behind these.
fn more<T>(rows: Result<Option<T>, impl Display>) -> bool {
    match rows {
        Ok(rows) => rows.is_some(),
        Err(error) => {
            told(error);
            false
        }
    }
}

fn guests() -> Vec<Vec<u8>> {
    vec![seeds::component("guests", "misbehave-no-std.wasm")]
}

fn limits() -> Limits {
    Limits { fuel: 50_000_000, memory: 8 << 20, instances: 2, ..Limits::default() }
}

fn components(bytes: &[u8]) {
    thread_local! {
        static ENGINE: Engine = Engine::builder().limits(limits()).build().unwrap();
    }
    ENGINE.with(|engine| match engine.load(bytes) {
        Err(error) => told(error),
        Ok(plugin) => {
            told(plugin.name());
            if let Ok(policy) = plugin.policy(Some(r#"{"in":"decide-batch","how":"panic"}"#)) {
                // An answer or a fault; that it comes is what matters.
                let _answer = policy.decide(&[Value::Number(0.5)]);
            }
        }
    });
}

/// A cache with one good entry.
struct Kept {
    folder: TempDir,
    guest: Vec<u8>,
    entry: PathBuf,
    bytes: Vec<u8>,
}

impl Kept {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let guest = seeds::component("guests", "misbehave-no-std.wasm");
        let engine = engine(&folder);
        engine.load(&guest).unwrap();
        let entries: Vec<PathBuf> = fs::read_dir(folder.path().join("entries"))
            .unwrap()
            .map(|entry| entry.unwrap().path())
            .filter(|path| path.is_file())
            .collect();
        let largest = |path: &&PathBuf| fs::metadata(path).unwrap().len();
        let entry = entries.iter().max_by_key(largest).unwrap().clone();
        let bytes = fs::read(&entry).unwrap();
        Self { folder, guest, entry, bytes }
    }
}

fn engine(folder: &TempDir) -> Engine {
    let entries = folder.path().join("entries");
    let key = folder.path().join("secret/key");
    Engine::builder().limits(limits()).cache(CacheDirectory { entries, key }).build().unwrap()
}

thread_local! {
    static KEPT: RefCell<Option<Kept>> = const { RefCell::new(None) };
}

fn kept<T>(work: impl FnOnce(&Kept) -> T) -> T {
    KEPT.with(|kept| work(kept.borrow_mut().get_or_insert_with(Kept::new)))
}

fn cache_seeds() -> Vec<Vec<u8>> {
    kept(|kept| vec![kept.bytes.clone()])
}

/// An entry that is not what was kept is never run.
fn cache(bytes: &[u8]) {
    kept(|kept| {
        fs::write(&kept.entry, bytes).unwrap();
        let plugin = engine(&kept.folder).load(&kept.guest).unwrap();
        let hit = plugin.cache_use() == CacheUse::Hit;
        assert_eq!(hit, bytes == kept.bytes, "{:?}", plugin.cache_use());
        assert_eq!(fs::read(&kept.entry).unwrap(), kept.bytes, "the entry is mended");
    });
}
