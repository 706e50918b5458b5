//! What is ready to be deployed, held to what reads it.

use std::process::Command;

use serde_json::{Value, json};

use super::setup::{deploy, program};
use crate::common;

#[test]
fn every_configuration_of_envoy_is_valid() {
    let Some(program) = program("TOLLGATE_ENVOY") else { return };
    for (index, entry) in std::fs::read_dir(deploy("envoy")).unwrap().enumerate() {
        let path = entry.unwrap().path();
        let mut validate = Command::new(&program);
        validate.args(["--mode", "validate", "--base-id", &(64_000 + index).to_string(), "-c"]);
        let output = validate.arg(&path).output().unwrap();
        assert!(output.status.success(), "{}: {output:?}", path.display());
        // Whoever changes one thing must not open the door by it.
        let text = std::fs::read_to_string(&path).unwrap();
        assert!(text.contains("failure_mode_allow: false"), "{}", path.display());
    }
}

fn errors(schemas: &str, kind: &str, value: &Value) -> Vec<String> {
    let path = common::root().join("tests/envoy/schemas").join(schemas);
    let mut schema: Value = serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap();
    schema["$schema"] = json!("https://json-schema.org/draft/2020-12/schema");
    schema["$ref"] = json!(format!("#/$defs/{kind}"));
    let validator = jsonschema::validator_for(&schema).unwrap();
    let told = validator.iter_errors(value);
    told.map(|error| format!("{error} at {}", error.instance_path())).collect()
}

/// The documents of a file, as JSON.
fn documents(text: &str) -> Vec<Value> {
    let parts = text.split("\n---\n").map(|part| {
        let source = tollgate::source::Source::new("manifest.yaml", part);
        tollgate::tree::Node::parse_yaml(&source, tollgate::tree::NonFinite::Refused)
            .unwrap()
            .to_json()
    });
    parts.collect()
}

fn of_kind(value: &Value) -> (&'static str, &'static str) {
    match value["kind"].as_str().unwrap() {
        "Deployment" => ("kubernetes-1.34.json", "io.k8s.api.apps.v1.Deployment"),
        "Service" => ("kubernetes-1.34.json", "io.k8s.api.core.v1.Service"),
        "ConfigMap" => ("kubernetes-1.34.json", "io.k8s.api.core.v1.ConfigMap"),
        "SecurityPolicy" => ("envoy-gateway-1.json", "SecurityPolicy"),
        "EnvoyExtensionPolicy" => ("envoy-gateway-1.json", "EnvoyExtensionPolicy"),
        other => panic!("{other} is held to nothing"),
    }
}

#[test]
fn every_manifest_has_the_shape_that_its_api_has() {
    let mut seen = 0;
    for entry in std::fs::read_dir(deploy("kubernetes")).unwrap() {
        let path = entry.unwrap().path();
        let text = std::fs::read_to_string(&path).unwrap();
        for mut document in documents(&text) {
            let (schemas, kind) = of_kind(&document);
            let told = errors(schemas, kind, &document);
            assert!(told.is_empty(), "{}: {told:?}", path.display());
            if document["kind"] != "ConfigMap" {
                // The schema does say something.
                document["spec"]["no_such_field"] = json!(1);
                assert!(!errors(schemas, kind, &document).is_empty(), "{kind}");
            }
            seen += 1;
        }
    }
    assert!(seen >= 7, "{seen}");
}

/// The configurations that are in manifests, and the one beside them.
#[test]
fn tollgate_takes_its_own_configurations() {
    let folder = tempfile::tempdir().unwrap();
    let root = common::root();
    let at = |name: &str| folder.path().join(name);
    std::fs::copy(root.join("policies/fraud.yaml"), at("fraud.yaml")).unwrap();
    let signature =
        "{\"inputs\": \"[{\\\"type\\\": \\\"double\\\", \\\"name\\\": \\\"amount\\\"}]\"}";
    std::fs::write(at("model"), signature).unwrap();
    std::fs::copy(deploy("tollgate.yaml"), at("tollgate.yaml")).unwrap();
    let check = |file: &str| {
        let file = at(file);
        let output = common::tollgate(&["serve", "-c", file.to_str().unwrap(), "--check"]);
        assert!(output.status.success(), "{}", common::text(&output.stderr));
    };
    check("tollgate.yaml");
    let manifest = std::fs::read_to_string(deploy("kubernetes/tollgate.yaml")).unwrap();
    let all = documents(&manifest);
    let data = |name: &str| {
        let found = all.iter().find(|it| it["metadata"]["name"] == name).unwrap();
        found["data"].clone()
    };
    std::fs::create_dir(at("pins")).unwrap();
    for (key, value) in data("tollgate-pins").as_object().unwrap() {
        std::fs::write(at("pins").join(key), value.as_str().unwrap()).unwrap();
    }
    std::fs::create_dir(at("policies")).unwrap();
    std::fs::copy(at("fraud.yaml"), at("policies/fraud-2.1.0.yaml")).unwrap();
    let config = data("tollgate")["tollgate.yaml"].as_str().unwrap().replace("/etc/tollgate/", "");
    std::fs::write(at("in-a-pod.yaml"), config).unwrap();
    check("in-a-pod.yaml");
}
