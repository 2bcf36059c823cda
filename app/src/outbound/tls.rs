//! TLS of outbound calls: the same profile as the server's. TLS 1.3, or 1.2 with ECDHE and AEAD alone.

use std::{path::Path, sync::Arc};

use rustls::{
    ClientConfig, RootCertStore,
    crypto::{CryptoProvider, aws_lc_rs},
    pki_types::{CertificateDer, pem::PemObject},
};

use crate::{Error, Result};

/// Suites and groups, in this order.
pub fn provider() -> CryptoProvider {
    use aws_lc_rs::{cipher_suite as s, kx_group as g};
    CryptoProvider {
        cipher_suites: vec![
            s::TLS13_AES_256_GCM_SHA384,
            s::TLS13_CHACHA20_POLY1305_SHA256,
            s::TLS13_AES_128_GCM_SHA256,
            s::TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384,
            s::TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384,
            s::TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256,
            s::TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256,
            s::TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256,
            s::TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256,
        ],
        kx_groups: vec![g::X25519, g::SECP256R1, g::SECP384R1],
        ..aws_lc_rs::default_provider()
    }
}

/// For libraries that ask the process for its provider (mail). The first call counts.
pub fn install() {
    let _ = provider().install_default();
}

/// A client that trusts the system's authorities, or, where given, those of one PEM file alone.
pub fn client(ca_file: &Path) -> Result<Arc<ClientConfig>> {
    let mut roots = RootCertStore::empty();
    if ca_file.as_os_str().is_empty() {
        roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
    } else {
        for certificate in CertificateDer::pem_file_iter(ca_file).map_err(Error::internal)? {
            roots.add(certificate.map_err(Error::internal)?).map_err(Error::internal)?;
        }
    }
    let config = ClientConfig::builder_with_provider(Arc::new(provider()))
        .with_protocol_versions(&[&rustls::version::TLS13, &rustls::version::TLS12])
        .map_err(Error::internal)?
        .with_root_certificates(roots)
        .with_no_client_auth();
    Ok(Arc::new(config))
}
