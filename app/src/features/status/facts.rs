//! What the disclosure says of availability, as it was measured.

use jiff::{Timestamp, civil::Date};

use super::{board, figures::Figures, front::Trial, store};
use crate::{Result, app::App};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Facts {
    /// Since when there are figures, up to thirteen months ago.
    pub since: Date,
    pub figures: Figures,
    pub at: Timestamp,
}

/// `None` before anything was measured.
pub async fn facts(app: &App) -> Result<Option<Facts>> {
    let known = match app.status.known() {
        Some(known) => known,
        // A command, not a server: nobody has gathered anything here.
        None => std::sync::Arc::new(board::gather(app, Timestamp::now()).await?),
    };
    let figures = known.whole();
    Ok(known.days.first().filter(|_| figures.asked > 0).map(|first| Facts {
        since: first.day,
        figures,
        at: known.at,
    }))
}

/// The newest trial of the front; `None` before the first.
pub async fn trial(app: &App) -> Result<Option<Trial>> {
    store::trial(app).await
}
