//! Certificates, and their renewal while connections are open.

use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};

use arc_swap::ArcSwap;
use rustls::server::WebPkiClientVerifier;
use rustls::{RootCertStore, ServerConfig};
use rustls_pki_types::pem::PemObject as _;
use rustls_pki_types::{CertificateDer, PrivateKeyDer};
use tokio_rustls::TlsAcceptor;
use tollgate::source::{self, Content};

use crate::config::TlsFiles;
use crate::error::ServerError;

/// What connections are opened with. One that is open keeps what it was opened
/// with.
pub(crate) struct Tls {
    files: TlsFiles,
    live: ArcSwap<ServerConfig>,
    /// What was read last, whether it could be used or not.
    seen: Mutex<Texts>,
}

/// The texts of the files: certificate, key, authorities.
#[derive(PartialEq, Eq)]
struct Texts([Vec<u8>; 3]);

impl Tls {
    /// Reads the files.
    pub(crate) fn open(files: &TlsFiles) -> Result<Self, ServerError> {
        let texts = Texts::read(files)?;
        let live = ArcSwap::from_pointee(texts.config(files)?);
        Ok(Self { files: files.clone(), live, seen: Mutex::new(texts) })
    }

    /// For the next connection.
    pub(crate) fn acceptor(&self) -> TlsAcceptor {
        TlsAcceptor::from(self.live.load_full())
    }

    /// Reads the files again, and takes them where they are others and can be
    /// used. True when they were taken; what cannot be used is told once, and
    /// what is live stays so.
    pub(crate) fn reload(&self) -> Result<bool, ServerError> {
        let texts = Texts::read(&self.files)?;
        let mut seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        if *seen == texts {
            return Ok(false);
        }
        let config = texts.config(&self.files);
        *seen = texts;
        self.live.store(Arc::new(config?));
        Ok(true)
    }
}

impl Texts {
    fn read(files: &TlsFiles) -> Result<Self, ServerError> {
        let read = |path: &Path| source::read_bytes(path, Content::Document);
        let authorities = files.client_ca.as_deref().map(read).transpose()?;
        let texts = [read(&files.certificate)?, read(&files.key)?, authorities.unwrap_or_default()];
        Ok(Self(texts))
    }

    fn config(&self, files: &TlsFiles) -> Result<ServerConfig, ServerError> {
        let Self([certificate, key, authorities]) = self;
        let chain = certificates(&files.certificate, certificate)?;
        let key = PrivateKeyDer::from_pem_slice(key).map_err(|error| broken(&files.key, error))?;
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let config = ServerConfig::builder_with_provider(Arc::clone(&provider))
            .with_safe_default_protocol_versions()
            .map_err(|error| broken(&files.certificate, error))?;
        let config = match &files.client_ca {
            None => config.with_no_client_auth(),
            Some(path) => {
                let mut roots = RootCertStore::empty();
                for certificate in certificates(path, authorities)? {
                    roots.add(certificate).map_err(|error| broken(path, error))?;
                }
                let verifier =
                    WebPkiClientVerifier::builder_with_provider(Arc::new(roots), provider);
                let verifier = verifier.build().map_err(|error| broken(path, error))?;
                config.with_client_cert_verifier(verifier)
            }
        };
        let mut config = config
            .with_single_cert(chain, key)
            .map_err(|error| broken(&files.certificate, error))?;
        config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
        Ok(config)
    }
}

/// The certificates of a PEM file, of which it must have one.
fn certificates(path: &Path, pem: &[u8]) -> Result<Vec<CertificateDer<'static>>, ServerError> {
    let all: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(pem).collect();
    let all = all.map_err(|error| broken(path, error))?;
    if all.is_empty() {
        return Err(broken(path, "there is no certificate in it, as PEM"));
    }
    Ok(all)
}

fn broken(path: &Path, problem: impl ToString) -> ServerError {
    ServerError::Tls { file: path.display().to_string(), problem: problem.to_string() }
}
