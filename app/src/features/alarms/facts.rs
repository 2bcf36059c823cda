//! What the disclosure says of watching, as it was measured.

use jiff::Timestamp;

use crate::{Result, app::App, jobs};

const ACCEPTED: &str = "SELECT at, reason FROM act.fingerprint_state()";

#[derive(Debug, Clone)]
pub struct Facts {
    /// Kinds of alarm that are looked for.
    pub rules: usize,
    /// When they were last looked for; every 15 seconds.
    pub looked_at: Option<Timestamp>,
    /// When the system was last compared with what was accepted; every hour.
    pub compared_at: Option<Timestamp>,
    /// When and why the present state of the system was accepted.
    pub accepted: Option<(Timestamp, String)>,
    pub told_by_mail: bool,
    pub told_by_webhook: bool,
}

pub async fn facts(app: &App) -> Result<Facts> {
    let runs = jobs::runs(app).await?;
    let last = |name: &str| runs.iter().find(|run| run.name == name).and_then(|run| run.went_well_at);
    let rows = app.db.job(ACCEPTED, &[]).await?;
    let accepted = rows.first().and_then(|r| Some((r.get::<_, Option<_>>(0)?, r.get::<_, Option<_>>(1)?)));
    Ok(Facts {
        rules: super::rules::RULES.len(),
        looked_at: last("watch_alarms"),
        compared_at: last("watch_fingerprint"),
        accepted,
        told_by_mail: app.config.mail.is_configured() && !app.config.watch.mail_to.is_empty(),
        told_by_webhook: !app.config.watch.webhook.is_empty(),
    })
}
