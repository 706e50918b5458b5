//! A gateway's check: payloads against the signature of an MLflow model.
//!
//! ```console
//! $ cargo run --release -p tollgate --example check
//! ```

use std::error::Error;

use tollgate::judge::{Checker, CheckerOptions, Mode, Part, Protocol, Subject};
use tollgate::model::SignatureText;
use tollgate::plugins::Plugins;
use tollgate::source::Source;
use tollgate_engine::Engine;

/// As the registry gives it.
const MLMODEL: &str = r#"
signature:
  inputs: '[{"type": "long", "name": "age"}, {"type": "string", "name": "country"}]'
"#;

fn main() -> Result<(), Box<dyn Error>> {
    let plugins = Plugins::new(Engine::builder().build()?);
    let subject = Subject::Signature {
        signature: SignatureText::parse(Source::new("MLmodel", MLMODEL))?,
        part: Part::Inputs,
        mode: Mode::Strict,
        protocol: Protocol::Mlflow,
    };
    let checker = Checker::new(&plugins, &subject, CheckerOptions::default())?;
    for payload in [
        r#"{"dataframe_records": [{"age": 41, "country": "DE"}]}"#,
        r#"{"dataframe_records": [{"age": 41.5, "country": "DE"}]}"#,
        r#"{"dataframe_records": [{"age": 41}]}"#,
    ] {
        let checked = checker.check(payload.as_bytes())?;
        println!("{}: {payload}", checked.verdict().name());
        for finding in checked.findings {
            println!("    {}: {}", finding.rule, finding.message);
        }
    }
    Ok(())
}
