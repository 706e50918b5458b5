use mlflow_signature::MlflowSignature;
use tollgate_sdk::signature::Signature;
fn main() {
    let settings = r#"{"signature":{"inputs":[{"type":"long","name":"a"},{"type":"map","values":{"type":"long"},"name":"m","required":false}]}}"#;
    let plugin = MlflowSignature::configure(serde_json::from_str(settings).unwrap()).unwrap();
    for n in [16000, 32000, 64000, 100000] {
        let keys: Vec<String> = (0..n).map(|key| format!("\"k{key}\":1")).collect();
        let keys = keys.join(",");
        for body in [
            format!("{{\"dataframe_records\":[{{\"a\":1,{keys}}}]}}"),
            format!("{{\"instances\":[{{\"a\":1,{keys}}}]}}"),
            format!("{{\"inputs\":[{{{keys}}}]}}"),
            format!("{{\"inputs\":{{\"a\":1,\"m\":{{{keys}}}}}}}"),
        ] {
            let t = std::time::Instant::now();
            let k = plugin.check(body.as_bytes());
            println!(
                "{n} {} {:?} {} {:?}",
                &body[..20],
                t.elapsed(),
                k.len(),
                k.first().map(|f| &f.rule)
            );
        }
    }
}
