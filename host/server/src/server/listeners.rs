//! The addresses of a server.

use std::io;
use std::net::SocketAddr;
#[cfg(unix)]
use std::path::Path;
use std::path::PathBuf;
use std::sync::Arc;

use tokio::net::{TcpListener, TcpSocket};
use tokio::sync::watch;

use crate::config::Listen;
use crate::door::Door;
use crate::error::ServerError;

/// Connections that the system keeps until they are taken.
const BACKLOG: u32 = 4096;

/// What is listened on.
pub(super) struct Listeners {
    http: Option<TcpListener>,
    grpc: Option<TcpListener>,
    admin: Option<TcpListener>,
    #[cfg(unix)]
    unix: Option<Socket>,
    #[cfg(unix)]
    grpc_unix: Option<Socket>,
}

/// A Unix socket, whose file goes with it.
#[cfg(unix)]
struct Socket {
    listener: tokio::net::UnixListener,
    file: SocketFile,
}

/// What is behind each address.
#[cfg_attr(not(unix), allow(dead_code, reason = "there are no sockets"))]
pub(super) struct Doors {
    pub(super) http: Arc<Door>,
    pub(super) unix: Arc<Door>,
    pub(super) grpc: Option<Arc<Door>>,
    pub(super) grpc_unix: Option<Arc<Door>>,
    pub(super) admin: Arc<Door>,
}

/// The file of a Unix socket, which goes with this.
pub(super) struct SocketFile(PathBuf);

impl Drop for SocketFile {
    fn drop(&mut self) {
        // Who comes next takes it away.
        let _ = std::fs::remove_file(&self.0);
    }
}

impl Listeners {
    pub(super) async fn bind(listen: &Listen) -> Result<Self, ServerError> {
        Ok(Self {
            http: listen.http.map(tcp).transpose()?,
            grpc: listen.grpc.map(tcp).transpose()?,
            admin: listen.admin.map(tcp).transpose()?,
            #[cfg(unix)]
            unix: listen.unix.as_deref().map(unix).transpose()?,
            #[cfg(unix)]
            grpc_unix: listen.grpc_unix.as_deref().map(unix).transpose()?,
        })
    }

    pub(super) fn addresses(&self, tls: bool) -> impl Iterator<Item = (&'static str, String)> {
        let of = |listener: &Option<TcpListener>| {
            listener.as_ref().and_then(|listener| listener.local_addr().ok())
        };
        let scheme = if tls { "https" } else { "http" };
        let http = of(&self.http).map(|address| ("requests", format!("{scheme}://{address}")));
        let admin = of(&self.admin).map(|address| ("admin", format!("http://{address}")));
        let grpc = of(&self.grpc).map(|address| ("envoy", format!("{scheme}://{address}")));
        #[cfg(unix)]
        let (unix, grpc_unix) = {
            let path = |socket: &Option<Socket>| {
                socket.as_ref().map(|socket| format!("unix:{}", socket.file.0.display()))
            };
            (path(&self.unix), path(&self.grpc_unix))
        };
        #[cfg(not(unix))]
        let (unix, grpc_unix) = (None::<String>, None::<String>);
        let unix = unix.map(|path| ("requests", path));
        let grpc_unix = grpc_unix.map(|path| ("envoy", path));
        http.into_iter().chain(unix).chain(grpc).chain(grpc_unix).chain(admin)
    }

    /// Lets people in. `stop` closes the ways of requests, `stop_admin` that of
    /// the admin. What is given goes when the server does.
    pub(super) fn open(
        self,
        doors: Doors,
        stop: &watch::Receiver<bool>,
        stop_admin: &watch::Receiver<bool>,
    ) -> Vec<SocketFile> {
        if let Some(listener) = self.http {
            tokio::spawn(doors.http.tcp(listener, stop.clone()));
        }
        if let (Some(listener), Some(grpc)) = (self.grpc, doors.grpc) {
            tokio::spawn(grpc.tcp(listener, stop.clone()));
        }
        if let Some(listener) = self.admin {
            tokio::spawn(doors.admin.tcp(listener, stop_admin.clone()));
        }
        #[cfg_attr(not(unix), allow(unused_mut, reason = "there are no sockets"))]
        let mut files = Vec::new();
        #[cfg(unix)]
        for (socket, door) in [(self.unix, Some(doors.unix)), (self.grpc_unix, doors.grpc_unix)] {
            if let (Some(Socket { listener, file }), Some(door)) = (socket, door) {
                tokio::spawn(door.unix(listener, stop.clone()));
                files.push(file);
            }
        }
        files
    }
}

fn tcp(address: SocketAddr) -> Result<TcpListener, ServerError> {
    let listen = || -> io::Result<TcpListener> {
        let socket = if address.is_ipv6() { TcpSocket::new_v6()? } else { TcpSocket::new_v4()? };
        // A server that starts anew need not wait for the connections of the
        // one before.
        #[cfg(unix)]
        socket.set_reuseaddr(true)?;
        socket.bind(address)?;
        socket.listen(BACKLOG)
    };
    listen().map_err(|error| ServerError::Listen { address: address.to_string(), error })
}

#[cfg(unix)]
fn unix(path: &Path) -> Result<Socket, ServerError> {
    use std::os::unix::fs::FileTypeExt as _;
    use std::os::unix::net::UnixStream;

    let name = || path.display().to_string();
    if let Ok(metadata) = path.symlink_metadata() {
        if !metadata.file_type().is_socket() {
            return Err(ServerError::NotSocket(name()));
        }
        if UnixStream::connect(path).is_ok() {
            return Err(ServerError::Taken(name()));
        }
        // Of a server that was killed.
        let _ = std::fs::remove_file(path);
    }
    let listener = tokio::net::UnixListener::bind(path)
        .map_err(|error| ServerError::Listen { address: name(), error })?;
    Ok(Socket { listener, file: SocketFile(path.to_owned()) })
}
