//! Making, listing and ending; the facility's list and its rule.

use tokio_postgres::Row;
use uuid::Uuid;

use super::model::{FacilityToken, NewToken, Scope, Token};
use crate::{
    Result,
    app::App,
    auth::{Actor, binding, token},
    db::Tx,
};

const MAKE: &str = "SELECT act.make_token($1, $2, $3, $4, $5)";
const MINE: &str =
    "SELECT id, name, scope, facility, made_at, expires_at, used_at, ended_at FROM act.my_tokens()";
const ALLOWED: &str = "SELECT act.tokens_allowed()";
const END: &str = "SELECT act.end_token($1)";
const HERE: &str = "SELECT id, name, scope, '' AS facility, made_at, expires_at, used_at, ended_at, account_id, person, profession
    FROM act.facility_tokens()";
const END_HERE: &str = "SELECT act.end_facility_token($1)";
const RULE: &str = "SELECT act.set_token_rule($1)";

/// The token itself, for this once. `None`: this id was made before, with the same words, and what it was is not kept anywhere.
pub async fn make(app: &App, who: &Actor, new: &NewToken) -> Result<Option<String>> {
    let fresh = binding::fresh_personal();
    let hash = token::hash(&fresh);
    let tx = app.db.acting(who).await?;
    let rows = tx
        .query_and_commit(MAKE, &[&new.id, &hash.as_slice(), &new.name, &new.scope.code(), &new.days])
        .await?;
    let made = rows.first().is_some_and(|r| r.get(0));
    Ok(made.then_some(fresh))
}

pub async fn mine(tx: &mut Tx) -> Result<Vec<Token>> {
    Ok(tx.query(MINE, &[]).await?.iter().map(read).collect())
}

/// Whether the facility for which the caller acts lets its people have any.
pub async fn allowed(tx: &mut Tx) -> Result<bool> {
    Ok(tx.one(ALLOWED, &[]).await?.get(0))
}

pub async fn end(app: &App, who: &Actor, id: Uuid) -> Result<()> {
    app.db.acting(who).await?.query_and_commit(END, &[&id]).await.map(drop)
}

pub async fn here(tx: &mut Tx) -> Result<Vec<FacilityToken>> {
    let rows = tx.query(HERE, &[]).await?;
    let one = |r: &Row| FacilityToken {
        account: r.get("account_id"),
        person: r.get("person"),
        profession: r.get("profession"),
        token: read(r),
    };
    Ok(rows.iter().map(one).collect())
}

pub async fn end_here(app: &App, who: &Actor, id: Uuid) -> Result<()> {
    app.db.acting(who).await?.query_and_commit(END_HERE, &[&id]).await.map(drop)
}

/// How many tokens ended by it.
pub async fn set_rule(app: &App, who: &Actor, allowed: bool) -> Result<i32> {
    let rows = app.db.acting(who).await?.query_and_commit(RULE, &[&allowed]).await?;
    Ok(rows.first().map_or(0, |r| r.get(0)))
}

fn read(r: &Row) -> Token {
    Token {
        id: r.get("id"),
        name: r.get("name"),
        scope: Scope::from_code(r.get("scope")).unwrap_or(Scope::Read),
        facility: r.get("facility"),
        made_at: r.get("made_at"),
        expires_at: r.get("expires_at"),
        used_at: r.get("used_at"),
        ended_at: r.get("ended_at"),
    }
}
