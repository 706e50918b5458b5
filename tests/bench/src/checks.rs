//! Checking payloads against a signature, beside MLflow itself.

use std::cell::RefCell;
use std::process::{Command, Stdio};
use std::rc::Rc;

use anyhow::{Context as _, Result, ensure};
use serde_json::{Value, json};
use tollgate_engine::{Engine, Plugin, Signature};

use crate::group::{Group, Row};
use crate::measure::Step;
use crate::places::Places;
use crate::remote::{Remote, RemoteCase};

/// Ids, title and payload of one group.
struct Size {
    title: &'static str,
    payload: &'static [u8],
    native: &'static str,
    warm: &'static str,
    lenient: &'static str,
    fresh: &'static str,
    fresh_baked: &'static str,
    mlflow: &'static str,
    /// The case's name in the processes of the peers.
    case: &'static str,
    mlflow_case: &'static str,
}

/// A check of one row, of a thousand, of a thousand that are not clean, and of
/// a thousand with nested columns.
pub(crate) fn groups(places: &Places, peers: &Result<Rc<RefCell<Remote>>>) -> Result<[Group; 4]> {
    let sizes = [
        Size {
            title: "A signature check of 1 row (5 columns)",
            payload: include_bytes!("../checks/1.json"),
            native: "check-1/native-plugin",
            warm: "check-1/tollgate-warm",
            lenient: "check-1/tollgate-warm-mlflow",
            fresh: "check-1/tollgate-fresh",
            fresh_baked: "check-1/tollgate-fresh-baked",
            mlflow: "check-1/mlflow",
            case: "native-signature-1",
            mlflow_case: "1",
        },
        Size {
            title: "A signature check of 1,000 rows (5 columns)",
            payload: include_bytes!("../checks/1000.json"),
            native: "check-1000/native-plugin",
            warm: "check-1000/tollgate-warm",
            lenient: "check-1000/tollgate-warm-mlflow",
            fresh: "check-1000/tollgate-fresh",
            fresh_baked: "check-1000/tollgate-fresh-baked",
            mlflow: "check-1000/mlflow",
            case: "native-signature-1000",
            mlflow_case: "1000",
        },
    ];
    let engine = Engine::builder().build()?;
    let plugin = engine.load(&places.component("mlflow-signature")?)?;
    let settings = settings("strict")?;
    let signature: &'static Signature = Box::leak(Box::new(plugin.signature(Some(&settings))?));
    let baked = engine.load(&plugin.bake(&settings, "")?)?.signature(None)?;
    let baked: &'static Signature = Box::leak(Box::new(baked));
    let lenient = plugin.signature(Some(&self::settings("mlflow")?))?;
    let signatures = Signatures { strict: signature, baked, lenient: Box::leak(Box::new(lenient)) };
    let mlflow = mlflow(places);
    let [one, thousand] = sizes;
    Ok([
        group(&one, &signatures, peers, &mlflow)?,
        group(&thousand, &signatures, peers, &mlflow)?,
        general(&plugin, thousand.payload)?,
        nested(&plugin)?,
    ])
}

/// The thousand rows with the countries as base64 of a binary column: bytes
/// are made of them, so that no single look tells that nothing changes.
fn general(plugin: &Plugin, payload: &[u8]) -> Result<Group> {
    let base64 = [("DE", "REU="), ("FR", "RlI="), ("BR", "QlI="), ("IN", "SU4="), ("NG", "Tkc=")];
    let base64 = base64.into_iter().chain([("PK", "UEs="), ("US", "VVM="), ("ZA", "WkE=")]);
    let mut body = String::from_utf8(payload.to_vec())?;
    for (country, bytes) in base64 {
        body = body.replace(&format!("\"{country}\""), &format!("\"{bytes}\""));
    }
    let payload: &'static [u8] = String::leak(body).as_bytes();
    let row = |id, label, mode| -> Result<Row> {
        let settings = settings(mode)?.replace("\\\"string\\\"", "\\\"binary\\\"");
        let signature: &'static Signature = Box::leak(Box::new(plugin.signature(Some(&settings))?));
        let findings = signature.check(payload)?;
        ensure!(findings.is_empty(), "Tollgate finds fault with a good payload: {findings:?}");
        let mut warm = signature.warm();
        Ok(Row::new(id, label, Step(move |_| Ok(warm.check(payload)?))))
    };
    Ok(Group {
        title: "A signature check of 1,000 rows (5 columns, one of bytes)",
        unit: "check",
        reference: "check-general/tollgate-warm-mlflow",
        long: false,
        rows: vec![
            row(
                "check-general/tollgate-warm-mlflow",
                "Tollgate, warm instance, mode mlflow",
                "mlflow",
            )?,
            row("check-general/tollgate-warm", "Tollgate, warm instance", "strict")?,
        ],
    })
}

/// A thousand rows with a list, an object and a map each, beside so many flat
/// rows that their payload is as long.
fn nested(plugin: &Plugin) -> Result<Group> {
    let row = |row: usize| {
        let (number, text) = (row as f64 / 8.0, format!("m{}", row % 97));
        json!([row, [number, number + 1.0, 2.5], { "lat": number, "city": text }, { "a": row, "b": 7 }])
    };
    let payload = |columns: &[&str], rows: Vec<Value>| {
        json!({ "dataframe_split": { "columns": columns, "data": rows } }).to_string()
    };
    let nested = payload(&["id", "recent", "place", "counts"], (0..1000).map(row).collect());
    let mut flat = String::new();
    let mut rows = Vec::new();
    while flat.len() < nested.len() {
        let from = rows.len();
        rows.extend(
            (from..from + 50).map(|row| json!([row, row as f64 / 8.0, format!("m{}", row % 97)])),
        );
        flat = payload(&["id", "amount", "merchant"], rows.clone());
    }
    let of_flat = json!([
        { "type": "long", "name": "id", "required": true },
        { "type": "double", "name": "amount", "required": true },
        { "type": "string", "name": "merchant", "required": true },
    ]);
    let of_nested = json!([
        { "type": "long", "name": "id", "required": true },
        { "type": "array", "items": { "type": "double" }, "name": "recent", "required": true },
        { "type": "object", "name": "place", "required": true, "properties": {
            "lat": { "type": "double", "required": true },
            "city": { "type": "string", "required": true },
        } },
        { "type": "map", "values": { "type": "long" }, "name": "counts", "required": true },
    ]);
    let row = |id, label, mode: &str, inputs: &Value, payload: &str| -> Result<Row> {
        let settings = json!({ "mode": mode, "signature": { "inputs": inputs.to_string() } });
        let signature = plugin.signature(Some(&settings.to_string()))?;
        let payload: &'static [u8] = payload.to_owned().leak().as_bytes();
        let findings = signature.check(payload)?;
        ensure!(findings.is_empty(), "Tollgate finds fault with a good payload: {findings:?}");
        let mut warm = signature.warm();
        Ok(Row::new(id, label, Step(move |_| Ok(warm.check(payload)?))))
    };
    Ok(Group {
        title: "A signature check of 1,000 rows with a list, an object and a map each",
        unit: "check",
        reference: "check-nested/flat",
        long: false,
        rows: vec![
            row(
                "check-nested/flat",
                "Tollgate, warm instance, flat rows of as many bytes",
                "strict",
                &of_flat,
                &flat,
            )?,
            row(
                "check-nested/tollgate-warm-mlflow",
                "Tollgate, warm instance, mode mlflow",
                "mlflow",
                &of_nested,
                &nested,
            )?,
            row(
                "check-nested/tollgate-warm",
                "Tollgate, warm instance",
                "strict",
                &of_nested,
                &nested,
            )?,
        ],
    })
}

fn group(
    size: &Size,
    signatures: &Signatures,
    peers: &Result<Rc<RefCell<Remote>>>,
    mlflow: &Result<Rc<RefCell<Remote>>>,
) -> Result<Group> {
    let payload = size.payload;
    let Signatures { strict: signature, baked, lenient } = *signatures;
    for signature in [signature, baked, lenient] {
        let findings = signature.check(payload)?;
        ensure!(findings.is_empty(), "Tollgate finds fault with a good payload: {findings:?}");
    }
    let mut warm = signature.warm();
    let mut lenient = lenient.warm();
    let peer = |remotes: &Result<Rc<RefCell<Remote>>>, id, label, name, right: Value| match remotes
    {
        Err(why) => Ok(Row::skipped(id, label, &format!("{why:#}"))),
        Ok(remote) => {
            let given = remote.borrow_mut().answers(name)?;
            ensure!(given == [right], "{label} finds fault with a good payload: {given:?}");
            Ok(Row::new(id, label, RemoteCase { remote: Rc::clone(remote), name }))
        }
    };
    let rows = serde_json::from_slice::<Value>(payload)?
        .pointer("/dataframe_split/data")
        .and_then(Value::as_array)
        .map_or(0, Vec::len);
    Ok(Group {
        title: size.title,
        unit: "check",
        reference: size.native,
        long: false,
        rows: vec![
            peer(peers, size.native, "the plugin's code compiled natively", size.case, json!([]))?,
            Row::new(size.warm, "Tollgate, warm instance", Step(move |_| Ok(warm.check(payload)?))),
            Row::new(
                size.lenient,
                "Tollgate, warm instance, mode mlflow",
                Step(move |_| Ok(lenient.check(payload)?)),
            ),
            Row::new(
                size.fresh,
                "Tollgate, fresh instance",
                Step(move |_| Ok(signature.check(payload)?)),
            ),
            Row::new(
                size.fresh_baked,
                "Tollgate, fresh instance, baked settings",
                Step(move |_| Ok(baked.check(payload)?)),
            ),
            peer(
                mlflow,
                size.mlflow,
                "MLflow, parse and enforce",
                size.mlflow_case,
                json!(["accepted", rows]),
            )?,
        ],
    })
}

/// The same signature, in mode `strict` where nothing else is said.
struct Signatures {
    strict: &'static Signature,
    baked: &'static Signature,
    lenient: &'static Signature,
}

/// The settings of `mlflow-signature`, canonical JSON.
fn settings(mode: &str) -> Result<String> {
    let signature: Value = serde_json::from_str(include_str!("../checks/signature.json"))?;
    let inputs = signature.get("inputs").context("inputs")?;
    Ok(json!({ "mode": mode, "signature": { "inputs": inputs } }).to_string())
}

/// Starts MLflow in the first Python that has it.
fn mlflow(places: &Places) -> Result<Rc<RefCell<Remote>>> {
    let python = std::env::var("TOLLGATE_BENCH_PYTHON").unwrap_or_else(|_| "python3".to_owned());
    let version = Command::new(&python)
        .args(["-c", "from importlib.metadata import version; print(version('mlflow'))"])
        .stderr(Stdio::null())
        .output()
        .ok()
        .filter(|output| output.status.success());
    ensure!(
        version.is_some(),
        "not installed: `cargo xtask bench` does that, or TOLLGATE_BENCH_PYTHON names a Python"
    );
    let checks = places.here.join("checks");
    let mut command = Command::new(python);
    command.arg(places.here.join("mlflow_peer.py")).arg(checks.join("signature.json"));
    for case in ["1", "1000"] {
        let body = checks.join(case).with_extension("json");
        command.arg(format!("{case}={}", body.display()));
    }
    let remote = Remote::start(command)?;
    // Answers only when MLflow is there whole.
    remote.borrow_mut().cases()?;
    Ok(remote)
}

#[cfg(test)]
mod tests {
    use serde_json::Value;

    #[test]
    fn the_payloads_have_the_rows_that_the_table_says() {
        for (rows, payload) in
            [(1, include_str!("../checks/1.json")), (1000, include_str!("../checks/1000.json"))]
        {
            let payload: Value = serde_json::from_str(payload).unwrap();
            assert_eq!(payload["dataframe_split"]["data"].as_array().unwrap().len(), rows);
            assert_eq!(payload["dataframe_split"]["columns"].as_array().unwrap().len(), 5);
        }
    }
}
