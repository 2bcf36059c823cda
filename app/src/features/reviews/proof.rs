//! What makes a result provable: every answer is a link of a chain of SHA-256 that begins with the whole list, and the end of the
//! chain is signed with Ed25519 (RFC 8032) when the review is over.
//!
//! Bytes, all UTF-8, fields joined by `|`, an absent one is `-`, times in UTC with microseconds:
//! * item = SHA-256(`renkei/review-item/v1`, item, review, n, kind, account, facility, group, role, state, used, until)
//! * list = SHA-256(`renkei/review-list/v1`, review, facility, quarter, opened, due, items in hexadecimal one after the other)
//! * link = SHA-256(`renkei/review-answer/v1`, link before, item, answer, account, time), digests in hexadecimal
//! * signed = `renkei/review-result/v1`, review, facility, quarter, opened, due, closed, number of items, list, last link
//!
//! The seed of the key is sealed under the master key: whoever has only the database can neither sign nor put another key in its place,
//! because the public half is derived from the seed again when a page says that a signature holds.

use aws_lc_rs::signature::{ED25519, Ed25519KeyPair, KeyPair, UnparsedPublicKey};
use envelope::Secret;
use jiff::{Timestamp, tz::TimeZone};
use record::Digest;
use uuid::Uuid;

use super::model::{Item, Proof};
use crate::{Error, Result, app::App};

const KEY: &str = "SELECT version, wrapped, public FROM act.review_key($1, $2, $3)";
const UNSIGNED: &str = "SELECT id, facility_id, quarter, opened_at, due_at, closed_at, items, list, result FROM act.unsigned_reviews()";
const SIGN: &str = "SELECT act.sign_review($1, $2, $3)";
/// Under which the seed is sealed by the master key.
const CONTEXT: &[u8] = b"renkei/review-key/v1";

/// What is hashed and signed of one review.
#[derive(Debug, Clone)]
pub struct Sealed {
    pub id: Uuid,
    pub facility: Uuid,
    pub quarter: String,
    pub opened_at: Timestamp,
    pub due_at: Timestamp,
    pub closed_at: Option<Timestamp>,
    pub items: i32,
    pub answers: i32,
    pub list: Vec<u8>,
    pub result: Vec<u8>,
    pub public: Option<Vec<u8>>,
    pub wrapped: Option<Vec<u8>>,
    pub signature: Option<Vec<u8>>,
}

fn time(at: Timestamp) -> String {
    at.to_zoned(TimeZone::UTC).strftime("%Y-%m-%dT%H:%M:%S.%6fZ").to_string()
}

fn digest(parts: &[&str]) -> String {
    hex::encode(Digest::of(&[parts.join("|").as_bytes()]).as_bytes())
}

fn or_dash<T: ToString>(value: Option<T>) -> String {
    value.map_or_else(|| "-".to_owned(), |v| v.to_string())
}

impl Sealed {
    /// `None` while the review is open.
    fn message(&self) -> Option<Vec<u8>> {
        let parts = [
            "renkei/review-result/v1".to_owned(),
            self.id.to_string(),
            self.facility.to_string(),
            self.quarter.clone(),
            time(self.opened_at),
            time(self.due_at),
            time(self.closed_at?),
            self.items.to_string(),
            hex::encode(&self.list),
            hex::encode(&self.result),
        ];
        Some(parts.join("|").into_bytes())
    }

    /// Recomputes the list, the chain and, where it is signed, the signature.
    pub async fn proof(&self, app: &App, items: &[Item]) -> Result<Proof> {
        let holds = self.list_holds(items) && self.chain_holds(items) && self.signature_holds(app).await?;
        Ok(Proof {
            facility_id: self.facility,
            list: hex::encode(&self.list),
            result: hex::encode(&self.result),
            public_key: self.public.as_deref().map(hex::encode),
            signature: self.signature.as_deref().map(hex::encode),
            holds,
        })
    }

    fn list_holds(&self, items: &[Item]) -> bool {
        let all: String = items.iter().map(|i| i.digest.as_str()).collect();
        let (id, facility) = (self.id.to_string(), self.facility.to_string());
        let (opened, due) = (time(self.opened_at), time(self.due_at));
        let list = digest(&["renkei/review-list/v1", &id, &facility, &self.quarter, &opened, &due, &all]);
        usize::try_from(self.items) == Ok(items.len())
            && list == hex::encode(&self.list)
            && items.iter().all(|i| self.item_holds(i))
    }

    /// What the admin may not see of an item cannot be recomputed here; its digest is in the list all the same.
    fn item_holds(&self, i: &Item) -> bool {
        let (Some(account), Some(facility)) = (i.account_id, i.facility_id) else { return true };
        let parts = [
            "renkei/review-item/v1".to_owned(),
            i.id.to_string(),
            self.id.to_string(),
            i.n.to_string(),
            i.kind.clone(),
            account.to_string(),
            facility.to_string(),
            or_dash(i.group_id),
            i.role.clone(),
            i.state.clone(),
            or_dash(i.used_at.map(time)),
            or_dash(i.until.map(time)),
        ];
        digest(&parts.each_ref().map(String::as_str)) == i.digest
    }

    fn chain_holds(&self, items: &[Item]) -> bool {
        let mut answered: Vec<&Item> = items.iter().filter(|i| i.answer.is_some()).collect();
        answered.sort_by_key(|i| i.place);
        let mut end = hex::encode(&self.list);
        for (n, item) in answered.iter().enumerate() {
            let (answer, by) = (item.answer.as_deref().unwrap_or_default(), or_dash(item.by_account));
            let at = item.at.map(time).unwrap_or_default();
            end = digest(&["renkei/review-answer/v1", &end, &item.digest, answer, &by, &at]);
            let placed = item.place.and_then(|p| usize::try_from(p).ok()) == Some(n + 1);
            if !placed || item.chain.as_deref() != Some(end.as_str()) {
                return false;
            }
        }
        usize::try_from(self.answers) == Ok(answered.len()) && end == hex::encode(&self.result)
    }

    /// True too where there is nothing to hold yet.
    async fn signature_holds(&self, app: &App) -> Result<bool> {
        let (Some(message), Some(signature)) = (self.message(), &self.signature) else { return Ok(true) };
        let (Some(public), Some(wrapped)) = (&self.public, &self.wrapped) else { return Ok(false) };
        // A seed that does not open under the master key is none of ours.
        let Ok(pair) = opened(app, wrapped).await else { return Ok(false) };
        let own = pair.public_key().as_ref() == public.as_slice();
        Ok(own && UnparsedPublicKey::new(&ED25519, public).verify(&message, signature).is_ok())
    }
}

async fn opened(app: &App, wrapped: &[u8]) -> Result<Ed25519KeyPair> {
    let seed = app.keys.open_secret(wrapped, CONTEXT).await?;
    Ed25519KeyPair::from_seed_unchecked(seed.expose()).map_err(Error::internal)
}

/// The deployment's key, made when the first result is signed.
async fn key(app: &App) -> Result<(i32, Ed25519KeyPair)> {
    let seed = Secret::random();
    let offered = Ed25519KeyPair::from_seed_unchecked(seed.expose()).map_err(Error::internal)?;
    let wrapped = app.keys.seal_secret(*seed.expose(), CONTEXT).await?;
    let public = offered.public_key().as_ref();
    let rows = app.db.job(KEY, &[&app.keys.master_id(), &wrapped, &public]).await?;
    let row = rows.first().ok_or_else(|| Error::internal("no key for results"))?;
    Ok((row.get(0), opened(app, row.get(1)).await?))
}

/// Signs every result that is over and has no signature yet. Gives how many.
pub async fn sign_all(app: &App) -> Result<usize> {
    let rows = app.db.job(UNSIGNED, &[]).await?;
    if rows.is_empty() {
        return Ok(0);
    }
    let (version, pair) = key(app).await?;
    for r in &rows {
        let sealed = Sealed {
            id: r.get(0),
            facility: r.get(1),
            quarter: r.get(2),
            opened_at: r.get(3),
            due_at: r.get(4),
            closed_at: r.get(5),
            items: r.get(6),
            answers: 0,
            list: r.get(7),
            result: r.get(8),
            public: None,
            wrapped: None,
            signature: None,
        };
        let message = sealed.message().ok_or_else(|| Error::internal("an open review is not signed"))?;
        let signature = pair.sign(&message);
        app.db.job(SIGN, &[&sealed.id, &version, &signature.as_ref()]).await?;
    }
    Ok(rows.len())
}
