//! Publishing and accepting. Every SQL statement on policies stands here.

use jiff::{Timestamp, civil::Date};
use tokio_postgres::Row;
use uuid::Uuid;

use super::{AUDIENCES, Policy};
use crate::{
    Error, FieldError, Result,
    app::App,
    auth::{Actor, Operator},
    db::Tx,
    web::input,
    words::t,
};

const DUE: &str = "SELECT id, policy, n, title, body, change, effective_on, accepted_n, accepted_body FROM act.terms_to_accept()";
const ACCEPT: &str = "SELECT act.accept_policy($1)";
const MINE: &str = "SELECT policy, n, title, body, effective_on, accepted_at FROM act.policies()";
const DEMANDED: &str = "SELECT act.demanded_versions()";
const PUBLISHED: &str =
    "SELECT policy, n, title, body, audience, must_accept, effective_on FROM act.published_policies()";
const VERSIONS: &str = "SELECT id, policy, n, title, body, audience, must_accept, effective_on, change, at, by_name, accepted FROM op.policy_versions($1)";
const ACCEPTANCES: &str = "SELECT at, name, facility FROM op.acceptances($1, $2)";
const PUBLISH: &str = "SELECT op.publish_policy($1, $2, $3, $4, $5, $6, $7, $8, $9)";

/// A version that somebody has yet to accept.
#[derive(Debug, Clone)]
pub struct Due {
    pub id: Uuid,
    pub policy: String,
    pub n: i32,
    pub title: String,
    pub body: String,
    pub change: String,
    pub effective_on: Date,
    /// The version that was accepted last, and its text.
    pub accepted: Option<(i32, String)>,
}

/// What the caller has yet to accept; empty: nothing.
pub async fn due(tx: &mut Tx) -> Result<Vec<Due>> {
    let rows = tx.query(DUE, &[]).await?;
    Ok(rows.iter().map(read_due).collect())
}

fn read_due(r: &Row) -> Due {
    Due {
        id: r.get(0),
        policy: r.get(1),
        n: r.get(2),
        title: r.get(3),
        body: r.get(4),
        change: r.get(5),
        effective_on: r.get(6),
        accepted: r.get::<_, Option<i32>>(7).map(|n| (n, r.get(8))),
    }
}

/// Accepts these versions, all or none.
pub async fn accept(app: &App, who: &Actor, versions: &[Uuid]) -> Result<()> {
    let mut tx = app.db.acting(who).await?;
    for version in versions {
        tx.query(ACCEPT, &[version]).await?;
    }
    tx.commit().await?;
    app.terms.forget_session(who);
    Ok(())
}

/// A policy as staff read it.
#[derive(Debug, Clone)]
pub struct Readable {
    pub policy: String,
    pub n: i32,
    pub title: String,
    pub body: String,
    pub effective_on: Date,
    pub accepted_at: Option<Timestamp>,
}

/// The newest versions that staff may read.
pub async fn readable(tx: &mut Tx) -> Result<Vec<Readable>> {
    let rows = tx.query(MINE, &[]).await?;
    let read = |r: &Row| Readable {
        policy: r.get(0),
        n: r.get(1),
        title: r.get(2),
        body: r.get(3),
        effective_on: r.get(4),
        accepted_at: r.get(5),
    };
    Ok(rows.iter().map(read).collect())
}

/// Ids of the versions that are demanded now, as one text; empty where there is none.
pub async fn demanded(app: &App) -> Result<String> {
    let rows = app.db.job(DEMANDED, &[]).await?;
    rows.first().map(|r| r.get(0)).ok_or_else(|| Error::internal("one row"))
}

/// The newest version of a policy, as everybody may know it.
#[derive(Debug, Clone)]
pub struct Published {
    pub policy: String,
    pub n: i32,
    pub title: String,
    /// Only of what is public.
    pub body: Option<String>,
    pub audience: String,
    pub must_accept: bool,
    pub effective_on: Date,
}

/// The newest version of every policy.
pub async fn published(app: &App) -> Result<Vec<Published>> {
    let rows = app.db.job(PUBLISHED, &[]).await?;
    let read = |r: &Row| Published {
        policy: r.get(0),
        n: r.get(1),
        title: r.get(2),
        body: r.get(3),
        audience: r.get(4),
        must_accept: r.get(5),
        effective_on: r.get(6),
    };
    Ok(rows.iter().map(read).collect())
}

/// A version as the operator sees it.
#[derive(Debug, Clone)]
pub struct Version {
    pub id: Uuid,
    pub policy: String,
    pub n: i32,
    pub title: String,
    pub body: String,
    pub audience: String,
    pub must_accept: bool,
    pub effective_on: Date,
    pub change: String,
    pub at: Timestamp,
    pub by: Option<String>,
    /// How many people accepted it.
    pub accepted: i64,
}

/// All versions of one policy, or of all, newest first.
pub async fn versions(tx: &mut Tx, policy: Option<&str>) -> Result<Vec<Version>> {
    let rows = tx.query(VERSIONS, &[&policy]).await?;
    let read = |r: &Row| Version {
        id: r.get(0),
        policy: r.get(1),
        n: r.get(2),
        title: r.get(3),
        body: r.get(4),
        audience: r.get(5),
        must_accept: r.get(6),
        effective_on: r.get(7),
        change: r.get(8),
        at: r.get(9),
        by: r.get(10),
        accepted: r.get(11),
    };
    Ok(rows.iter().map(read).collect())
}

/// Somebody who accepted a version.
#[derive(Debug, Clone)]
pub struct Acceptance {
    pub at: Timestamp,
    pub name: String,
    pub facility: String,
}

/// Who accepted a version, the latest first.
pub async fn acceptances(tx: &mut Tx, version: Uuid) -> Result<Vec<Acceptance>> {
    let rows = tx.query(ACCEPTANCES, &[&version, &200i32]).await?;
    Ok(rows.iter().map(|r| Acceptance { at: r.get(0), name: r.get(1), facility: r.get(2) }).collect())
}

/// What an operator typed for a new version.
#[derive(Debug, Clone, Default)]
pub struct Typed {
    pub title: String,
    pub body: String,
    pub audience: String,
    pub must_accept: bool,
    /// `2027-04-01`.
    pub effective_on: String,
    pub change: String,
}

/// A version that can be published.
#[derive(Debug, Clone)]
pub struct NewVersion {
    policy: &'static Policy,
    n: i32,
    title: String,
    body: String,
    audience: &'static str,
    must_accept: bool,
    effective_on: Date,
    change: String,
}

/// Most characters of a text.
pub const BODY_CHARS: usize = 20_000;

impl NewVersion {
    /// Version `n` of a policy, or everything that is wrong with it.
    pub fn parse(policy: &'static Policy, n: i32, typed: &Typed) -> Result<Self> {
        let mut wrong = Vec::new();
        let mut keep = |parsed: Result<String, FieldError>| match parsed {
            Ok(text) => text,
            Err(error) => {
                wrong.push(error);
                String::new()
            }
        };
        let title = keep(input::line("title", &typed.title, 120));
        let body = keep(input::text("body", &typed.body, BODY_CHARS));
        let change = keep(input::text("change", &typed.change, 400));
        let audience = AUDIENCES.iter().find(|(code, ..)| *code == typed.audience).map(|(code, ..)| *code);
        if audience.is_none() {
            wrong.push(FieldError::new("audience", "unknown", t("読める人を選んでください。")));
        }
        if audience == Some("internal") && typed.must_accept {
            wrong.push(FieldError::new(
                "must_accept",
                "unreadable",
                t("内部の規程には、スタッフの同意を求められません。"),
            ));
        }
        let effective_on = typed.effective_on.parse::<Date>();
        if effective_on.is_err() {
            wrong.push(FieldError::new("effective_on", "date", t("日付を入れてください。")));
        }
        match (audience, effective_on) {
            (Some(audience), Ok(effective_on)) if wrong.is_empty() => Ok(Self {
                policy,
                n,
                title,
                body,
                audience,
                must_accept: typed.must_accept,
                effective_on,
                change,
            }),
            _ => Err(Error::Invalid(wrong)),
        }
    }
}

/// Publishes; `Stale` where somebody else was first. From now on this node asks for acceptance.
pub async fn publish(app: &App, who: &Operator, new: &NewVersion) -> Result<()> {
    let tx = app.db.operating(who).await?;
    let id = Uuid::now_v7();
    tx.query_and_commit(
        PUBLISH,
        &[
            &id,
            &new.policy.code,
            &new.n,
            &new.title,
            &new.body,
            &new.audience,
            &new.must_accept,
            &new.effective_on,
            &new.change,
        ],
    )
    .await?;
    app.terms.look_again();
    app.board.look_again().await;
    Ok(())
}
