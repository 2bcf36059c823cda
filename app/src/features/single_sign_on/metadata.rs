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

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn read(settings: &str, change: &Value) -> Option<Metadata> {
        let text = format!(
            "id = \"one\"\nlabel = \"試験\"\nissuer = \"https://id.example.jp\"\nclient_id = \"renkei\"\nclient_secret_file = \"/run/secret\"\n{settings}"
        );
        let settings: Provider = toml::from_str(&text).expect("a provider");
        let mut document = json!({"issuer": "https://id.example.jp", "authorization_endpoint": "https://login.example.jp/auth",
            "token_endpoint": "https://id.example.jp/token", "jwks_uri": "https://id.example.jp/keys"});
        document.as_object_mut()?.extend(change.as_object()?.clone());
        Metadata::read(document.to_string().as_bytes(), &settings)
    }

    #[test]
    fn only_its_own_issuer_and_configured_hosts_are_believed() {
        let plain = read("", &json!({})).expect("an ordinary provider");
        assert!(!plain.secret_in_body() && !plain.authorization_response_iss_parameter_supported);
        let moved = json!({"jwks_uri": "https://keys.example.jp:8443/keys"});
        assert!(read("also_calls = [\"keys.example.jp:8443\"]", &moved).is_some());
        assert!(read("also_calls = [\"keys.example.jp\"]", &moved).is_none(), "another port");
        for wrong in [
            moved,
            json!({"issuer": "https://id.example.jp/"}),
            json!({"issuer": "https://other.example.jp"}),
            json!({"token_endpoint": "http://id.example.jp/token"}),
            json!({"token_endpoint": "https://169.254.169.254/token"}),
            json!({"authorization_endpoint": "http://login.example.jp/auth"}),
            json!({"authorization_endpoint": "javascript:alert(1)"}),
            json!({"jwks_uri": null}),
        ] {
            assert!(read("", &wrong).is_none(), "{wrong}");
        }
        let post =
            json!({"token_endpoint_auth_methods_supported": ["client_secret_post", "private_key_jwt"]});
        assert!(read("", &post).expect("a provider").secret_in_body());
    }
}
