//! A certificate of the test's own for `localhost`, and a server side that shows it.

use std::{path::PathBuf, sync::Arc};

use rustls::{ServerConfig, pki_types::PrivateKeyDer};
use tokio_rustls::TlsAcceptor;

/// The acceptor, and the PEM file of the authority to trust.
pub fn localhost(folder: &std::path::Path) -> (TlsAcceptor, PathBuf) {
    let made = rcgen::generate_simple_self_signed(vec!["localhost".to_owned()]).expect("a certificate");
    let file = folder.join("authority.pem");
    std::fs::write(&file, made.cert.pem()).expect("a file");
    let key = PrivateKeyDer::try_from(made.signing_key.serialize_der()).expect("a key");
    let config = ServerConfig::builder_with_provider(Arc::new(renkei::outbound::tls::provider()))
        .with_safe_default_protocol_versions()
        .expect("versions")
        .with_no_client_auth()
        .with_single_cert(vec![made.cert.der().clone()], key)
        .expect("a server");
    (TlsAcceptor::from(Arc::new(config)), file)
}
