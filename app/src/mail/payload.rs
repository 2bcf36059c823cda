//! A letter as it waits in the queue. One that holds a token is sealed, with its address, until it is sent: whoever reads
//! the database, or a backup of it, learns nothing that opens anything.

use data_encoding::BASE64;
use envelope::{Aad, DataKey, Secret, open_text, seal_text};
use lettre::Address;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use uuid::Uuid;

use super::Letter;
use crate::{Error, Result, app::App, seal::Keys};

/// `message` names the letter for good: a letter that was sent twice is recognised by whoever receives it.
#[derive(Serialize, Deserialize)]
pub(super) struct Payload {
    pub to: Address,
    pub subject: String,
    pub text: String,
    pub message: Uuid,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Stored {
    Sealed { message: Uuid, key: String, sealed: String },
    Clear(Payload),
}

/// Under which the letter's own key is wrapped by the master key.
const CONTEXT: &[u8] = b"renkei/letter-key/v1";
const COLUMN: &str = "payload";

fn place(message: Uuid) -> Aad {
    Aad { table: "job", stream: Uuid::nil(), row: message }
}

/// The payload of a `mail` job, also for a definer function that puts it in itself with `sec.enqueue('mail', …)`.
pub async fn payload(app: &App, to: &Address, letter: &Letter) -> Result<Value> {
    let payload =
        Payload { to: to.clone(), subject: letter.subject(), text: letter.text(), message: Uuid::new_v4() };
    if letter.is_secret() {
        seal(&app.keys, &payload).await
    } else {
        serde_json::to_value(&payload).map_err(Error::internal)
    }
}

async fn seal(keys: &Keys, payload: &Payload) -> Result<Value> {
    let text = serde_json::to_string(payload).map_err(Error::internal)?;
    let secret = Secret::random();
    let wrapped = keys.seal_secret(*secret.expose(), CONTEXT).await?;
    let sealed = seal_text(&DataKey::from(secret), &place(payload.message), COLUMN, &text);
    Ok(json!({"message": payload.message, "key": BASE64.encode(&wrapped), "sealed": BASE64.encode(&sealed)}))
}

/// `None`: no letter, or one that was sealed elsewhere or changed.
pub(super) async fn open(keys: &Keys, stored: Value) -> Result<Option<Payload>> {
    let (message, key, sealed) = match serde_json::from_value(stored) {
        Ok(Stored::Clear(payload)) => return Ok(Some(payload)),
        Ok(Stored::Sealed { message, key, sealed }) => (message, key, sealed),
        Err(_) => return Ok(None),
    };
    let (Ok(key), Ok(sealed)) = (BASE64.decode(key.as_bytes()), BASE64.decode(sealed.as_bytes())) else {
        return Ok(None);
    };
    let key = DataKey::from(keys.open_secret(&key, CONTEXT).await?);
    let text = open_text(&key, &place(message), COLUMN, &sealed).ok();
    Ok(text.and_then(|text| serde_json::from_str(&text).ok()))
}
