//! Requests and answers of model servers, good and hostile.
#![allow(clippy::unwrap_used, reason = "a test that fails panics")]

use tollgate_exchange::{Exchange, ExchangeError, Side};

fn cases(request: &str, answer: &str) -> Result<Vec<String>, String> {
    let exchange = Exchange::new("score", None);
    exchange.cases(request.as_bytes(), answer.as_bytes()).map_err(|error| error.to_string())
}

const ONE: &str = r#"{"predictions": [0.73]}"#;

#[test]
fn each_form_of_a_request_gives_its_rows() {
    let expected = Ok(vec![r#"{"score":0.73,"amount":1.50,"country":"US"}"#.to_owned()]);
    for request in [
        r#"{"dataframe_records": [{"amount": 1.50, "country": "US"}]}"#,
        r#"{"dataframe_split": {"index": [0], "columns": ["amount", "country"], "data": [[1.50, "US"]]}}"#,
        r#"{"dataframe_split": {"columns": ["amount", "country"], "data": [[1.50, "US"]]}, "params": {"x": 1}}"#,
        r#"{"instances": [{"amount": 1.50, "country": "US"}]}"#,
        r#"{"inputs": [{"amount": 1.50, "country": "US"}]}"#,
        r#"{"inputs": {"amount": [1.50], "country": ["US"]}}"#,
    ] {
        assert_eq!(cases(request, ONE), expected, "{request}");
    }
    let oip = r#"{"inputs": [
        {"name": "amount", "shape": [1], "datatype": "FP64", "data": [1.50]},
        {"name": "country", "shape": [1, 1], "datatype": "BYTES", "data": ["US"]}]}"#;
    let answer = r#"{"model_name": "m", "outputs": [
        {"name": "score", "shape": [1], "datatype": "FP64", "data": [0.73]}]}"#;
    assert_eq!(cases(oip, answer), expected);
}

#[test]
fn each_form_of_an_answer_gives_its_scores() {
    let request = r#"{"dataframe_records": [{"a": 1}, {"a": 2}]}"#;
    let expected =
        Ok(vec![r#"{"score":0.1,"a":1}"#.to_owned(), r#"{"score":0.9,"a":2}"#.to_owned()]);
    for answer in [
        r#"{"predictions": [0.1, 0.9]}"#,
        r#"{"predictions": [[0.1], [0.9]]}"#,
        r#"{"predictions": [{"score": 0.1}, {"score": 0.9}]}"#,
        "[0.1, 0.9]",
        r#"{"outputs": [{"name": "predict", "shape": [2], "datatype": "FP64", "data": [0.1, 0.9]}]}"#,
    ] {
        assert_eq!(cases(request, answer), expected, "{answer}");
    }
    let exchange = Exchange::new("score", Some("fraud"));
    let answer = br#"{"predictions": [{"fraud": 0.1, "other": 1}, {"other": 2, "fraud": 0.9}]}"#;
    assert_eq!(
        exchange.cases(request.as_bytes(), answer),
        expected.map_err(|_| ExchangeError::NoRows)
    );
}

/// Every way to be decided on without what was sent, or without what the
/// model said.
#[test]
fn nothing_is_left_out_or_put_in() {
    let told = |request: &str, answer: &str| cases(request, answer).unwrap_err();
    let one = r#"{"dataframe_records": [{"a": 1}]}"#;
    for (request, answer, part) in [
        (r#"{"dataframe_records": [{"a": 1, "score": 0.0}]}"#, ONE, "`score` twice"),
        (r#"{"dataframe_records": [{"a": 1, "a": 2}]}"#, ONE, "cannot be read"),
        (r#"{"dataframe_records": [{"a": 1, "\u0061": 2}]}"#, ONE, "cannot be read"),
        (r#"{"dataframe_split": {"columns": ["a", "a"], "data": [[1, 2]]}}"#, ONE, "twice"),
        (r#"{"dataframe_split": {"columns": ["a"], "data": [[1, 2]]}}"#, ONE, "has 2 values"),
        (r#"{"dataframe_split": {"columns": ["a", "b"], "data": [[1]]}}"#, ONE, "has 1 values"),
        (r#"{"dataframe_records": [{"a": 1}, {"a": 2}]}"#, ONE, "2 rows, and the answer 1"),
        (one, r#"{"predictions": [0.1, 0.9]}"#, "1 rows, and the answer 2"),
        (one, r#"{"predictions": []}"#, "and the answer 0"),
        (r#"{"dataframe_records": []}"#, r#"{"predictions": []}"#, "no rows"),
        (r#"{"dataframe_records": [{"a": 1}], "instances": [{"a": 2}]}"#, ONE, "no known form"),
        (r#"{"instances": [[1, 2]]}"#, ONE, "no known form"),
        ("[]", ONE, "no known form"),
        ("", ONE, "cannot be read"),
        (r#"{"dataframe_records": [{"a": 1}]} {}"#, ONE, "cannot be read"),
        (one, r#"{"predictions": [0.1], "predictions": [0.0]}"#, "cannot be read"),
        (one, r#"{"predictions": {"a": 0.1}}"#, "no known form"),
        (one, r#"{"predictions": [{"a": 0.1, "b": 0.2}]}"#, "no known form"),
        (one, r#"{"predictions": [[0.1, 0.9]]}"#, "no known form"),
        (one, r#"{"error_code": "BAD_REQUEST"}"#, "no known form"),
        (one, "NaN", "cannot be read"),
        (r#"{"inputs": {"a": [1], "b": [1, 2]}}"#, ONE, "has 1 values"),
        (
            r#"{"inputs": [{"name": "a", "shape": [1], "data": [1]}, {"name": "a", "shape": [1], "data": [2]}]}"#,
            ONE,
            "twice",
        ),
        (
            r#"{"inputs": [{"name": "a", "shape": [2, 2], "data": [1, 2, 3, 4]}]}"#,
            ONE,
            "no known form",
        ),
    ] {
        let told = told(request, answer);
        assert!(told.contains(part), "{part}: {told} of {request} {answer}");
    }
    let error = Exchange::new("score", None).cases(b"\xff", ONE.as_bytes());
    assert_eq!(error, Err(ExchangeError::NotUtf8(Side::Request)));
}

#[test]
fn the_bytes_are_those_that_were_sent() {
    let request = r#"{"dataframe_records": [{"big": 12345678901234567, "small": 1e-300, "text": "\u00e4", "list": [1, 2]}]}"#;
    let expected =
        r#"{"score":-0.0,"big":12345678901234567,"small":1e-300,"text":"\u00e4","list":[1, 2]}"#;
    assert_eq!(cases(request, "[-0.0]"), Ok(vec![expected.to_owned()]));
}
