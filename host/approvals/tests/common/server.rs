//! A PostgreSQL server of its own for a test, below a folder that goes with it.

use std::fs;
use std::net::TcpListener;
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use postgres::{Client, NoTls};
use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair};

pub(crate) const PASSWORD: &str = "s3cret-of-the-test";

/// Whom the server runs as where the tests run as root, which it refuses:
/// nobody and nogroup of Debian.
const NOBODY: u32 = 65_534;

/// A running server.
pub(crate) struct Server {
    folder: tempfile::TempDir,
    port: u16,
    process: Option<Child>,
}

/// The folder with `initdb` and `postgres`: what `TOLLGATE_POSTGRES` names, the
/// path, or where Debian has them.
fn programs() -> Option<PathBuf> {
    if let Some(named) = std::env::var_os("TOLLGATE_POSTGRES").filter(|it| !it.is_empty()) {
        return Some(named.into());
    }
    let path = std::env::var_os("PATH").unwrap_or_default();
    let in_path = std::env::split_paths(&path).collect::<Vec<_>>();
    let debian = fs::read_dir("/usr/lib/postgresql").into_iter().flatten().flatten();
    let mut debian: Vec<PathBuf> = debian.map(|version| version.path().join("bin")).collect();
    debian.sort();
    let found = debian
        .into_iter()
        .rev()
        .chain(in_path)
        .find(|folder| folder.join("initdb").is_file() && folder.join("postgres").is_file());
    if found.is_none() {
        eprintln!(
            "not run: there is no PostgreSQL to test with: `cargo xtask test` brings it where it \
             can, or set TOLLGATE_POSTGRES to the folder that has `initdb` and `postgres`"
        );
    }
    found
}

fn is_root() -> bool {
    let output = Command::new("id").arg("-u").output().unwrap();
    output.stdout.trim_ascii() == b"0"
}

/// A program of the server, as a user whom it accepts.
fn program(name: &str, folder: &Path) -> Command {
    let mut command = Command::new(programs().unwrap().join(name));
    command.current_dir(folder).env("LC_ALL", "C.UTF-8");
    if is_root() {
        command.uid(NOBODY).gid(NOBODY);
    }
    command
}

/// Gives everything in the folder to the server's user.
fn hand_over(path: &Path) {
    if is_root() {
        let status =
            Command::new("chown").args(["-R", &format!("{NOBODY}:{NOBODY}")]).arg(path).status();
        assert!(status.unwrap().success());
    }
}

impl Server {
    /// Makes a database cluster and runs it.
    pub(crate) fn start() -> Option<Self> {
        programs()?;
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("password"), PASSWORD).unwrap();
        hand_over(folder.path());
        let output = program("initdb", folder.path())
            .args(["--pgdata", "data", "--username", "postgres", "--pwfile", "password"])
            .args(["--auth", "scram-sha-256", "--encoding", "UTF8", "--no-sync"])
            .output()
            .unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let mut server = Self { folder, port, process: None };
        server.run();
        Some(server)
    }

    /// Runs it, and waits until it lets us in.
    pub(crate) fn run(&mut self) {
        let process = program("postgres", self.folder.path())
            .args(["-D", "data", "-h", "localhost", "-p", &self.port.to_string(), "-k", ""])
            .stdout(Stdio::null())
            .stderr(fs::File::create(self.folder.path().join("log")).unwrap())
            .spawn()
            .unwrap();
        self.process = Some(process);
        let begun = Instant::now();
        while Client::connect(&self.url("postgres"), NoTls).is_err() {
            let log = fs::read_to_string(self.folder.path().join("log")).unwrap_or_default();
            assert!(begun.elapsed() < Duration::from_secs(60), "the server does not start: {log}");
            std::thread::sleep(Duration::from_millis(50));
        }
    }

    /// Ends it as a fall of the machine would.
    pub(crate) fn stop(&mut self) {
        let Some(mut process) = self.process.take() else { return };
        // SIGQUIT: it ends at once, and its children with it.
        let pid = process.id().to_string();
        let _ = Command::new("sh").args(["-c", &format!("kill -QUIT {pid}")]).status();
        let _ = process.wait();
    }

    pub(crate) fn folder(&self) -> &Path {
        self.folder.path()
    }

    pub(crate) fn url(&self, database: &str) -> String {
        self.url_of("postgres", database)
    }

    pub(crate) fn url_of(&self, user: &str, database: &str) -> String {
        format!("postgres://{user}:{PASSWORD}@127.0.0.1:{}/{database}", self.port)
    }

    pub(crate) fn client(&self, database: &str) -> Client {
        Client::connect(&self.url(database), NoTls).unwrap()
    }

    pub(crate) fn sql(&self, statement: &str) {
        self.client("postgres").batch_execute(statement).unwrap();
    }

    /// From now on with TLS; gives whom to trust.
    pub(crate) fn speak_tls(&self, name: &str) -> String {
        let (authority, certificate, key) = certificates(name);
        let data = self.folder.path().join("data");
        fs::write(data.join("server.crt"), certificate).unwrap();
        fs::write(data.join("server.key"), key).unwrap();
        let private = std::os::unix::fs::PermissionsExt::from_mode(0o600);
        fs::set_permissions(data.join("server.key"), private).unwrap();
        hand_over(&data);
        self.sql("ALTER SYSTEM SET ssl = on");
        self.sql("SELECT pg_reload_conf()");
        // The server reads it in its own time.
        let begun = Instant::now();
        while self.client("postgres").query_one("SHOW ssl", &[]).unwrap().get::<_, String>(0)
            != "on"
        {
            assert!(begun.elapsed() < Duration::from_secs(30), "the server takes no TLS");
            std::thread::sleep(Duration::from_millis(50));
        }
        authority
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.stop();
    }
}

/// An authority, and what it vouches for: certificate and key of a name.
pub(crate) fn certificates(name: &str) -> (String, String, String) {
    let mut authority = CertificateParams::new(Vec::new()).unwrap();
    authority.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let authority = CertifiedIssuer::self_signed(authority, KeyPair::generate().unwrap()).unwrap();
    let key = KeyPair::generate().unwrap();
    let params = CertificateParams::new(vec![name.to_owned()]).unwrap();
    let certificate = params.signed_by(&key, &authority).unwrap();
    (authority.pem(), certificate.pem(), key.serialize_pem())
}
