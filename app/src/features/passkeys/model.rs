//! What browsers send (WebAuthn §5.1, the `…JSON` dictionaries) and are sent. Bytes are base64url without padding.

use data_encoding::BASE64URL_NOPAD;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use utoipa::ToSchema;
use uuid::Uuid;

use crate::{Error, FieldError, Result, web::input};

/// What a challenge is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Purpose {
    /// Without ID and password.
    SignIn,
    /// After the password.
    SecondStep,
    /// Before something that reaches far.
    Confirm,
    Unlock,
    /// The first second factor of an account.
    Enrol,
}

impl Purpose {
    pub fn code(self) -> &'static str {
        match self {
            Self::SignIn => "sign_in",
            Self::SecondStep => "second_step",
            Self::Confirm => "confirm",
            Self::Unlock => "unlock",
            Self::Enrol => "enrol",
        }
    }
}

/// The answer of `navigator.credentials.get`, as `PublicKeyCredential.toJSON()` writes it.
#[derive(Clone, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Assertion {
    pub id: String,
    pub response: AssertionResponse,
}

#[derive(Clone, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct AssertionResponse {
    #[serde(rename = "clientDataJSON")]
    pub client_data_json: String,
    pub authenticator_data: String,
    pub signature: String,
    pub user_handle: Option<String>,
}

/// The answer of `navigator.credentials.create`.
#[derive(Clone, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Attestation {
    pub response: AttestationResponse,
}

#[derive(Clone, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct AttestationResponse {
    #[serde(rename = "clientDataJSON")]
    pub client_data_json: String,
    pub attestation_object: String,
    /// How the authenticator can be reached, for the browser's own dialogue.
    #[serde(default)]
    pub transports: Vec<String>,
}

crate::opaque_debug!(Assertion, AssertionResponse, Attestation, AttestationResponse);

/// Base64url as browsers send it.
pub fn bytes(text: &str) -> Result<Vec<u8>> {
    BASE64URL_NOPAD.decode(text.as_bytes()).map_err(|_| Error::BadRequest("unreadable_passkey".into()))
}

/// A hidden field of a form, filled by the page's script.
pub fn from_field<T: serde::de::DeserializeOwned>(field: &str) -> Result<T> {
    serde_json::from_str(field).map_err(|_| Error::BadRequest("unreadable_passkey".into()))
}

/// What browsers know of; other words are left out, as WebAuthn §5.8.4 allows.
pub fn transports(sent: &[String]) -> Vec<String> {
    const KNOWN: [&str; 6] = ["usb", "nfc", "ble", "smart-card", "hybrid", "internal"];
    KNOWN.iter().filter(|known| sent.iter().any(|s| s == *known)).map(|s| (*s).to_owned()).collect()
}

/// What the person calls it: 60 characters.
pub fn name(raw: &str) -> Result<String, FieldError> {
    input::line("name", raw, 60)
}

/// For whom a ceremony is, as the database knows it. Nobody yet, at a sign-in without an ID.
#[derive(Debug)]
pub struct For {
    pub account: Option<Uuid>,
    pub login_id: String,
    pub name: String,
    pub passkeys: Vec<Vec<u8>>,
}

/// Milliseconds in which the browser gives up; as long as the challenge lives.
const TIMEOUT: u32 = 300_000;

/// `PublicKeyCredentialRequestOptionsJSON`: for an assertion with the person verified.
pub fn request(party: &webauthn::RelyingParty, challenge: &[u8], of: &For) -> Value {
    json!({
        "challenge": BASE64URL_NOPAD.encode(challenge),
        "rpId": party.id,
        "timeout": TIMEOUT,
        "userVerification": "required",
        "allowCredentials": descriptors(&of.passkeys),
    })
}

/// `PublicKeyCredentialCreationOptionsJSON`: a discoverable passkey, verified, without attestation.
pub fn creation(party: &webauthn::RelyingParty, challenge: &[u8], of: &For) -> Value {
    let handle = of.account.unwrap_or_default();
    let algorithms: Vec<_> =
        webauthn::ALGORITHMS.iter().map(|alg| json!({"type": "public-key", "alg": alg})).collect();
    json!({
        "rp": {"id": party.id, "name": "連携"},
        "user": {"id": BASE64URL_NOPAD.encode(handle.as_bytes()), "name": of.login_id, "displayName": of.name},
        "challenge": BASE64URL_NOPAD.encode(challenge),
        "pubKeyCredParams": algorithms,
        "timeout": TIMEOUT,
        "attestation": "none",
        "authenticatorSelection": {"residentKey": "required", "requireResidentKey": true, "userVerification": "required"},
        "excludeCredentials": descriptors(&of.passkeys),
    })
}

fn descriptors(passkeys: &[Vec<u8>]) -> Vec<Value> {
    passkeys.iter().map(|id| json!({"type": "public-key", "id": BASE64URL_NOPAD.encode(id)})).collect()
}

/// One of the caller's passkeys.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct Passkey {
    pub id: Uuid,
    /// The person's own name for it.
    pub name: String,
    #[schema(value_type = String, format = DateTime)]
    pub made_at: jiff::Timestamp,
    #[schema(value_type = Option<String>, format = DateTime)]
    pub last_used_at: Option<jiff::Timestamp>,
    /// The authenticator has copied it to the person's other devices.
    pub backed_up: bool,
}
