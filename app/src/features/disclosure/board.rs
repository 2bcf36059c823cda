//! The state that strangers are shown, gathered once for all of them: reading the public pages must cost nothing that
//! signed-in people would miss.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use jiff::Timestamp;
use tokio::sync::Mutex;

use super::State;
use crate::{Result, app::App};

/// How old what strangers read may be.
const FRESH: Duration = Duration::from_secs(60);

/// One per node.
#[derive(Debug, Default)]
pub struct Board(Mutex<Option<(Instant, Arc<State>)>>);

impl Board {
    /// The state, at most a minute old. Whoever asks while it is gathered waits for the same answer.
    pub async fn state(&self, app: &App) -> Result<Arc<State>> {
        let mut held = self.0.lock().await;
        if let Some((at, state)) = held.as_ref()
            && at.elapsed() < FRESH
        {
            return Ok(state.clone());
        }
        let state = Arc::new(State::gather(app, Timestamp::now()).await?);
        *held = Some((Instant::now(), state.clone()));
        Ok(state)
    }

    /// Something that stands on the pages was changed here: the next reader sees it.
    pub async fn look_again(&self) {
        *self.0.lock().await = None;
    }
}
