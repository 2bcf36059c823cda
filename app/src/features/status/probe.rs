//! The synthetic user of a node: every five seconds one sets out through the public door, reads, and writes; each goes on
//! trying for a minute, as the page of a person does.

use std::{
    collections::BTreeMap,
    sync::Arc,
    time::{Duration, Instant},
};

use bytes::Bytes;
use http_body_util::Full;
use hyper::Request;
use jiff::Timestamp;
use parking_lot::Mutex;
use rustls::ClientConfig;
use tokio::sync::Notify;
use uuid::Uuid;

use super::{
    slots::{AT_ONCE, Minute, PACE, PATIENCE, Slot, place},
    store,
};
use crate::{
    Result,
    app::Shared,
    auth::token,
    jobs::Failure,
    outbound::{Answer, Target, call, tls},
    web::{reading::MODE, urls},
};

/// One try; a server that does not answer for this long is asked anew.
const TRY: Duration = Duration::from_secs(10);
/// Between tries.
const PAUSE: Duration = Duration::from_millis(500);
/// A minute is forgotten when its last user has come back or given up.
const SETTLED: i64 = 60 + PATIENCE.as_secs().cast_signed() + 5;
/// Minutes that are remembered while the database takes none: two days.
const REMEMBERED: usize = 2 * 24 * 60;
const TELL: Duration = Duration::from_secs(15);
/// The ticket is good for a day.
const NEW_TICKET: Duration = Duration::from_secs(3600);
/// A beat that was acknowledged this long ago must still be there: the server keeps sixty.
const KEPT: Duration = Duration::from_secs(120);

const NO_TICKET: Failure = Failure::later("no_ticket");

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    Read,
    Write,
}

/// What this node's users met and nobody has been told yet, and how the door is now.
#[derive(Debug, Default)]
pub struct Book {
    minutes: Mutex<BTreeMap<i64, Page>>,
    now: Mutex<[Door; 2]>,
    /// Beats that were acknowledged lately.
    acknowledged: Mutex<Vec<(Instant, Uuid)>>,
}

/// A minute, reading and writing, and whether there is news in it.
#[derive(Debug, Default)]
struct Page {
    both: [Minute; 2],
    news: bool,
}

/// How it is now for one kind of request.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Door {
    /// When somebody last came through.
    pub answered: Option<Timestamp>,
    /// Since when nobody does.
    pub shut_since: Option<Timestamp>,
    /// The last answer came from a standby.
    pub elsewhere: bool,
}

impl Book {
    pub fn door(&self, kind: Kind) -> Door {
        self.now.lock()[kind as usize]
    }

    fn note(&self, kind: Kind, at: Timestamp, slot: Slot) {
        let (minute, n) = place(at);
        let mut minutes = self.minutes.lock();
        let page = minutes.entry(minute).or_default();
        page.both[kind as usize][n] = slot;
        page.news = true;
        while minutes.len() > REMEMBERED {
            minutes.pop_first();
        }
    }

    fn tried(&self, kind: Kind, elsewhere: Option<bool>) {
        let door = &mut self.now.lock()[kind as usize];
        match elsewhere {
            Some(elsewhere) => {
                *door = Door { answered: Some(Timestamp::now()), shut_since: None, elsewhere };
            }
            None => door.shut_since = door.shut_since.or(Some(Timestamp::now())),
        }
    }

    /// Minutes with something that nobody was told.
    fn news(&self) -> Vec<(i64, [Minute; 2])> {
        self.minutes.lock().iter().filter(|(_, page)| page.news).map(|(at, page)| (*at, page.both)).collect()
    }

    /// What came in meanwhile is still news; minutes whose users have all come back are forgotten.
    fn told(&self, told: &[(i64, [Minute; 2])], now: Timestamp) {
        let mut minutes = self.minutes.lock();
        for (at, both) in told {
            if let Some(page) = minutes.get_mut(at) {
                page.news = page.both != *both;
            }
        }
        minutes.retain(|at, page| page.news || *at > now.as_second() - SETTLED);
    }

    fn acknowledged(&self, beat: Uuid) {
        let mut all = self.acknowledged.lock();
        all.retain(|(at, _)| at.elapsed() < KEPT);
        all.push((Instant::now(), beat));
    }

    /// Beats that a reading which begins now must find.
    fn must_be_there(&self) -> Vec<Uuid> {
        self.acknowledged.lock().iter().filter(|(at, _)| at.elapsed() < KEPT).map(|(_, beat)| *beat).collect()
    }
}

/// Runs until the process ends.
pub async fn run(app: Shared) {
    match way(&app) {
        Ok(way) => drop(tokio::join!(set_out(&app, &way), renew(&app, &way), tell(&app))),
        Err(error) => tracing::error!(%error, "no synthetic user can set out"),
    }
}

/// Tells the database what the users met, before the node ends on purpose.
pub async fn last_words(app: &Shared) -> Result<()> {
    let news = app.status.book.news();
    if !news.is_empty() {
        store::note_probes(app, &news).await?;
        app.status.book.told(&news, Timestamp::now());
    }
    Ok(())
}

/// What the database does not take is kept.
async fn tell(app: &Shared) {
    loop {
        tokio::time::sleep(TELL).await;
        if let Err(error) = last_words(app).await {
            tracing::warn!(%error, "what the synthetic user met was not told");
        }
    }
}

/// A user's way in: the door, and the ticket.
#[derive(Debug, Clone)]
struct Way {
    door: Target,
    tls: Arc<ClientConfig>,
    ticket: Arc<Mutex<String>>,
    /// Rung when the door does not know the ticket.
    wanted: Arc<Notify>,
}

/// A ticket at the start, a new one long before it ends, and one whenever the door does not know it any more (a restored
/// database, a clock that was set).
async fn renew(app: &Shared, way: &Way) {
    loop {
        let ticket = token::fresh();
        let wait = match store::register(app, &ticket).await {
            Ok(()) => {
                *way.ticket.lock() = ticket;
                NEW_TICKET
            }
            Err(error) => {
                tracing::warn!(%error, "the synthetic user got no ticket");
                TELL
            }
        };
        tokio::time::sleep(PAUSE).await;
        tokio::select! { () = tokio::time::sleep(wait) => {}, () = way.wanted.notified() => {} }
    }
}

async fn set_out(app: &Shared, way: &Way) {
    loop {
        until_next_slot().await;
        for kind in [Kind::Read, Kind::Write] {
            tokio::spawn(one(app.clone(), way.clone(), kind, Timestamp::now()));
        }
    }
}

fn way(app: &Shared) -> Result<Way> {
    let door = app.config.status.door(&app.config.base_url)?;
    let tls = Arc::new(tls::trusting(&app.config)?);
    Ok(Way { door, tls, ticket: Arc::default(), wanted: Arc::default() })
}

async fn until_next_slot() {
    let now = Timestamp::now();
    let next = (now.as_second() / PACE + 1) * PACE;
    let wait = Timestamp::from_second(next).map(|at| at.duration_since(now)).unwrap_or_default();
    tokio::time::sleep(wait.unsigned_abs()).await;
}

/// One user with one errand.
async fn one(app: Shared, way: Way, kind: Kind, at: Timestamp) {
    let (began, beat) = (Instant::now(), Uuid::now_v7());
    let expected = if kind == Kind::Read { app.status.book.must_be_there() } else { Vec::new() };
    let slot = loop {
        let answer = attempt(&way, kind, beat).await;
        app.status.book.tried(kind, answer.as_ref().ok().map(is_elsewhere));
        match answer {
            Ok(answer) => break judged(&app, kind, beat, &expected, &answer, began.elapsed()),
            Err(failure) => {
                if failure == NO_TICKET {
                    way.wanted.notify_one();
                }
                tracing::debug!(?kind, code = failure.code, "the synthetic user tries again");
            }
        }
        if began.elapsed() + PAUSE >= PATIENCE {
            break Slot::Failed;
        }
        tokio::time::sleep(PAUSE).await;
    };
    app.status.book.note(kind, at, slot);
}

fn is_elsewhere(answer: &Answer) -> bool {
    answer.headers.contains_key(MODE)
}

fn judged(app: &Shared, kind: Kind, beat: Uuid, expected: &[Uuid], answer: &Answer, took: Duration) -> Slot {
    let elsewhere = is_elsewhere(answer);
    if kind == Kind::Write {
        app.status.book.acknowledged(beat);
    } else if !elsewhere {
        let there: Vec<Uuid> = serde_json::from_slice(&answer.body).unwrap_or_default();
        if let Some(missing) = expected.iter().find(|beat| !there.contains(beat)) {
            tracing::error!(%missing, "an acknowledged beat of the synthetic user is not there");
            return Slot::Lost;
        }
    }
    match (took, elsewhere) {
        (took, _) if took > PATIENCE => Slot::Failed,
        (took, _) if took > AT_ONCE => Slot::Late,
        (_, true) => Slot::Elsewhere,
        (_, false) => Slot::AtOnce,
    }
}

async fn attempt(way: &Way, kind: Kind, beat: Uuid) -> Result<Answer, Failure> {
    let request = request(way, kind, beat).ok_or(Failure::for_good("not_a_call"))?;
    let answer = tokio::time::timeout(TRY, call(&way.door, &way.tls, request, 16 * 1024)).await;
    let answer = answer.map_err(|_| Failure::later("timed_out"))??;
    match answer.status {
        200..300 => Ok(answer),
        404 => Err(NO_TICKET),
        _ => Err(Failure::later("not_well")),
    }
}

fn request(way: &Way, kind: Kind, beat: Uuid) -> Option<Request<Full<Bytes>>> {
    let request = Request::builder()
        .uri(urls::synthetic())
        .header("host", way.door.authority())
        .header("user-agent", concat!("renkei/", env!("CARGO_PKG_VERSION"), " (synthetic)"))
        .header("accept", "application/json")
        .header("authorization", format!("Bearer {}", way.ticket.lock()));
    match kind {
        Kind::Read => request.method("GET").body(Full::default()).ok(),
        Kind::Write => request
            .method("POST")
            .header("content-type", "application/json")
            .body(Full::new(serde_json::json!({"client_id": beat}).to_string().into()))
            .ok(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_new_is_told_and_a_minute_is_forgotten_when_its_last_user_is_back() {
        let book = Book::default();
        let at = |seconds: i64| Timestamp::from_second(1_795_867_200 + seconds).expect("a time");
        book.note(Kind::Write, at(5), Slot::Late);
        let told = book.news();
        assert_eq!((told.len(), told[0].1[Kind::Write as usize][1]), (1, Slot::Late));
        book.note(Kind::Read, at(55), Slot::Failed);
        book.told(&told, at(60));
        let told = book.news();
        assert_eq!((told.len(), told[0].1[Kind::Read as usize][11]), (1, Slot::Failed));
        assert_eq!(
            told[0].1[Kind::Write as usize][1],
            Slot::Late,
            "told again; the database keeps the first"
        );
        book.told(&told, at(60));
        assert!(book.news().is_empty());
        book.note(Kind::Read, at(50), Slot::Failed);
        assert_eq!(book.news().len(), 1, "one that gave up late");
        book.told(&book.news(), at(200));
        assert!(book.minutes.lock().is_empty());
    }

    #[test]
    fn a_door_is_shut_from_the_first_try_that_failed_until_one_succeeds() {
        let book = Book::default();
        assert_eq!(book.door(Kind::Read), Door::default());
        book.tried(Kind::Read, None);
        let since = book.door(Kind::Read).shut_since;
        assert!(since.is_some());
        book.tried(Kind::Read, None);
        assert_eq!(book.door(Kind::Read).shut_since, since);
        book.tried(Kind::Read, Some(true));
        let door = book.door(Kind::Read);
        assert!(door.shut_since.is_none() && door.elsewhere && door.answered.is_some());
        assert_eq!(book.door(Kind::Write), Door::default());
    }
}
