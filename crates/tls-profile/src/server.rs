//! What a server speaks.

use std::sync::Arc;

use rustls::{
    RootCertStore, ServerConfig,
    server::{NoServerSessionStorage, ResolvesServerCert, WebPkiClientVerifier, danger::ClientCertVerifier},
};

use crate::{Profile, Refused};

/// Whether a client must show a certificate.
#[derive(Debug, Clone)]
pub enum Clients {
    Anyone,
    /// Only clients with a certificate from one of these authorities.
    From(Arc<RootCertStore>),
    /// As this one decides at each handshake, as [`crate::Revocable`].
    Verified(Arc<dyn ClientCertVerifier>),
}

/// A configuration that offers the profile and nothing else. `alpn` in order of preference.
pub fn server_config(
    profile: &Profile,
    certificates: Arc<dyn ResolvesServerCert>,
    clients: &Clients,
    alpn: &[&[u8]],
) -> Result<ServerConfig, Refused> {
    let provider = profile.provider();
    let builder = ServerConfig::builder_with_provider(provider.clone())
        .with_protocol_versions(profile.versions())
        .map_err(|e| Refused::one(format!("the TLS profile does not hold together: {e}"), "report this"))?;
    let builder = match clients {
        Clients::Anyone => builder.with_no_client_auth(),
        Clients::Verified(verifier) => builder.with_client_cert_verifier(verifier.clone()),
        Clients::From(roots) => {
            let verifier = WebPkiClientVerifier::builder_with_provider(roots.clone(), provider).build();
            builder.with_client_cert_verifier(verifier.map_err(|e| {
                Refused::one(
                    format!("the authorities of client certificates cannot be used: {e}"),
                    "put at least one CA certificate in PEM into tls.client_ca",
                )
            })?)
        }
    };
    let mut config = builder.with_cert_resolver(certificates);
    config.alpn_protocols = alpn.iter().map(|p| p.to_vec()).collect();
    config.ignore_client_order = true;
    // Replayable data is not accepted, and nothing is resumed: every connection has keys of its own, and a client whose
    // certificate was withdrawn is not let in by an old ticket.
    config.max_early_data_size = 0;
    config.send_tls13_tickets = 0;
    config.session_storage = Arc::new(NoServerSessionStorage {});
    config.require_ems = true;
    Ok(config)
}
