//! Facilities and staff, as the command line and sample regions make them.

use uuid::Uuid;

use crate::{Result, app::App, auth::totp, features::sign_in};

const ADD_FACILITY: &str = "SELECT act.add_facility($1, $2, $3, $4, $5, $6, $7, $8)";
const ADD_ACCOUNT: &str = "SELECT act.add_account($1, $2, $3, $4, $5, $6, $7, $8)";
const ADD_STAFF: &str = "SELECT act.add_staff($1, $2, $3)";

/// Makes a facility with its own key.
pub async fn add(app: &App, id: Uuid, kind: &str, name: &str, kana: &str, phone: &str) -> Result<()> {
    let (master, wrapped) = app.keys.new_facility_key(id).await?;
    app.db
        .job(ADD_FACILITY, &[&id, &Uuid::now_v7(), &kind, &name, &kana, &phone, &master, &wrapped])
        .await
        .map(drop)
}

/// One natural person. Without `totp_secret` the first sign-in sets up app authentication.
#[derive(Debug)]
pub struct NewAccount<'a> {
    pub id: Uuid,
    pub login_id: &'a str,
    pub name: &'a str,
    pub kana: &'a str,
    pub profession: &'a str,
    pub password_hash: &'a str,
    pub totp_secret: Option<[u8; totp::SECRET_BYTES]>,
}

pub async fn add_account(app: &App, new: &NewAccount<'_>) -> Result<()> {
    let sealed = match &new.totp_secret {
        Some(secret) => Some(sign_in::acts::seal_secret(app, new.id, secret).await?),
        None => None,
    };
    app.db
        .job(
            ADD_ACCOUNT,
            &[
                &new.id,
                &Uuid::now_v7(),
                &new.login_id,
                &new.name,
                &new.kana,
                &new.profession,
                &new.password_hash,
                &sealed,
            ],
        )
        .await
        .map(drop)
}

pub async fn add_staff(app: &App, facility: Uuid, account: Uuid, admin: bool) -> Result<()> {
    app.db.job(ADD_STAFF, &[&facility, &account, &admin]).await.map(drop)
}
