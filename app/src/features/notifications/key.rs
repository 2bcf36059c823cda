//! The deployment's key as a sender of push (VAPID). Made on first use; its secret is sealed under the master key. Every subscription
//! is bound to it: with another one, everybody would have to subscribe anew.

use std::sync::Arc;

use tokio::sync::OnceCell;
use web_push::Sender;

use super::store;
use crate::{Error, Result, app::App};

const CONTEXT: &[u8] = b"renkei/push-key/v1";

/// Asked for once in the life of a process.
#[derive(Debug, Default)]
pub struct Key(OnceCell<Arc<Sender>>);

impl Key {
    pub async fn of(app: &App) -> Result<Arc<Sender>> {
        app.push_key.0.get_or_try_init(|| find_or_make(app)).await.cloned()
    }
}

async fn find_or_make(app: &App) -> Result<Arc<Sender>> {
    if let Some(sender) = find(app).await? {
        return Ok(sender);
    }
    let secret = Sender::fresh_secret().map_err(Error::internal)?;
    let sender = Sender::from_secret(&secret).map_err(Error::internal)?;
    let wrapped = app.keys.seal_secret(secret, CONTEXT).await?;
    store::keep_push_key(app, sender.public(), &wrapped).await?;
    // Perhaps another node's: the first one's stays.
    find(app).await?.ok_or_else(|| Error::internal("the push key that was just kept"))
}

async fn find(app: &App) -> Result<Option<Arc<Sender>>> {
    let Some((public, wrapped)) = store::push_key(app).await? else { return Ok(None) };
    let secret = app.keys.open_secret(&wrapped, CONTEXT).await?;
    let sender = Sender::from_secret(secret.expose()).map_err(Error::internal)?;
    if public != sender.public() {
        return Err(Error::internal("the kept push key is not the one that browsers were told"));
    }
    Ok(Some(Arc::new(sender)))
}
