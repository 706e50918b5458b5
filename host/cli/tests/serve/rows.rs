//! Rows, in and out, as they come.

use std::io::Write as _;
use std::net::TcpStream;
use std::sync::Arc;
use std::time::Duration;

use arrow_array::{Float64Array, Int64Array, RecordBatch, StringArray};
use arrow_schema::{DataType, Field, Schema};

use super::client::Client;
use super::running::{Running, transaction};
use crate::{POLICY, decided, fixture};

const DECIDE: &str = "/v1/decide/fraud/rows";
const LINES: (&str, &str) = ("content-type", "application/x-ndjson");

#[test]
fn rows_are_decided_as_the_command_does() {
    let server = Running::start(POLICY);
    for (file, media, format) in [
        ("mlflow/fraud/transactions.jsonl", "application/x-ndjson", "jsonl"),
        ("mlflow/fraud/damaged.jsonl", "application/jsonl", "jsonl"),
        ("mlflow/fraud/transactions.csv", "text/csv; charset=utf-8", "csv"),
    ] {
        let text = std::fs::read_to_string(fixture(file)).unwrap();
        let mut client = Client::connect(&server.http);
        let response = client.send("POST", DECIDE, &[("content-type", media)], text.as_bytes());
        assert_eq!((response.status, response.whole), (200, true));
        assert_eq!(response.text(), decided(&text, format), "{file}");
        // The connection is as good as before.
        assert_eq!(client.get("/health").status, 200);
    }
}

#[test]
fn arrow_is_decided_and_checked_too() {
    let schema = Arc::new(Schema::new(vec![
        Field::new("score", DataType::Float64, true),
        Field::new("amount", DataType::Float64, false),
        Field::new("country", DataType::Utf8, false),
        Field::new("merchant_age_days", DataType::Int64, false),
        Field::new("transactions_last_hour", DataType::Int64, false),
    ]));
    let batch = RecordBatch::try_new(
        Arc::clone(&schema),
        vec![
            Arc::new(Float64Array::from(vec![Some(0.1), Some(0.93), None])),
            Arc::new(Float64Array::from(vec![5.0, 5.0, 5.0])),
            Arc::new(StringArray::from(vec!["US", "US", "US"])),
            Arc::new(Int64Array::from(vec![400, 400, 400])),
            Arc::new(Int64Array::from(vec![1, 1, 1])),
        ],
    )
    .unwrap();
    let mut writer = arrow_ipc::writer::StreamWriter::try_new(Vec::new(), &schema).unwrap();
    writer.write(&batch).unwrap();
    writer.finish().unwrap();
    let bytes = writer.into_inner().unwrap();
    let server = Running::start(POLICY);
    let arrow = ("content-type", "application/vnd.apache.arrow.stream");
    let response = Client::connect(&server.http).send("POST", DECIDE, &[arrow], &bytes);
    let lines = response.text();
    let actions: Vec<serde_json::Value> = lines
        .lines()
        .map(|line| serde_json::from_str::<serde_json::Value>(line).unwrap()["action"].clone())
        .collect();
    assert_eq!(actions, ["allow", "block", "manual_review"]);
    let takes = ("accept", "application/vnd.apache.arrow.stream");
    let response = Client::connect(&server.http).send("POST", DECIDE, &[arrow, takes], &bytes);
    assert_eq!(response.header("content-type"), Some(takes.1));
    let mut reader =
        arrow_ipc::reader::StreamReader::try_new(response.body.as_slice(), None).unwrap();
    let answers = reader.next().unwrap().unwrap();
    assert_eq!(answers.num_rows(), 3);
    let actions = answers.column_by_name("action").unwrap();
    let actions = actions.as_any().downcast_ref::<StringArray>().unwrap();
    assert_eq!(actions.iter().flatten().collect::<Vec<_>>(), ["allow", "block", "manual_review"]);
    assert!(reader.next().is_none());
    let other = [arrow, ("accept", "text/html")];
    let refused = Client::connect(&server.http).send("POST", DECIDE, &other, &bytes);
    assert_eq!((refused.status, refused.problem().as_str()), (406, "not-acceptable"));
    let cut = Client::connect(&server.http).send("POST", DECIDE, &[arrow], &bytes[..40]);
    assert!(cut.status == 400 || !cut.whole, "{cut:?}");
}

#[test]
fn rows_of_a_check_come_to_one_report() {
    let signature = fixture("frames/signature.json");
    let server = Running::start(&format!("{POLICY}checks: {{ c: {{ model: '{signature}' }} }}\n"));
    let damaged = std::fs::read(fixture("frames/damaged.csv")).unwrap();
    let csv = ("content-type", "text/csv");
    let send =
        |body: &[u8], path: &str| Client::connect(&server.http).send("POST", path, &[csv], body);
    let response = send(&damaged, "/v1/check/c/rows");
    assert_eq!((response.status, &response.json()["verdict"]), (422, &"fail".into()));
    assert_eq!(response.json()["rows"]["count"], 60);
    // No rows are no pass.
    let header = damaged.split(|byte| *byte == b'\n').next().unwrap();
    assert_eq!(send(header, "/v1/check/c/rows").status, 422);
    assert_eq!(send(b"", "/v1/check/c/rows").status, 422);
    let wrong = Client::connect(&server.http).send("POST", "/v1/check/c/rows", &[], b"a");
    assert_eq!((wrong.status, wrong.problem().as_str()), (415, "media-type"));
}

/// What was not all decided must not look as if it were.
#[test]
fn rows_that_break_off_give_a_response_that_breaks_off() {
    let server = Running::start(&format!("{POLICY}limits: {{ body_timeout: 500ms }}\n"));
    let line = transaction(0.9) + "\n";
    for stays in [false, true] {
        let stream = TcpStream::connect(&server.http).unwrap();
        let mut client = Client::of(stream.try_clone().unwrap());
        let head = format!("POST {DECIDE} HTTP/1.1\r\nhost: a\r\ncontent-type: {}\r\n", LINES.1);
        client.write(format!("{head}content-length: 1000000\r\n\r\n").as_bytes()).unwrap();
        client.write(line.repeat(3).as_bytes()).unwrap();
        if !stays {
            stream.shutdown(std::net::Shutdown::Write).unwrap();
        }
        if let Some(response) = client.response() {
            assert!(!response.whole || response.status >= 400, "{response:?}");
        }
    }
}

/// As many rows as one likes, in the memory of a few; sent while answers are
/// read.
#[test]
fn a_stream_of_rows_takes_no_memory() {
    let server = Running::start(POLICY);
    let before = server.memory();
    let line = transaction(0.9) + "\n";
    let chunk = line.repeat(1000);
    let chunk = [format!("{:x}\r\n", chunk.len()).as_bytes(), chunk.as_bytes(), b"\r\n"].concat();
    let stream = TcpStream::connect(&server.http).unwrap();
    let mut sender = stream.try_clone().unwrap();
    let sent = std::thread::spawn(move || {
        let head = format!(
            "POST {DECIDE} HTTP/1.1\r\nhost: a\r\ncontent-type: {}\r\ntransfer-encoding: \
             chunked\r\n\r\n",
            LINES.1
        );
        sender.write_all(head.as_bytes()).unwrap();
        for _ in 0..300 {
            sender.write_all(&chunk).unwrap();
        }
        sender.write_all(b"0\r\n\r\n").unwrap();
    });
    let response = Client::of(stream).response().unwrap();
    sent.join().unwrap();
    assert!(response.whole);
    assert_eq!(response.body.iter().filter(|byte| **byte == b'\n').count(), 300_000);
    // The rows are 36 MB, their answers 150.
    assert!(server.memory() < before + (64 << 20), "{} MiB", (server.memory() - before) >> 20);
}

#[test]
fn a_reader_that_goes_frees_the_stream() {
    let server = Running::start(&format!("{POLICY}limits: {{ streams: 1 }}\n"));
    let head = format!("POST {DECIDE} HTTP/1.1\r\nhost: a\r\ncontent-type: {}\r\n", LINES.1);
    let head = format!("{head}content-length: 100000000\r\n\r\n");
    let lines = (transaction(0.9) + "\n").repeat(100);
    let mut held = None;
    server.until(|| {
        // Whichever comes first has the room.
        let stream = held.insert(TcpStream::connect(&server.http).unwrap());
        stream.write_all(head.as_bytes()).unwrap();
        stream.write_all(lines.as_bytes()).unwrap();
        std::thread::sleep(Duration::from_millis(50));
        let mut second = Client::connect(&server.http);
        let busy = second.send("POST", DECIDE, &[LINES], lines.as_bytes());
        busy.status == 503 && busy.problem() == "busy"
    });
    drop(held);
    server.until(|| {
        let mut next = Client::connect(&server.http);
        next.send("POST", DECIDE, &[LINES], lines.as_bytes()).status == 200
    });
}
