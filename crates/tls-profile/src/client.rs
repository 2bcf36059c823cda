//! What this product speaks when it calls others.

use std::{path::Path, sync::Arc};

use hyper_util::client::legacy::connect::HttpConnector;
use rustls::{
    ClientConfig, RootCertStore,
    client::Resumption,
    pki_types::{CertificateDer, PrivateKeyDer, pem::PemObject},
};

use crate::{Profile, Refused};

/// An HTTPS connector for a hyper client. Plain `http://` is refused by it.
pub type HttpsConnector = hyper_rustls::HttpsConnector<HttpConnector>;

/// A certificate that we show where a server asks for one.
#[derive(Debug)]
pub struct Identity {
    pub chain: Vec<CertificateDer<'static>>,
    pub key: PrivateKeyDer<'static>,
}

impl Identity {
    /// Reads both from PEM files.
    pub fn read(certificate: &Path, key: &Path) -> Result<Self, Refused> {
        Ok(Self { chain: read_certificates(certificate)?, key: read_key(key)? })
    }
}

impl Clone for Identity {
    fn clone(&self) -> Self {
        Self { chain: self.chain.clone(), key: self.key.clone_key() }
    }
}

/// The authorities of the system, and those of `extra` (PEM) where it is given.
pub fn roots(extra: Option<&Path>) -> Result<RootCertStore, Refused> {
    let mut store = match extra {
        Some(file) => read_roots(file)?,
        None => RootCertStore::empty(),
    };
    // A broken file among the system's is the system's affair: what can be read is used.
    store.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
    Ok(store)
}

/// The authorities of one PEM file and no other.
pub fn read_roots(file: &Path) -> Result<RootCertStore, Refused> {
    let mut store = RootCertStore::empty();
    for certificate in read_certificates(file)? {
        store.add(certificate).map_err(|e| {
            Refused::one(
                format!("{} holds a certificate that cannot be an authority: {e}", file.display()),
                "leave only CA certificates in it",
            )
        })?;
    }
    Ok(store)
}

/// A client configuration of the profile: the server's chain and name are always verified.
pub fn client_config(
    profile: &Profile,
    roots: Arc<RootCertStore>,
    identity: Option<Identity>,
) -> Result<ClientConfig, Refused> {
    let builder = ClientConfig::builder_with_provider(profile.provider())
        .with_protocol_versions(profile.versions())
        .map_err(|e| Refused::one(format!("the TLS profile does not hold together: {e}"), "report this"))?
        .with_root_certificates(roots);
    let mut config = match identity {
        None => builder.with_no_client_auth(),
        Some(Identity { chain, key }) => builder.with_client_auth_cert(chain, key).map_err(|e| {
            Refused::one(
                format!("the client certificate cannot be used: {e}"),
                "give a certificate with its own key",
            )
        })?,
    };
    config.resumption = Resumption::disabled();
    config.require_ems = true;
    Ok(config)
}

/// The connector of every HTTPS client of the product.
pub fn connector(config: ClientConfig) -> HttpsConnector {
    let mut tcp = HttpConnector::new();
    tcp.enforce_http(false);
    tcp.set_nodelay(true);
    tcp.set_connect_timeout(Some(std::time::Duration::from_secs(10)));
    hyper_rustls::HttpsConnectorBuilder::new()
        .with_tls_config(config)
        .https_only()
        .enable_http1()
        .wrap_connector(tcp)
}

/// The certificates of a PEM file, in its order; at least one.
pub(crate) fn read_certificates(file: &Path) -> Result<Vec<CertificateDer<'static>>, Refused> {
    let unreadable = |e: &dyn std::fmt::Display| {
        Refused::one(
            format!("cannot read certificates from {}: {e}", file.display()),
            "name a PEM file that the server's user may read",
        )
    };
    let bytes = std::fs::read(file).map_err(|e| unreadable(&e))?;
    let certificates: Vec<_> =
        CertificateDer::pem_slice_iter(&bytes).collect::<Result<_, _>>().map_err(|e| unreadable(&e))?;
    if certificates.is_empty() {
        return Err(unreadable(&"there is no BEGIN CERTIFICATE in it"));
    }
    Ok(certificates)
}

pub(crate) fn read_key(file: &Path) -> Result<PrivateKeyDer<'static>, Refused> {
    let unreadable = |e: &dyn std::fmt::Display| {
        Refused::one(
            format!("cannot read a private key from {}: {e}", file.display()),
            "name a PEM file with an unencrypted PKCS#8, SEC1 or PKCS#1 key that the server's user may read",
        )
    };
    let bytes = std::fs::read(file).map_err(|e| unreadable(&e))?;
    PrivateKeyDer::from_pem_slice(&bytes).map_err(|e| unreadable(&e))
}
