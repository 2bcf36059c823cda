//! Statements on notifications.

use jiff::{
    Timestamp,
    civil::{Date, Time},
};
use serde_json::Value;
use tokio_postgres::Row;
use uuid::Uuid;

use super::{
    model::{Device, Level, Mail, Quiet, Rung, Settings, Test, Wanted},
    push::{Call, Opens},
};
use crate::{Result, app::App, db::Tx};

const PUSH_KEY: &str = "SELECT public, wrapped FROM act.push_key()";
const KEEP_PUSH_KEY: &str = "SELECT act.keep_push_key($1, $2)";
const SUBSCRIBE: &str = "SELECT id, created FROM act.subscribe_push($1, $2, $3, $4)";
const END: &str = "SELECT act.end_push($1)";
const MY_PUSH: &str = "SELECT device_id, name, this_one, id, since, on_device_at, failing_since, wanted, test_state, test_code, test_at FROM act.my_push()";
const TEST_PUSH: &str = "SELECT act.test_push()";
const TEST_MAIL: &str = "SELECT act.test_mail($1)";
const SETTINGS: &str = "SELECT mail, digest_at, quiet, quiet_from, quiet_to, facility_from, facility_to, address, test_state, test_error, test_at, failing FROM act.my_notification_settings()";
const SET: &str = "SELECT act.set_notifications($1, $2, $3, $4, $5)";
const LEVELS: &str = "SELECT group_id, level FROM act.my_notification_levels()";
const SET_LEVELS: &str = "SELECT act.set_notification_levels($1, $2)";
const NOTE: &str = "SELECT act.note_notifications($1, $2)";
const TELL: &str = "SELECT act.tell_due($1, $2)";
const BEGIN: &str = "SELECT endpoint, p256dh, auth, urgent, ttl, kind FROM act.begin_push($1, $2, $3)";
const ANSWERED: &str = "SELECT act.push_answered($1, $2, $3, $4, $5)";
const ON_DEVICE: &str = "SELECT act.push_on_device($1), act.family_push_on_device($1)";
const COUNTS: &str = "SELECT notices, unread, family_unread FROM act.my_counts()";
const DUE_DIGESTS: &str = "SELECT account_id, unread, must FROM act.due_digests($1)";
const SEND_DIGESTS: &str = "SELECT act.send_digests($1, $2, $3)";
const FACILITY_QUIET: &str = "SELECT quiet_from, quiet_to FROM act.facility_quiet()";
const SET_FACILITY_QUIET: &str = "SELECT act.set_facility_quiet($1, $2)";
const RUNG: &str = "SELECT account_id, name, profession, rung, quiet, urgent, failing, bounced FROM act.interruptions_of_mine($1)";
const FORGET: &str = "SELECT act.forget_notifications($1)";

/// Public and wrapped half of the deployment's key.
pub async fn push_key(app: &App) -> Result<Option<(Vec<u8>, Vec<u8>)>> {
    Ok(app.db.job(PUSH_KEY, &[]).await?.first().map(|r| (r.get(0), r.get(1))))
}

pub async fn keep_push_key(app: &App, public: &[u8], wrapped: &[u8]) -> Result<()> {
    app.db.job(KEEP_PUSH_KEY, &[&public, &wrapped]).await.map(drop)
}

pub async fn subscribe(tx: Tx, id: Uuid, endpoint: &str, p256dh: &[u8], auth: &[u8]) -> Result<(Uuid, bool)> {
    let rows = tx.query_and_commit(SUBSCRIBE, &[&id, &endpoint, &p256dh, &auth]).await?;
    rows.first().map(|r| (r.get(0), r.get(1))).ok_or(crate::Error::NotFound)
}

pub async fn end(tx: Tx, subscription: Option<Uuid>) -> Result<()> {
    tx.query_and_commit(END, &[&subscription]).await.map(drop)
}

fn test(r: &Row, at: usize) -> Option<Test> {
    Some(Test { state: r.get::<_, Option<String>>(at)?, code: r.get(at + 1), at: r.get(at + 2) })
}

/// This device first.
pub async fn my_push(tx: &mut Tx) -> Result<Vec<Device>> {
    let device = |r: &Row| Device {
        device: r.get(0),
        name: r.get(1),
        this_one: r.get(2),
        subscription: r.get(3),
        since: r.get(4),
        on_device_at: r.get(5),
        failing_since: r.get(6),
        wanted: r.get(7),
        test: test(r, 8),
    };
    Ok(tx.query(MY_PUSH, &[]).await?.iter().map(device).collect())
}

pub async fn test_push(tx: Tx) -> Result<()> {
    tx.query_and_commit(TEST_PUSH, &[]).await.map(drop)
}

pub async fn test_mail(tx: Tx, letter: &Value) -> Result<()> {
    tx.query_and_commit(TEST_MAIL, &[letter]).await.map(drop)
}

type Column = Option<Vec<Option<Time>>>;

fn quiet(r: &Row, at: usize) -> Option<Quiet> {
    Quiet::of(r.get::<_, Column>(at).zip(r.get(at + 1)))
}

pub async fn settings(tx: &mut Tx) -> Result<Settings> {
    let r = tx.one(SETTINGS, &[]).await?;
    Ok(Settings {
        mail: Mail::from_code(r.get(0)).unwrap_or(Mail::Off),
        digest_at: r.get(1),
        own: quiet(&r, 3).filter(|_| r.get::<_, &str>(2) == "own"),
        facility: quiet(&r, 5),
        address: r.get(7),
        test: test(&r, 8),
        failing: r.get(11),
    })
}

pub async fn set(tx: Tx, wanted: &Wanted) -> Result<()> {
    let (from, to) = wanted.own.map(|quiet| quiet.columns()).unzip();
    let quiet = if wanted.own.is_some() { "own" } else { "facility" };
    tx.query_and_commit(SET, &[&wanted.mail.code(), &wanted.digest_at, &quiet, &from, &to]).await.map(drop)
}

/// Only what was decided.
pub async fn levels(tx: &mut Tx) -> Result<Vec<(Uuid, Level)>> {
    let rows = tx.query(LEVELS, &[]).await?;
    Ok(rows.iter().filter_map(|r| Some((r.get(0), Level::from_code(r.get(1))?))).collect())
}

pub async fn set_levels(tx: Tx, groups: &[Uuid], levels: &[Level]) -> Result<()> {
    let codes: Vec<&str> = levels.iter().map(|level| level.code()).collect();
    tx.query_and_commit(SET_LEVELS, &[&groups, &codes]).await.map(drop)
}

fn number(rows: &[Row]) -> i32 {
    rows.first().and_then(|r| r.get(0)).unwrap_or_default()
}

pub async fn note(app: &App, now: Timestamp, mail: bool) -> Result<i32> {
    Ok(number(&app.db.job(NOTE, &[&now, &mail]).await?))
}

pub async fn tell(app: &App, now: Timestamp, letter: &Option<Value>) -> Result<i32> {
    Ok(number(&app.db.job(TELL, &[&now, letter]).await?))
}

/// Unseen notices; posts of the team's and of the family's talk that the caller's screens have not shown.
pub async fn counts(tx: &mut Tx) -> Result<[i64; 3]> {
    let row = tx.one(COUNTS, &[]).await?;
    Ok([row.get(0), row.get(1), row.get(2)])
}

pub async fn begin(app: &App, push: Uuid, token_hash: &[u8], now: Timestamp) -> Result<Option<Call>> {
    let rows = app.db.job(BEGIN, &[&push, &token_hash, &now]).await?;
    Ok(rows.first().map(|r| Call {
        endpoint: r.get(0),
        p256dh: r.get(1),
        auth: r.get(2),
        urgent: r.get(3),
        ttl: r.get(4),
        opens: if r.get::<_, &str>(5) == "notices" { Opens::Notices } else { Opens::Start },
    }))
}

pub async fn answered(
    app: &App,
    push: Uuid,
    outcome: &str,
    code: Option<&str>,
    wait: i32,
    now: Timestamp,
) -> Result<()> {
    app.db.job(ANSWERED, &[&push, &outcome, &code, &wait, &now]).await.map(drop)
}

pub async fn on_device(app: &App, token_hash: &[u8]) -> Result<()> {
    app.db.signing_in(ON_DEVICE, &[&token_hash]).await.map(drop)
}

/// Account, unread posts, posts that wait for 了解.
pub async fn due_digests(app: &App, now: Timestamp) -> Result<Vec<(Uuid, i64, i64)>> {
    let rows = app.db.job(DUE_DIGESTS, &[&now]).await?;
    Ok(rows.iter().map(|r| (r.get(0), r.get(1), r.get(2))).collect())
}

pub async fn send_digests(
    app: &App,
    now: Timestamp,
    accounts: &[Uuid],
    letters: &[Option<Value>],
) -> Result<i32> {
    Ok(number(&app.db.job(SEND_DIGESTS, &[&now, &accounts, &letters]).await?))
}

pub async fn facility_quiet(tx: &mut Tx) -> Result<Option<Quiet>> {
    Ok(tx.query(FACILITY_QUIET, &[]).await?.first().and_then(|r| quiet(r, 0)))
}

pub async fn set_facility_quiet(tx: Tx, quiet: &Quiet) -> Result<()> {
    let (from, to) = quiet.columns();
    tx.query_and_commit(SET_FACILITY_QUIET, &[&from, &to]).await.map(drop)
}

/// Of the week that begins on this Monday, who was rung most first.
pub async fn rung(tx: &mut Tx, monday: Date) -> Result<Vec<Rung>> {
    let one = |r: &Row| Rung {
        account: r.get(0),
        name: r.get(1),
        profession: r.get(2),
        all: r.get(3),
        quiet: r.get(4),
        urgent: r.get(5),
        failing: r.get(6),
        bounced: r.get(7),
    };
    Ok(tx.query(RUNG, &[&monday]).await?.iter().map(one).collect())
}

pub async fn forget(app: &App, now: Timestamp) -> Result<()> {
    app.db.job(FORGET, &[&now]).await.map(drop)
}
