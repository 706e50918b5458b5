//! How the server is spoken to: with TLS and its certificate verified, unless
//! it is on this machine, or somebody says `sslmode=disable`.

use std::fs;
use std::sync::Arc;

use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject as _;
use rustls::{ClientConfig, RootCertStore};
use rustls_platform_verifier::BuilderVerifierExt as _;
use tokio_postgres_rustls::MakeRustlsConnect;

use super::LocationError;

/// What an address says of TLS.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Asked {
    mode: Option<String>,
    roots: Option<String>,
}

/// How the server is spoken to.
pub(super) enum Transport {
    Plain,
    Tls(Box<MakeRustlsConnect>),
}

/// The address without what it says of TLS, and that: libpq's words, of which
/// the client knows only some.
pub(super) fn split(url: &str) -> Result<(String, Asked), LocationError> {
    let mut asked = Asked::default();
    let Some((base, query)) = url.split_once('?') else { return Ok((url.to_owned(), asked)) };
    let mut kept = Vec::new();
    for pair in query.split('&') {
        let value = |text: &str| {
            let decoded = percent_encoding::percent_decode_str(text).decode_utf8();
            decoded
                .map(|text| Some(text.into_owned()))
                .map_err(|_| LocationError("it holds what is no UTF-8".to_owned()))
        };
        match pair.split_once('=') {
            Some(("sslmode", mode)) => asked.mode = value(mode)?,
            Some(("sslrootcert", roots)) => asked.roots = value(roots)?,
            _ => kept.push(pair),
        }
    }
    let rest = kept.join("&");
    let url = if rest.is_empty() { base.to_owned() } else { format!("{base}?{rest}") };
    Ok((url, asked))
}

impl Transport {
    pub(super) fn of(asked: &Asked, is_local: bool) -> Result<Self, LocationError> {
        match asked.mode.as_deref() {
            Some("disable") => Ok(Self::Plain),
            None if is_local && asked.roots.is_none() => Ok(Self::Plain),
            // All that ask for TLS get the strictest form.
            None | Some("require" | "verify-ca" | "verify-full") => {
                Ok(Self::Tls(Box::new(MakeRustlsConnect::new(config(asked.roots.as_deref())?))))
            }
            Some(mode) => Err(LocationError(format!(
                "`sslmode={mode}` goes without TLS when anybody on the way says so: give \
                 `verify-full`, or `disable`"
            ))),
        }
    }
}

fn config(roots: Option<&str>) -> Result<ClientConfig, LocationError> {
    let wrong = |problem: String| LocationError(format!("TLS cannot be set up: {problem}"));
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let builder = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(|error| wrong(error.to_string()))?;
    let builder = match roots.filter(|path| *path != "system") {
        None => builder.with_platform_verifier().map_err(|error| wrong(error.to_string()))?,
        Some(path) => {
            let pem = fs::read(path).map_err(|error| wrong(format!("`{path}`: {error}")))?;
            let mut store = RootCertStore::empty();
            for certificate in CertificateDer::pem_slice_iter(&pem) {
                let certificate =
                    certificate.map_err(|error| wrong(format!("`{path}`: {error}")))?;
                store.add(certificate).map_err(|error| wrong(format!("`{path}`: {error}")))?;
            }
            if store.is_empty() {
                return Err(wrong(format!("`{path}` holds no certificate")));
            }
            builder.with_root_certificates(store)
        }
    };
    Ok(builder.with_no_client_auth())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_an_address_says_of_tls_is_taken_out_of_it() {
        let (url, asked) =
            split("postgres://host/db?sslmode=verify-full&a=b&sslrootcert=%2Fetc%2Fca.pem")
                .unwrap();
        assert_eq!(url, "postgres://host/db?a=b");
        assert_eq!(asked.mode.as_deref(), Some("verify-full"));
        assert_eq!(asked.roots.as_deref(), Some("/etc/ca.pem"));
        assert_eq!(
            split("postgres://host/db").unwrap(),
            ("postgres://host/db".into(), Asked::default())
        );
    }

    #[test]
    fn a_server_elsewhere_is_not_spoken_to_in_the_clear_unasked() {
        let plain = |mode: Option<&str>, is_local| {
            let asked = Asked { mode: mode.map(str::to_owned), roots: None };
            Transport::of(&asked, is_local).map(|it| matches!(it, Transport::Plain))
        };
        assert_eq!(plain(None, true), Ok(true));
        assert_eq!(plain(None, false), Ok(false));
        assert_eq!(plain(Some("disable"), false), Ok(true));
        for mode in ["require", "verify-ca", "verify-full"] {
            assert_eq!(plain(Some(mode), true), Ok(false), "{mode}");
        }
        for mode in ["prefer", "allow", ""] {
            assert!(plain(Some(mode), true).is_err(), "{mode}");
        }
    }
}
