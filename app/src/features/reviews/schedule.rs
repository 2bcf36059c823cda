//! What happens by itself: reviews are opened, reminded of, closed and signed. Each step is a transaction of its own and looks
//! at what is there, so that a run that was cut off is simply gone on with.

use jiff::Timestamp;

use super::{letters, proof, rules, rules::Quarter};
use crate::{
    Error, Result,
    app::{App, Shared},
    db::Params,
};

const OPEN: &str = "SELECT act.open_next_review($1, $2, $3, $4, $5)";
const REMIND: &str = "SELECT act.remind_next_review($1, pg_catalog.make_interval(secs => $2), $3)";
const CLOSE: &str = "SELECT act.close_next_review($1, $2, $3)";
/// More facilities than any deployment has: no fault may keep a run going for ever.
const MOST: usize = 100_000;

/// What one run did.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Done {
    pub opened: usize,
    pub reminded: usize,
    pub closed: usize,
    pub signed: usize,
}

/// Goes on with everything that is due at `now`. While the desk is closed nothing begins or ends.
pub async fn run(app: &Shared, now: Timestamp) -> Result<Done> {
    let mut done = Done { opened: 0, reminded: 0, closed: 0, signed: 0 };
    if rules::is_time(now, &app.config.support) {
        done.closed = each(app, CLOSE, &[&now, &letters::closed(app), &letters::stopped(app)]).await?;
        let quarter = Quarter::of(now);
        let begins = quarter.begins().ok_or_else(|| Error::internal("a quarter begins"))?;
        let due = rules::due(now, &app.config.support);
        done.opened = each(app, OPEN, &[&quarter.code(), &begins, &now, &due, &letters::opened(app)]).await?;
        let before = rules::REMINDER.as_secs_f64();
        done.reminded = each(app, REMIND, &[&now, &before, &letters::reminder(app)]).await?;
        app.hub.wake();
        app.jobs.ring();
    }
    done.signed = proof::sign_all(app).await?;
    Ok(done)
}

/// Calls a function that does one and names it, until it names none.
async fn each(app: &App, statement: &str, params: Params<'_>) -> Result<usize> {
    for done in 0..MOST {
        let rows = app.db.job(statement, params).await?;
        if rows.first().and_then(|r| r.get::<_, Option<uuid::Uuid>>(0)).is_none() {
            return Ok(done);
        }
    }
    Err(Error::internal("a run of reviews does not come to its end"))
}
