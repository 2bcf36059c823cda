//! Calls to others: webhooks, mail, the ACME authority. One TLS profile for all of them, every chain and name verified.

use std::sync::Arc;

use axum::body::Body;
use hyper_util::{client::legacy::Client, rt::TokioExecutor};
use tls_profile::{HttpsConnector, client_config, connector, roots, rustls::ClientConfig};

use crate::{
    Error, Result,
    config::{Config, set},
};

/// A client over HTTPS; it refuses `http://`. Time limits are the caller's.
pub type Https = Client<HttpsConnector, Body>;

/// The TLS of every call: the system's authorities and `tls.trusted_roots`.
pub fn tls(config: &Config) -> Result<ClientConfig> {
    let roots = roots(set(&config.tls.trusted_roots)).map_err(Error::internal)?;
    client_config(&config.tls.outbound(), Arc::new(roots), None).map_err(Error::internal)
}

pub fn https(config: &Config) -> Result<Https> {
    Ok(Client::builder(TokioExecutor::new()).build(connector(tls(config)?)))
}
