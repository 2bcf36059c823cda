//! Between nodes: "there is something new", coalesced, on connections of their own, never inside an act's transaction.

use std::{future::poll_fn, time::Duration};

use tokio_postgres::{AsyncMessage, Config};
use uuid::Uuid;

use crate::{Error, Result, app::Shared};

/// Nobody waits for the disk: a nudge that a crash loses costs time, not a message.
const NUDGE: &str =
    "SELECT pg_catalog.set_config('synchronous_commit', 'off', true), pg_catalog.pg_notify('renkei', $1)";
const COALESCE: Duration = Duration::from_millis(5);

/// Tells other nodes after own commits, at most every few milliseconds.
pub async fn nudge_others(app: Shared, node: Uuid) {
    let node = node.to_string();
    loop {
        app.hub.nudge_wanted().await;
        tokio::time::sleep(COALESCE).await;
        if let Err(error) = app.db.job(NUDGE, &[&node]).await {
            tracing::debug!(%error, "nudge lost; the slow poll of the other nodes makes up for it");
        }
    }
}

/// Wakes this node's hub when another node nudges; reconnects for ever.
pub async fn listen(app: Shared, config: Config, node: Uuid) {
    loop {
        if let Err(error) = listen_once(&app, &config, node).await {
            tracing::debug!(%error, "not listening to other nodes for a moment");
        }
        tokio::time::sleep(Duration::from_secs(2)).await;
    }
}

async fn listen_once(app: &Shared, config: &Config, node: Uuid) -> Result<()> {
    let (client, mut connection) = config.connect(app.db.tls()).await?;
    let node = node.to_string();
    let (sender, mut receiver) = tokio::sync::mpsc::channel::<()>(1);
    let driver = async {
        while let Some(message) = poll_fn(|cx| connection.poll_message(cx)).await {
            match message {
                Ok(AsyncMessage::Notification(n)) if n.payload() != node => drop(sender.try_send(())),
                Ok(_) => {}
                Err(error) => return Err(Error::from(error)),
            }
        }
        Ok(())
    };
    let listening = async {
        client.batch_execute("LISTEN renkei").await?;
        while receiver.recv().await.is_some() {
            app.hub.wake_here();
        }
        Ok(())
    };
    tokio::select! { ended = driver => ended, ended = listening => ended }
}
