//! `tollgate approve`, as those who ask and those who vote meet it.
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a test that fails panics"
)]

#[path = "../../approvals/tests/common/tokens.rs"]
mod tokens;

mod common;

use std::path::Path;
use std::process::{Command, Output, Stdio};

use common::{report, text};
use serde_json::{Value, json};
use tokens::{AUDIENCE, ISSUER, Signer, claims, digest_of, now, with};

/// A team: a folder with its configuration, its store, and who signs for it.
struct Team {
    folder: tempfile::TempDir,
    signer: Signer,
}

impl Team {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let signer = Signer::ed25519("desk");
        let write =
            |name: &str, text: &str| std::fs::write(folder.path().join(name), text).unwrap();
        write("desk.pem", &signer.pem());
        write(
            "approvals.yaml",
            &format!(
                "store: approvals.db\nissuers:\n  - {{ issuer: '{ISSUER}', audience: {AUDIENCE}, person: login, keys: desk.pem }}\nroles:\n  release_manager: [dana, lee, both]\n  ml_engineer: [kim, both]\n  data_scientist: [ada]\n"
            ),
        );
        let team = Self { folder, signer };
        team.judged("gate.json", "report 1");
        team
    }

    /// What a gate said, as far as approvals are bound to it.
    fn judged(&self, name: &str, report: &str) {
        let digests = json!({
            "model": digest_of("model"), "policy": digest_of("policy"), "report": digest_of(report),
        });
        let case = json!({ "command": "gate", "verdict": "pass", "digests": digests });
        std::fs::write(self.folder.path().join(name), case.to_string()).unwrap();
    }

    fn command(&self, token: Option<&str>, arguments: &[&str]) -> Command {
        let mut command = common::command(&["approve"]);
        command.args(arguments).current_dir(self.folder.path());
        if let Some(token) = token {
            command.env("TOLLGATE_ID_TOKEN", token);
        }
        command
    }

    fn run(&self, person: &str, arguments: &[&str]) -> Output {
        let token = self.signer.token(&claims(person));
        self.command(Some(&token), arguments).output().unwrap()
    }

    /// What a program is told; the command succeeds.
    fn json(&self, person: &str, arguments: &[&str]) -> Value {
        let mut arguments = arguments.to_vec();
        arguments.extend(["--format", "json"]);
        let output = self.run(person, &arguments);
        assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));
        report(&output)
    }

    /// What a person is told when it fails, on one line.
    fn refusal(&self, person: &str, arguments: &[&str]) -> String {
        refusal(&self.run(person, arguments))
    }

    fn request(&self, person: &str, case: &str) -> Value {
        self.json(
            person,
            &[
                "request",
                "models:/churn/8",
                "--to",
                "production",
                "--case",
                case,
                "--reason",
                "why",
            ],
        )
    }
}

fn refusal(output: &Output) -> String {
    let told = text(&output.stderr);
    assert_eq!(output.status.code(), Some(2), "{told}");
    assert!(output.stdout.is_empty());
    told.split_whitespace().filter(|word| *word != "│").collect::<Vec<_>>().join(" ")
}

const ID: &str = "churn-v8-Production";

#[test]
fn a_version_is_requested_and_approved_by_two() {
    let team = Team::new();
    let asked = team.request("kim", "gate.json");
    assert_eq!((&asked["action"], &asked["recorded"]), (&json!("request"), &json!(true)));
    assert_eq!(asked["request"]["id"], ID);
    assert_eq!(asked["request"]["requested_by"], "kim");
    assert_eq!(asked["request"]["role"], "ml_engineer");
    assert_eq!(asked["request"]["digests"]["report"], digest_of("report 1"));
    assert_eq!(team.request("kim", "gate.json")["recorded"], false);

    let vote = team.json("dana", &["approve", ID, "--note", "slices are fine"]);
    assert_eq!((&vote["vote"]["says"], &vote["vote"]["by"]), (&json!("approved"), &json!("dana")));
    assert_eq!(vote["vote"]["digests"], asked["request"]["digests"]);
    team.json("lee", &["yes", &format!("{ID}@1")]);

    let listed = team.json("ada", &["list"]);
    assert_eq!(listed["requests"][0]["status"], "approved");
    assert_eq!(listed["requests"][0]["approved_by"], json!(["dana", "lee"]));
    assert_eq!(team.json("ada", &["list", "--open"])["requests"], json!([]));
    let open = team.json("ada", &["list", "--open", "--quorum", "3"]);
    assert_eq!(open["requests"].as_array().unwrap().len(), 1);

    let shown = team.json("ada", &["show", "CHURN-V8-production"]);
    assert_eq!(shown["votes"].as_array().unwrap().len(), 2);
    assert_eq!(shown["revisions"][0]["voucher"]["subject"], "user:kim");

    // Another report asks everybody anew.
    team.judged("gate.json", "report 2");
    assert_eq!(team.request("kim", "gate.json")["request"]["revision"], 2);
    let listed = team.json("ada", &["list"]);
    assert_eq!(listed["requests"][0]["status"], "pending");
    let told = team.refusal("dana", &["approve", ID]);
    assert!(
        told.contains("which do you mean?") && told.contains("churn-v8-Production@2"),
        "{told}"
    );
    let told = team.refusal("dana", &["approve", "churn-v8-Production@1"]);
    assert!(told.contains("is not what is asked for now"), "{told}");
    let vote = team.json("dana", &["reject", "churn-v8-Production@2", "--note", "recall fell"]);
    assert_eq!(vote["vote"]["digests"]["report"], digest_of("report 2"));
    assert_eq!(team.json("ada", &["list"])["requests"][0]["status"], "rejected");
}

#[test]
fn people_read_what_happened() {
    let team = Team::new();
    let said = |person: &str, arguments: &[&str]| {
        let output = team.run(person, arguments);
        assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));
        text(&output.stdout)
    };
    assert!(said("ada", &["list"]).starts_with("no requests in "));
    let asked = said(
        "kim",
        &[
            "request",
            "models:/churn/8",
            "--to",
            "Production",
            "--case",
            "gate.json",
            "--reason",
            "recall\n::error::x",
        ],
    );
    assert!(
        asked.starts_with("requested churn-v8-Production@1\n  by      kim (ml_engineer)\n"),
        "{asked}"
    );
    assert!(asked.contains("reason  recall\\n::error::x\n"), "{asked}");
    assert!(asked.ends_with("vote with: tollgate approve approve churn-v8-Production@1\n"));
    let own = said("both", &["approve", ID, "--role", "release_manager"]);
    assert!(own.starts_with("approved churn-v8-Production@1\n  by      both (release_manager)\n"));
    assert!(!own.contains("does not count"));
    said("dana", &["no", ID, "--note", "not yet"]);
    let shown = said("ada", &["show", ID]);
    assert!(
        shown
            .starts_with("churn-v8-Production@1 is rejected; rejected by dana; approved by both\n"),
        "{shown}"
    );
    assert!(shown.contains("  rejected by dana (release_manager) at 2"), "{shown}");
    assert!(shown.contains(": not yet\n"), "{shown}");
    let listed = said("ada", &["list"]);
    assert!(
        listed.starts_with("rejected  churn-v8-Production@1  requested by kim at 2"),
        "{listed}"
    );
}

#[test]
fn who_requests_is_told_that_they_do_not_count() {
    let team = Team::new();
    let asks = [
        "request",
        "models:/churn/8",
        "--to",
        "Staging",
        "--case",
        "gate.json",
        "--reason",
        "r",
        "--role",
        "ml_engineer",
    ];
    team.json("both", &asks);
    let output = team.run("BOTH", &["approve", "churn-v8-Staging", "--role", "release_manager"]);
    assert!(text(&output.stdout).contains("who requests it does not count"));
    assert_eq!(team.json("ada", &["list"])["requests"][0]["status"], "pending");
    let shown = text(&team.run("ada", &["show", "churn-v8-Staging"]).stdout);
    assert!(shown.contains("(who requests it does not count)"), "{shown}");
}

#[test]
fn who_somebody_is_no_flag_says() {
    let team = Team::new();
    team.request("kim", "gate.json");
    let vote = ["approve", ID];
    let with_token = |token: Option<&str>| refusal(&team.command(token, &vote).output().unwrap());
    assert!(with_token(None).contains("there is no signed token"));
    assert!(with_token(Some(" ")).contains("there is no signed token"));
    let forger = Signer::ed25519("desk");
    assert!(with_token(Some(&forger.token(&claims("dana")))).contains("is not signed by"));
    let over = with(claims("dana"), "exp", json!(now() - 600));
    assert!(with_token(Some(&team.signer.token(&over))).contains("the token has expired"));

    assert!(
        team.refusal("ada", &vote).contains("`ada` has no role to vote; theirs: `data_scientist`")
    );
    assert!(team.refusal("sam", &vote).contains("`sam` has no role to vote; theirs: none"));
    assert!(team.refusal("both", &vote).contains("in several roles"));
    assert!(team.refusal("both", &vote).contains("`--role ROLE` says it"));
    let other = team.refusal("kim", &["approve", ID, "--role", "release_manager"]);
    assert!(
        other.contains("`kim` cannot do this as `release_manager`; as: `ml_engineer`"),
        "{other}"
    );
    for flag in ["--by", "--user", "--person", "--approver"] {
        let output = team.run("kim", &["approve", ID, flag, "dana"]);
        assert_eq!(output.status.code(), Some(2));
    }
    // A variable that names somebody is no token.
    let output = team.command(None, &vote).env("GITHUB_ACTOR", "dana").env("USER", "dana").output();
    assert!(refusal(&output.unwrap()).contains("there is no signed token"));
    assert_eq!(team.json("ada", &["show", ID])["votes"], json!([]));
    // Without a configuration nobody is trusted.
    let token = team.signer.token(&claims("dana"));
    let elsewhere = tempfile::tempdir().unwrap();
    let output = team.command(Some(&token), &vote).current_dir(elsewhere.path()).output().unwrap();
    assert!(refusal(&output).contains("names no `issuers`"));
}

/// Answers one request for a token as GitHub Actions does; gives its address,
/// and then what was asked.
fn actions(answer: String) -> (String, std::thread::JoinHandle<String>) {
    use std::io::{BufRead as _, BufReader, Write as _};
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = format!("http://{}/token?api-version=2", listener.local_addr().unwrap());
    let thread = std::thread::spawn(move || {
        let (mut stream, _) = listener.accept().unwrap();
        let lines = BufReader::new(stream.try_clone().unwrap()).lines();
        let asked: Vec<String> =
            lines.map(|line| line.unwrap()).take_while(|line| !line.is_empty()).collect();
        let length = answer.len();
        write!(
            stream,
            "HTTP/1.1 200 OK\r\ncontent-length: {length}\r\nconnection: close\r\n\r\n{answer}"
        )
        .unwrap();
        asked.join("\n").to_lowercase()
    });
    (address, thread)
}

#[test]
fn a_job_of_github_actions_asks_for_its_token() {
    let team = Team::new();
    team.request("kim", "gate.json");
    let vote = |address: &str| {
        let mut command = team.command(None, &["approve", ID]);
        command.env("ACTIONS_ID_TOKEN_REQUEST_URL", address);
        command.env("ACTIONS_ID_TOKEN_REQUEST_TOKEN", "of-the-job");
        command.output().unwrap()
    };
    let token = team.signer.token(&claims("dana"));
    let (address, asked) = actions(json!({ "count": 1, "value": token }).to_string());
    let output = vote(&address);
    assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));
    let asked = asked.join().unwrap();
    assert!(asked.starts_with("get /token?api-version=2&audience=tollgate http/1.1"), "{asked}");
    assert!(asked.contains("authorization: bearer of-the-job"), "{asked}");
    assert_eq!(team.json("ada", &["show", ID])["votes"][0]["by"], "dana");
    // Whatever else it answers names nobody, and secrets are not repeated.
    for answer in ["{}", "[]", "", r#"{"value":7}"#, r#"{"value":"dana"}"#] {
        let (address, asked) = actions(answer.to_owned());
        let told = refusal(&vote(&address));
        asked.join().unwrap();
        assert!(!told.contains("of-the-job") && !told.contains("api-version"), "{told}");
    }
    let told = refusal(&vote("http://127.0.0.1:9/token"));
    assert!(told.contains("cannot be asked, so the token names nobody"), "{told}");
    let told = refusal(&vote("http://tokens.example/token"));
    assert!(told.contains("the address has no https"), "{told}");
    assert_eq!(team.json("ada", &["show", ID])["votes"].as_array().unwrap().len(), 1);
}

#[test]
fn what_is_asked_for_is_named_whole() {
    let team = Team::new();
    for model in ["churn", "churn/8", "models:/churn", "models:/churn/", "models:/churn@champion"] {
        let told = team.refusal(
            "kim",
            &["request", model, "--to", "Production", "--case", "gate.json", "--reason", "r"],
        );
        assert!(told.contains("names no model version"), "{told}");
    }
    let write = |text: &str| std::fs::write(team.folder.path().join("case.json"), text).unwrap();
    let ask = [
        "request",
        "models:/churn/8",
        "--to",
        "Production",
        "--reason",
        "r",
        "--case",
        "case.json",
    ];
    for (case, problem) in [
        ("{}", "the report has no `/digests/model`"),
        (r#"{"digests":{"model":"x","policy":"y"}}"#, "the report has no `/digests/report`"),
        (r#"{"digests":{"model":7,"policy":"y","report":"z"}}"#, "no `/digests/model`"),
        (
            r#"{"digests":{"model":"x","policy":"y","report":"z"}}"#,
            "the digest of the model is `x`",
        ),
        ("", "is empty"),
    ] {
        write(case);
        let told = team.refusal("kim", &ask);
        assert!(told.contains(problem), "{told}");
    }
    let no_reason = [
        "request",
        "models:/churn/8",
        "--to",
        "Production",
        "--case",
        "gate.json",
        "--reason",
        " ",
    ];
    assert!(team.refusal("kim", &no_reason).contains("a request says why"));
    let missing = ["request", "models:/churn/8", "--to", "Production", "--reason", "r"];
    assert_eq!(team.run("kim", &missing).status.code(), Some(2));
    let digest = digest_of("x");
    let half = ["--model-digest", &digest];
    assert_eq!(team.run("kim", &[&missing[..], &half[..]].concat()).status.code(), Some(2));
    let whole = ["--model-digest", &digest, "--policy-digest", &digest, "--report-digest", &digest];
    assert_eq!(team.json("kim", &[&missing[..], &whole[..]].concat())["recorded"], true);

    assert!(team.refusal("dana", &["approve", "churn-v9-Production"]).contains("has no request"));
    assert!(team.refusal("ada", &["show", "churn-v9-Production"]).contains("has no request"));
    assert_eq!(team.run("dana", &["reject", ID]).status.code(), Some(2), "a rejection says why");
    assert!(team.refusal("dana", &["reject", ID, "--note", " "]).contains("a rejection says why"));
}

#[test]
fn a_store_is_where_it_is_said_to_be() {
    let team = Team::new();
    team.request("kim", "gate.json");
    assert!(team.folder.path().join("approvals.db").exists());
    // Looking makes nothing.
    let store = ["list", "--store", "other.db"];
    assert_eq!(team.json("ada", &store)["requests"], json!([]));
    assert!(!team.folder.path().join("other.db").exists());
    // Where nobody says where: below the home, which is made.
    let home = tempfile::tempdir().unwrap();
    let config = std::fs::read_to_string(team.folder.path().join("approvals.yaml")).unwrap();
    let config = config.replace("store: approvals.db\n", "");
    std::fs::write(team.folder.path().join("approvals.yaml"), config).unwrap();
    let token = team.signer.token(&claims("kim"));
    let ask = [
        "request",
        "models:/churn/8",
        "--to",
        "Production",
        "--case",
        "gate.json",
        "--reason",
        "r",
    ];
    let output =
        team.command(Some(&token), &ask).env("XDG_STATE_HOME", home.path()).output().unwrap();
    assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));
    assert!(home.path().join("tollgate/approvals.db").exists());
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        let mode = |path: &Path| std::fs::metadata(path).unwrap().permissions().mode() & 0o777;
        assert_eq!(mode(&home.path().join("tollgate")), 0o700);
        assert_eq!(mode(&home.path().join("tollgate/approvals.db")), 0o600);
    }
    for wrong in ["mysql://host/db", "", ":memory:"] {
        let told = team.refusal("kim", &["list", "--store", wrong]);
        assert!(told.contains("the store's address cannot be used"), "{told}");
    }
    // Nobody is there, and the password is nobody's business.
    let gone = ["list", "--store", "postgres://dana:s3cret@127.0.0.1:9/db"];
    let told = team.refusal("kim", &gone);
    assert!(told.contains("`postgres://dana@127.0.0.1:9/db` does not answer"), "{told}");
    assert!(!told.contains("s3cret"));
    let json = team.run("kim", &[&gone[..], &["--format", "json"][..]].concat());
    assert_eq!(json.status.code(), Some(2));
    assert!(report(&json)["error"].as_str().unwrap().contains("does not answer"));
    assert!(!text(&json.stdout).contains("s3cret"));
}

/// A store that cannot be written, two ways, each below the limits of a child.
#[cfg(unix)]
#[test]
fn a_vote_that_cannot_be_written_is_an_error() {
    let team = Team::new();
    team.request("kim", "gate.json");
    let token = team.signer.token(&claims("dana"));
    let below = |before: &str| {
        let program = env!("CARGO_BIN_EXE_tollgate");
        let mut command = Command::new("sh");
        command
            .args(["-c", &format!("{before} \"{program}\" approve approve {ID}")])
            .current_dir(team.folder.path())
            .env("TOLLGATE_ID_TOKEN", &token)
            .env("NO_COLOR", "1");
        refusal(&command.output().unwrap())
    };
    let votes = || team.json("ada", &["show", ID])["votes"].as_array().unwrap().len();
    // No file may grow: not even the journal.
    let told = below("trap '' XFSZ; ulimit -f 0; exec");
    assert!(told.contains("cannot be used: disk I/O error"), "{told}");
    assert_eq!(votes(), 0);
    // A file that this user may read only; root may write everything but for this.
    let store = team.folder.path().join("approvals.db");
    let mut permissions = std::fs::metadata(&store).unwrap().permissions();
    std::os::unix::fs::PermissionsExt::set_mode(&mut permissions, 0o400);
    std::fs::set_permissions(&store, permissions).unwrap();
    let is_root = text(&Command::new("id").arg("-u").output().unwrap().stdout).trim() == "0";
    let as_anybody = "exec setpriv --bounding-set -dac_override,-dac_read_search --inh-caps -dac_override,-dac_read_search";
    let told = below(if is_root { as_anybody } else { "exec" });
    assert!(told.contains("can only be read, so nothing was recorded"), "{told}");
    assert_eq!(votes(), 0);
}

#[test]
fn two_programs_at_once_lose_no_vote() {
    let team = Team::new();
    team.request("kim", "gate.json");
    let children: Vec<_> = ["dana", "lee", "both", "dana", "lee", "kim"]
        .into_iter()
        .map(|person| {
            let token = team.signer.token(&claims(person));
            let mut arguments = vec!["approve", ID];
            if person == "both" {
                arguments.extend(["--role", "release_manager"]);
            }
            team.command(Some(&token), &arguments).stdout(Stdio::null()).spawn().unwrap()
        })
        .collect();
    for mut child in children {
        assert!(child.wait().unwrap().success());
    }
    assert_eq!(team.json("ada", &["show", ID])["votes"].as_array().unwrap().len(), 6);
}
