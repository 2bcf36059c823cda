//! Making and ending a link, and what stands behind it.

use envelope::{Aad, open_text};
use jiff::{Timestamp, ToSpan};
use tokio_postgres::Row;
use uuid::Uuid;

use super::ics::{self, Event};
use crate::{
    Error, Result,
    app::App,
    auth::{Actor, token},
    db::Tx,
    features::visits::plan::Plan,
    seal,
    web::{ui::time, urls},
};

const MAKE: &str = "SELECT act.make_calendar_link($1, $2, $3)";
const END: &str = "SELECT act.end_calendar_link()";
const MINE: &str = "SELECT made_at, ends_at, with_number, fetched_at FROM act.my_calendar_link()";
const FEED: &str = "SELECT visit_id, stream_id, version, changed_at, envelope, wrapped, key_facility, key_version, key_facility_wrapped,
    patient_id, number, sheet, sheet_wrapped, sheet_key_facility, sheet_key_version, sheet_facility_wrapped FROM act.calendar_feed($1)";

/// Days back and ahead that a feed holds.
const BACK: i32 = 31;
const AHEAD: i32 = 184;
/// A program that asks more often than the link allows is told to wait so long.
const RETRY_AFTER: u32 = 600;

/// The link as its owner sees it. The token is known only when it is made.
#[derive(Debug, Clone)]
pub struct Link {
    pub made_at: Timestamp,
    pub ends_at: Timestamp,
    pub with_number: bool,
    pub fetched_at: Option<Timestamp>,
}

/// A new link; one that there was stops at once. Gives the token.
pub async fn make(app: &App, who: &Actor, with_number: bool) -> Result<String> {
    let token = token::fresh();
    let hash = token::hash(&token);
    let tx = app.db.acting(who).await?;
    tx.query_and_commit(MAKE, &[&Uuid::now_v7(), &hash.as_slice(), &with_number]).await?;
    Ok(token)
}

/// Where a calendar finds the feed of a token.
pub fn address(app: &App, token: &str) -> String {
    format!("{}{}", app.config.base_url, urls::calendar_feed(token))
}

pub async fn end(app: &App, who: &Actor) -> Result<()> {
    app.db.acting(who).await?.query_and_commit(END, &[]).await.map(drop)
}

pub async fn mine(tx: &mut Tx) -> Result<Option<Link>> {
    let rows = tx.query(MINE, &[]).await?;
    Ok(rows.first().map(|r| Link {
        made_at: r.get(0),
        ends_at: r.get(1),
        with_number: r.get(2),
        fetched_at: r.get(3),
    }))
}

/// The calendar behind a link: one statement, which also notes that it was fetched.
pub async fn feed(app: &App, token: &str) -> Result<String> {
    let hash = token::hash(token);
    let rows = match app.db.anybody(FEED, &[&hash.as_slice()]).await {
        Err(Error::Conflict(reason)) if reason == "too_many" => {
            return Err(Error::TooMany { retry_after: RETRY_AFTER });
        }
        other => other?,
    };
    let today = time::day_of(Timestamp::now());
    let (from, to) = (today.checked_sub(BACK.days()), today.checked_add(AHEAD.days()));
    let (from, to) = (from.map_err(Error::internal)?, to.map_err(Error::internal)?);
    let mut events = Vec::new();
    for row in &rows {
        let plan = plan(app, row).await?;
        let number = number(app, row).await?;
        events.extend(plan.between(from, to).into_iter().map(|at| Event {
            visit: row.get(0),
            day: at.day,
            kind: plan.kind,
            start: at.start,
            end: at.end,
            cancelled: at.cancelled,
            number: number.clone(),
            version: row.get(2),
            changed_at: row.get(3),
        }));
    }
    events.sort_by_key(|e| (e.start, e.visit));
    Ok(ics::calendar(&events))
}

/// Opened with the wrapped keys of the same row: nobody is signed in who could ask for them.
async fn plan(app: &App, r: &Row) -> Result<Plan> {
    let (visit, stream): (Uuid, Uuid) = (r.get(0), r.get(1));
    let key = match app.keys.cached_data_key(stream) {
        Some(key) => key,
        None => app.keys.unwrap_data_key(stream, r.get(5), r.get(6), r.get(7), r.get(8)).await?,
    };
    seal::open_words(&key, Aad { table: "visit", stream, row: visit }, r.get(4))
}

async fn number(app: &App, r: &Row) -> Result<Option<String>> {
    let (Some(sealed), Some(stream)) = (r.get::<_, Option<&[u8]>>(10), r.get::<_, Option<Uuid>>(11)) else {
        return Ok(None);
    };
    let key = match app.keys.cached_data_key(stream) {
        Some(key) => key,
        None => app.keys.unwrap_data_key(stream, r.get(12), r.get(13), r.get(14), r.get(15)).await?,
    };
    let place = Aad { table: "patient", stream, row: r.get(9) };
    open_text(&key, &place, "number", sealed).map(Some).map_err(Error::internal)
}
