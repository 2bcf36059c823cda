//! Statements on identities and on the ways out and back.

use jiff::Timestamp;
use uuid::Uuid;

use crate::{Result, app::App, auth::Actor, db::Tx};

const OUT_TO_SIGN_IN: &str = "SELECT act.go_out_to_sign_in($1, $2, $3, $4)";
const OUT_TO_LINK: &str = "SELECT act.go_out_to_link($1, $2, $3, $4)";
const COME_BACK: &str = "SELECT linking, next FROM act.come_back($1, $2, $3)";
const SHOW: &str = "SELECT login_id FROM act.show_identity($1, $2)";
const LINK: &str = "SELECT act.link_identity($1, $2, $3, $4)";
const UNLINK: &str = "SELECT act.unlink_identity($1)";
const MINE: &str = "SELECT id, issuer, linked_at, last_shown_at FROM act.my_identities()";

/// The hashes by which a way out is found again.
pub struct Marks {
    pub state: [u8; 32],
    pub browser: [u8; 32],
}

pub async fn go_out(app: &App, who: Option<&Actor>, marks: &Marks, provider: &str, next: &str) -> Result<()> {
    let (state, browser) = (marks.state.as_slice(), marks.browser.as_slice());
    let params: [&(dyn tokio_postgres::types::ToSql + Sync); 4] = [&state, &browser, &provider, &next];
    match who {
        Some(who) => app.db.acting(who).await?.query_and_commit(OUT_TO_LINK, &params).await?,
        None => app.db.signing_in(OUT_TO_SIGN_IN, &params).await?,
    };
    Ok(())
}

pub struct Back {
    pub linking: bool,
    pub next: String,
}

/// `None`: nobody left with this state in this browser, or has come back already, or it is too long ago.
pub async fn come_back(app: &App, marks: &Marks, provider: &str) -> Result<Option<Back>> {
    let rows = app
        .db
        .signing_in(COME_BACK, &[&marks.state.as_slice(), &marks.browser.as_slice(), &provider])
        .await?;
    Ok(rows.first().map(|r| Back { linking: r.get(0), next: r.get(1) }))
}

/// The login ID of the account, where the identity is tied to one that may come in.
pub async fn show(app: &App, issuer: &str, subject: &str) -> Result<Option<String>> {
    Ok(app.db.signing_in(SHOW, &[&issuer, &subject]).await?.first().map(|r| r.get(0)))
}

pub async fn link(app: &App, who: &Actor, state: &[u8; 32], issuer: &str, subject: &str) -> Result<()> {
    let tx = app.db.acting(who).await?;
    tx.query_and_commit(LINK, &[&Uuid::now_v7(), &state.as_slice(), &issuer, &subject]).await.map(drop)
}

pub async fn unlink(app: &App, who: &Actor, id: Uuid) -> Result<()> {
    app.db.acting(who).await?.query_and_commit(UNLINK, &[&id]).await.map(drop)
}

#[derive(Debug, Clone)]
pub struct Identity {
    pub id: Uuid,
    pub issuer: String,
    pub linked_at: Timestamp,
    pub last_shown_at: Option<Timestamp>,
}

pub async fn mine(tx: &mut Tx) -> Result<Vec<Identity>> {
    let rows = tx.query(MINE, &[]).await?;
    Ok(rows
        .iter()
        .map(|r| Identity { id: r.get(0), issuer: r.get(1), linked_at: r.get(2), last_shown_at: r.get(3) })
        .collect())
}
