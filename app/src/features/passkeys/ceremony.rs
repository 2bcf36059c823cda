//! Who asks, and checking what an authenticator answers.

use uuid::Uuid;
use webauthn::{ClientData, PublicKey, RelyingParty};

use super::{
    model::{Assertion, Attestation, Purpose, bytes, transports},
    store::{self, New},
};
use crate::words::t;
use crate::{
    Error, Result,
    app::App,
    auth::token,
    config::Config,
    features::sign_in::acts::{Origin, device_hash, refuse},
};

/// The public host name, and the pages under `base_url`.
pub fn party(config: &Config) -> Result<RelyingParty> {
    let url = url::Url::parse(&config.base_url).map_err(Error::internal)?;
    let id = url.host_str().ok_or_else(|| Error::internal("base_url has no host"))?.to_owned();
    Ok(RelyingParty { id, origin: url.origin().ascii_serialization() })
}

/// A challenge, and as it is stored.
pub fn challenge() -> ([u8; 32], [u8; 32]) {
    let challenge = token::random::<32>();
    (challenge, token::sha256(&challenge))
}

/// An answered ceremony on its way to be checked.
#[derive(Debug)]
pub struct Answer<'a> {
    pub purpose: Purpose,
    /// Of the session, the half sign-in or the browser to which the challenge was given.
    pub token_hash: [u8; 32],
    /// Under what it is counted; `None`: under the passkey itself, because nobody is known yet.
    pub counted: Option<[u8; 32]>,
    pub assertion: &'a Assertion,
    pub origin: &'a Origin,
}

/// A passkey that was right.
#[derive(Debug)]
pub struct Right {
    pub account: Uuid,
    pub attempt: Uuid,
    pub counted: [u8; 32],
}

/// One counted try. A challenge that is over, a passkey that nobody has, one of somebody else and a wrong signature get one
/// answer, after the same work.
pub async fn check(app: &App, answer: &Answer<'_>) -> Result<Right> {
    let party = party(&app.config)?;
    let response = &answer.assertion.response;
    let credential = bytes(&answer.assertion.id)?;
    let client = ClientData::read(bytes(&response.client_data_json)?)
        .map_err(|_| Error::BadRequest("unreadable_passkey".into()))?;
    let (data, signature) = (bytes(&response.authenticator_data)?, bytes(&response.signature)?);
    let handle = response.user_handle.as_deref().filter(|h| !h.is_empty()).map(bytes).transpose()?;
    let counted = answer.counted.unwrap_or_else(|| {
        token::sha256(&[b"renkei/passkey/v1|".as_slice(), credential.as_slice()].concat())
    });
    let trying = store::Trying {
        attempt: Uuid::now_v7(),
        challenge: token::sha256(client.challenge()),
        purpose: answer.purpose,
        token_hash: answer.token_hash,
        credential: &credential,
        counted,
        device: device_hash(answer.origin),
        block: &answer.origin.block,
    };
    let begun = store::begin(app, &trying).await?;
    if begun.wait > 0 {
        return Err(Error::TooMany { retry_after: u32::try_from(begun.wait).unwrap_or(60) });
    }
    let key = match &begun.public_key {
        Some(cose) => PublicKey::read(cose).map_err(Error::internal)?,
        None => PublicKey::of_nobody(),
    };
    let done = party.asserted(&client, &data, &signature, &key);
    let (Some(passkey), Some(account), Ok(done)) = (begun.passkey, begun.account, done) else {
        tracing::debug!(?done, "a passkey was refused");
        return refuse(app, begun.account).await;
    };
    // Who it says it is (§7.2 step 6): without an ID it has to say so.
    let named = handle.as_deref().map_or(answer.counted.is_some(), |h| h == account.as_bytes());
    if !named {
        return refuse(app, Some(account)).await;
    }
    match store::used(app, passkey, done).await {
        Ok(()) => Ok(Right { account, attempt: trying.attempt, counted }),
        Err(Error::NotSignedIn) => refuse(app, Some(account)).await,
        Err(error) => Err(error),
    }
}

/// Checks a new passkey as far as the browser's answer goes; whether the challenge was ours, the database knows.
pub fn made(app: &App, id: Uuid, name: String, attestation: &Attestation) -> Result<New> {
    let response = &attestation.response;
    let unreadable = |_| Error::BadRequest("unreadable_passkey".into());
    let client = ClientData::read(bytes(&response.client_data_json)?).map_err(unreadable)?;
    let object = bytes(&response.attestation_object)?;
    let made = party(&app.config)?.registered(&client, &object).map_err(|refused| {
        tracing::debug!(?refused, "a new passkey was refused");
        Error::invalid("passkey", "refused", t(REFUSED))
    })?;
    let challenge = token::sha256(client.challenge());
    Ok(New { challenge, id, name, transports: transports(&response.transports), made })
}

const REFUSED: &str = "この端末では登録できませんでした。端末のロック（指紋・顔・暗証番号）を設定してから、もう一度お試しください。";
