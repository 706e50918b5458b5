//! A real MLflow server for tests and the demo, with trained models in it.

use std::fs::{self, File};
use std::io::{Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, bail, ensure};

use crate::places::Places;

/// Names the server that tests may use.
pub(crate) const ADDRESS: &str = "TOLLGATE_TEST_MLFLOW";

/// MLflow takes some 20 seconds to start, more on a machine at work.
const PATIENCE: Duration = Duration::from_secs(180);

/// A server that ends with this value.
pub(crate) struct Registry {
    server: Child,
    python: PathBuf,
    pub(crate) address: String,
}

impl Registry {
    /// Starts one in a new folder, and registers what `models.py` makes.
    pub(crate) fn start(places: &Places, python: &Path, folder: &str) -> Result<Self> {
        let folder = places.target.join(folder);
        if folder.exists() {
            fs::remove_dir_all(&folder)?;
        }
        fs::create_dir_all(&folder)?;
        // The port is free now; whoever takes it meanwhile makes the start fail.
        let port = TcpListener::bind("127.0.0.1:0")?.local_addr()?.port();
        let log = File::create(folder.join("server.log"))?;
        let mut command = Command::new(python);
        command
            .args(["-m", "mlflow", "server", "--host", "127.0.0.1", "--workers", "1", "--port"])
            .arg(port.to_string())
            .args(["--backend-store-uri", "sqlite:///mlflow.db"])
            .args(["--artifacts-destination", "artifacts"])
            .current_dir(&folder)
            .env("MLFLOW_DISABLE_TELEMETRY", "true")
            .stdin(Stdio::null())
            .stdout(log.try_clone()?)
            .stderr(log);
        // Its helpers end with the group.
        #[cfg(unix)]
        std::os::unix::process::CommandExt::process_group(&mut command, 0);
        let server = command.spawn().context("cannot start MLflow")?;
        let address = format!("http://127.0.0.1:{port}");
        let mut registry = Self { server, python: python.to_owned(), address };
        registry.wait(port).with_context(|| {
            format!("MLflow did not start; see {}", folder.join("server.log").display())
        })?;
        Ok(registry)
    }

    /// Trains and registers models of these kinds under one name.
    pub(crate) fn register(&self, places: &Places, name: &str, kinds: &[&str]) -> Result<()> {
        let arguments = [&[self.address.as_str(), name], kinds].concat();
        self.script(places, "models.py", &arguments)?;
        Ok(())
    }

    /// Runs a script of `tests/registry` by the server's own Python, and returns
    /// what it prints.
    pub(crate) fn script(&self, places: &Places, name: &str, arguments: &[&str]) -> Result<String> {
        let output = Command::new(&self.python)
            .arg(places.root.join("tests/registry").join(name))
            .args(arguments)
            .stdin(Stdio::null())
            .output()?;
        ensure!(
            output.status.success(),
            "{name} failed: {}",
            String::from_utf8_lossy(&output.stderr)
        );
        Ok(String::from_utf8(output.stdout)?)
    }

    fn wait(&mut self, port: u16) -> Result<()> {
        let start = Instant::now();
        while start.elapsed() < PATIENCE {
            if let Some(status) = self.server.try_wait()? {
                bail!("it ended at once: {status}");
            }
            if is_healthy(port) {
                return Ok(());
            }
            thread::sleep(Duration::from_millis(250));
        }
        bail!("it did not answer within {} s", PATIENCE.as_secs())
    }
}

fn is_healthy(port: u16) -> bool {
    let ask = || -> std::io::Result<String> {
        let mut stream = TcpStream::connect(("127.0.0.1", port))?;
        stream.set_read_timeout(Some(Duration::from_secs(5)))?;
        stream.write_all(b"GET /health HTTP/1.0\r\nHost: 127.0.0.1\r\n\r\n")?;
        let mut answer = String::new();
        stream.read_to_string(&mut answer)?;
        Ok(answer)
    };
    ask().is_ok_and(|answer| answer.contains(" 200 "))
}

impl Drop for Registry {
    fn drop(&mut self) {
        // The whole group; that one of it has ended already is fine.
        let group = format!("-{}", self.server.id());
        let _ = Command::new("kill").args(["-KILL", "--", &group]).status();
        let _ = self.server.kill();
        let _ = self.server.wait();
    }
}
