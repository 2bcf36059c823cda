//! Statements of the availability and of planned work.

use jiff::{Timestamp, civil::Date};
use tokio_postgres::Row;
use uuid::Uuid;

use super::{
    figures::{Figures, Work},
    front::Trial,
    probe::Kind,
    slots::{Minute, from_text, to_text},
};
use crate::{Result, app::App, auth::token, db::Tx};

const REGISTER: &str = "SELECT act.register_synthetic($1, $2)";
const BEAT: &str = "SELECT act.synthetic_beat($1, $2)";
const BEATS: &str = "SELECT client_id FROM act.synthetic_beats($1, $2)";
const NOTE: &str = "SELECT act.note_probes($1, $2, $3, $4)";
const MINUTES: &str = "SELECT minute, reads, writes FROM act.probe_minutes($1, $2)";
const SPAN: &str = "SELECT first, closed FROM act.probe_span()";
const CLOSE: &str = "SELECT act.close_day($1, $2, $3)";
const DAYS: &str = "SELECT day, kind, asked, at_once, within, lost, planned, planned_within, longest_seconds FROM act.closed_days($1)";
const FORGET: &str = "SELECT act.forget_probes()";
const NOTE_TRIAL: &str = "SELECT act.note_front_trial($1)";
const TRIAL: &str =
    "SELECT at, sentences, sentences_refused, attacks, attacks_refused FROM act.front_trial()";
const WORKS: &str = "SELECT work_id, from_at, to_at, what FROM act.works($1)";
const WORKS_AT_CONSOLE: &str = "SELECT work_id, from_at, to_at, what FROM op.works($1)";
const PLAN: &str = "SELECT op.plan_work($1, $2, $3, $4)";
const END: &str = "SELECT op.end_work($1)";

/// Makes the ticket of this node's synthetic user known.
pub(super) async fn register(app: &App, ticket: &str) -> Result<()> {
    app.db.job(REGISTER, &[&app.watch.node, &token::hash(ticket).as_slice()]).await.map(drop)
}

/// The synthetic user's write. `NotFound` without a ticket.
pub(super) async fn beat(app: &App, ticket: &str, client_id: Uuid) -> Result<()> {
    app.db.at_once(BEAT, &[&token::hash(ticket).as_slice(), &client_id]).await.map(drop)
}

/// The synthetic user's newest beats; from a standby where `elsewhere`.
pub(super) async fn beats(app: &App, ticket: &str, elsewhere: bool) -> Result<Vec<Uuid>> {
    let hash = token::hash(ticket);
    let rows = if elsewhere {
        app.db.elsewhere_at_once(BEATS, &hash).await?
    } else {
        app.db.at_once(BEATS, &[&hash.as_slice(), &None::<Timestamp>]).await?
    };
    Ok(rows.iter().map(|r| r.get(0)).collect())
}

pub(super) async fn note_probes(app: &App, minutes: &[(i64, [Minute; 2])]) -> Result<()> {
    let (mut at, mut reads, mut writes) = (Vec::new(), Vec::new(), Vec::new());
    for (minute, both) in minutes {
        at.push(Timestamp::from_second(*minute).map_err(crate::Error::internal)?);
        reads.push(to_text(&both[Kind::Read as usize]));
        writes.push(to_text(&both[Kind::Write as usize]));
    }
    app.db.job(NOTE, &[&app.watch.name, &at, &reads, &writes]).await.map(drop)
}

/// Minutes of one kind, in the order of time.
pub(super) type Told = Vec<(Timestamp, Minute)>;

/// What all nodes told of a span: reading, writing.
pub(super) async fn told(app: &App, from: Timestamp, to: Timestamp) -> Result<[Told; 2]> {
    let rows = app.db.job(MINUTES, &[&from, &to]).await?;
    let of = |column: usize| rows.iter().map(|r| (r.get(0), from_text(r.get(column)))).collect();
    Ok([of(1), of(2)])
}

/// When the first minute was told, and the last day that is closed.
pub(super) async fn span(app: &App) -> Result<(Option<Timestamp>, Option<Date>)> {
    let rows = app.db.job(SPAN, &[]).await?;
    Ok(rows.first().map_or((None, None), |r| (r.get(0), r.get(1))))
}

/// Reading and writing. `Conflict` where the day is not over by the database's clock, or that clock is in doubt.
pub(super) async fn close_day(app: &App, day: Date, both: [Figures; 2]) -> Result<()> {
    let [read, write] = both.map(|f| {
        [f.asked, f.at_once, f.within, f.lost, f.planned, f.planned_within, f.longest_seconds]
            .map(|n| i64::try_from(n).unwrap_or(i64::MAX))
    });
    app.db.job(CLOSE, &[&day, &read.as_slice(), &write.as_slice()]).await.map(drop)
}

/// Closed days with reading and writing, in the order of time.
pub(super) async fn days(app: &App, since: Date) -> Result<Vec<(Date, [Figures; 2])>> {
    let rows = app.db.job(DAYS, &[&since]).await?;
    let mut days: Vec<(Date, [Figures; 2])> = Vec::new();
    for r in &rows {
        let day = r.get(0);
        if days.last().is_none_or(|(last, _)| *last != day) {
            days.push((day, [Figures::default(); 2]));
        }
        let kind = if r.get::<_, &str>(1) == "read" { Kind::Read } else { Kind::Write };
        if let Some((_, both)) = days.last_mut() {
            both[kind as usize] = figures(r);
        }
    }
    Ok(days)
}

fn figures(r: &Row) -> Figures {
    let number = |column: usize| u64::try_from(r.get::<_, i64>(column)).unwrap_or_default();
    Figures {
        asked: number(2),
        at_once: number(3),
        within: number(4),
        lost: number(5),
        planned: number(6),
        planned_within: number(7),
        longest_seconds: u64::try_from(r.get::<_, i32>(8)).unwrap_or_default(),
    }
}

pub(super) async fn forget(app: &App) -> Result<()> {
    app.db.job(FORGET, &[]).await.map(drop)
}

/// Sentences, refused ones, attacks, refused ones.
pub(super) async fn note_trial(app: &App, numbers: [i32; 4]) -> Result<()> {
    app.db.job(NOTE_TRIAL, &[&numbers.as_slice()]).await.map(drop)
}

/// The newest trial of the front.
pub(super) async fn trial(app: &App) -> Result<Option<Trial>> {
    let rows = app.db.job(TRIAL, &[]).await?;
    Ok(rows.first().map(|r| Trial {
        at: r.get(0),
        sentences: r.get(1),
        sentences_refused: r.get(2),
        attacks: r.get(3),
        attacks_refused: r.get(4),
    }))
}

fn work(r: &Row) -> Work {
    Work { id: r.get(0), from: r.get(1), to: r.get(2), what: r.get(3) }
}

/// Announced work that ends after `since`, in the order of time.
pub(super) async fn works(app: &App, since: Timestamp) -> Result<Vec<Work>> {
    Ok(app.db.job(WORKS, &[&since]).await?.iter().map(work).collect())
}

pub(super) async fn works_at_console(tx: &mut Tx, since: Timestamp) -> Result<Vec<Work>> {
    Ok(tx.query(WORKS_AT_CONSOLE, &[&since]).await?.iter().map(work).collect())
}

/// Announces work. `Conflict` where it would have begun already, or where another work has this id.
pub(super) async fn plan(tx: &mut Tx, work: &Work) -> Result<()> {
    tx.query(PLAN, &[&work.id, &work.from, &work.to, &work.what]).await.map(drop)
}

/// Withdraws work that has not begun, ends work that is under way.
pub(super) async fn end(tx: &mut Tx, work: Uuid) -> Result<()> {
    tx.query(END, &[&work]).await.map(drop)
}
