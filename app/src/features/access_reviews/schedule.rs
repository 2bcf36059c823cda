//! What happens by itself: the review of the month that is over waits for each facility, and overdue ones are reminded of. Each step is a transaction
//! of its own and looks at what is there.

use jiff::Timestamp;
use uuid::Uuid;

use super::{
    letters,
    rules::{self, Month},
};
use crate::{
    Error, Result,
    app::{App, Shared},
    db::Params,
};

const OPEN: &str = "SELECT act.open_next_access_review($1, $2, $3, $4)";
const REMIND: &str = "SELECT act.remind_next_access_review($1, pg_catalog.make_interval(secs => $2), $3)";
/// More facilities than any deployment has: no fault may keep a run going for ever.
const MOST: usize = 100_000;

/// What one run did.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Done {
    pub opened: usize,
    pub reminded: usize,
}

pub async fn run(app: &Shared, now: Timestamp) -> Result<Done> {
    let mut done = Done { opened: 0, reminded: 0 };
    if !rules::is_time(now, &app.config.support) {
        return Ok(done);
    }
    let month = Month::before(now).first();
    done.opened = each(app, OPEN, &[&month, &now, &rules::due(now), &letters::opened(app)]).await?;
    done.reminded =
        each(app, REMIND, &[&now, &rules::REMINDER.as_secs_f64(), &letters::overdue(app)]).await?;
    if done.opened + done.reminded > 0 {
        app.hub.wake();
        app.jobs.ring();
    }
    Ok(done)
}

/// Calls a function that does one and names it, until it names none.
async fn each(app: &App, statement: &str, params: Params<'_>) -> Result<usize> {
    for done in 0..MOST {
        let rows = app.db.job(statement, params).await?;
        if rows.first().and_then(|r| r.get::<_, Option<Uuid>>(0)).is_none() {
            return Ok(done);
        }
    }
    Err(Error::internal("a run of access reviews does not come to its end"))
}
