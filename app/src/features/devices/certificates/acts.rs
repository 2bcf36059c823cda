//! Permitting, enrolling, taking back.

use jiff::Timestamp;
use uuid::Uuid;

use super::{authority::Authority, store};
use crate::{
    Error, Result,
    app::App,
    auth::{Actor, token},
    db::Tx,
};

/// A permission to get one certificate, once, within a day.
pub struct Offer {
    pub id: Uuid,
    pub token: String,
    pub expires_at: Timestamp,
}

crate::opaque_debug!(Offer, Offered, Enrolled);

/// `id` is the caller's; again gives a new token in the place of the first, which is kept nowhere.
pub async fn offer(app: &App, who: &Actor, id: Uuid, name: &str) -> Result<Offer> {
    let fresh = token::fresh();
    let hash = token::hash(&fresh);
    let rows =
        app.db.acting(who).await?.query_and_commit(store::OFFER, &[&id, &hash.as_slice(), &name]).await?;
    let expires_at = rows.first().map(|r| r.get(0)).ok_or_else(|| Error::internal("an offer has an end"))?;
    Ok(Offer { id, token: fresh, expires_at })
}

/// What a permission is for.
pub struct Offered {
    pub facility: String,
    pub name: String,
    pub expires_at: Timestamp,
}

/// `NotFound`: used, expired, or never one.
pub async fn offered(app: &App, token: &str) -> Result<Offered> {
    let rows = app.db.signing_in(store::OFFERED, &[&token::hash(token).as_slice()]).await?;
    let offered =
        |r: &tokio_postgres::Row| Offered { facility: r.get(0), name: r.get(1), expires_at: r.get(2) };
    rows.first().map(offered).ok_or(Error::NotFound)
}

pub struct Enrolled {
    pub name: String,
    /// PEM.
    pub certificate: String,
    pub authority: String,
    pub not_after: Timestamp,
}

/// Signs the request's key. The permission is used up only with a certificate that was kept.
pub async fn enrol(app: &App, permission: &str, csr: &str) -> Result<Enrolled> {
    let offered = offered(app, permission).await?;
    let authority = Authority::of(app).await?;
    let days = i64::from(app.config.devices.certificate_days);
    let signed = authority.sign(csr, &offered.name, &offered.facility, days)?;
    let (hash, fingerprint) = (token::hash(permission), token::sha256(&signed.der));
    let params: crate::db::Params<'_> =
        &[&hash.as_slice(), &Uuid::now_v7(), &signed.serial, &fingerprint.as_slice(), &signed.not_after];
    app.db.signing_in(store::ENROL, params).await?;
    Ok(Enrolled {
        name: offered.name,
        certificate: signed.pem,
        authority: pem(&authority.certificate),
        not_after: signed.not_after,
    })
}

/// RFC 7468.
fn pem(der: &[u8]) -> String {
    let text = data_encoding::BASE64.encode(der);
    let lines: Vec<&str> =
        text.as_bytes().chunks(64).filter_map(|line| std::str::from_utf8(line).ok()).collect();
    format!("-----BEGIN CERTIFICATE-----\n{}\n-----END CERTIFICATE-----\n", lines.join("\n"))
}

/// Makes the authority if there is none yet; its certificate in PEM.
pub async fn authority(app: &App) -> Result<String> {
    Authority::of(app).await.map(|a| pem(&a.certificate))
}

/// One of the facility's certificates.
#[derive(Debug, Clone)]
pub struct Certificate {
    pub id: Uuid,
    pub name: String,
    pub serial: Vec<u8>,
    pub made_at: Timestamp,
    pub not_after: Timestamp,
    pub revoked_at: Option<Timestamp>,
    /// The last request of a session that came in by it.
    pub last_used: Option<Timestamp>,
}

pub async fn mine(tx: &mut Tx) -> Result<Vec<Certificate>> {
    let certificate = |r: &tokio_postgres::Row| Certificate {
        id: r.get(0),
        name: r.get(1),
        serial: r.get(2),
        made_at: r.get(3),
        not_after: r.get(4),
        revoked_at: r.get(5),
        last_used: r.get(6),
    };
    Ok(tx.query(store::MINE, &[]).await?.iter().map(certificate).collect())
}

/// Whoever is in by it is out at once; no handshake takes it any more, here at once, on other nodes within seconds.
pub async fn revoke(app: &App, who: &Actor, certificate: Uuid) -> Result<()> {
    app.db.acting(who).await?.query_and_commit(store::REVOKE, &[&certificate]).await?;
    app.hub.wake();
    app.devices.look(app).await
}
