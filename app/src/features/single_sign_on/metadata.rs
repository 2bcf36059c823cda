//! What a provider says of itself (OpenID Connect Discovery 1.0 §3), as far as it is believed.

use serde::{Deserialize, Deserializer};
use url::Url;

use crate::config::{Provider, is_this_machine};

#[derive(Debug, Clone, Deserialize)]
pub struct Metadata {
    pub issuer: String,
    /// Called by browsers alone.
    #[serde(deserialize_with = "url")]
    pub authorization_endpoint: Url,
    #[serde(deserialize_with = "url")]
    pub token_endpoint: Url,
    #[serde(deserialize_with = "url")]
    pub jwks_uri: Url,
    /// How a client may show its secret; left out: in the `Authorization` header.
    #[serde(default = "basic")]
    pub token_endpoint_auth_methods_supported: Vec<String>,
    /// RFC 9207: every answer names its issuer.
    #[serde(default)]
    pub authorization_response_iss_parameter_supported: bool,
}

fn basic() -> Vec<String> {
    vec!["client_secret_basic".into()]
}

fn url<'de, D: Deserializer<'de>>(from: D) -> Result<Url, D::Error> {
    String::deserialize(from)?.parse().map_err(serde::de::Error::custom)
}

impl Metadata {
    /// `None`: not this provider's, or it points to where the configuration does not allow calls.
    pub fn read(bytes: &[u8], settings: &Provider) -> Option<Self> {
        let metadata: Self = serde_json::from_slice(bytes).ok()?;
        let called = settings.called();
        let fits = |url: &Url| {
            let host = url.host_str().unwrap_or_default().trim_matches(['[', ']']);
            is_closed(url, settings)
                && called.iter().any(|(h, p)| h == host && Some(*p) == url.port_or_known_default())
        };
        let fine = metadata.issuer == settings.issuer
            && is_closed(&metadata.authorization_endpoint, settings)
            && fits(&metadata.token_endpoint)
            && fits(&metadata.jwks_uri);
        fine.then_some(metadata)
    }

    /// Whether the secret goes into the body of the request, because the header is not taken.
    pub fn secret_in_body(&self) -> bool {
        let takes = |method: &str| self.token_endpoint_auth_methods_supported.iter().any(|m| m == method);
        !takes("client_secret_basic") && takes("client_secret_post")
    }
}

/// TLS, or this very machine where the configuration says so.
fn is_closed(url: &Url, settings: &Provider) -> bool {
    url.scheme() == "https" || (settings.private && url.scheme() == "http" && is_this_machine(url))
}
